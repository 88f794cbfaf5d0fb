"""Sphinx servers of the tests' own: two nodes and a front in a temporary folder, heard on this machine alone."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from search_index.sphinx_config import Cluster, Node, front_configuration, node_configuration
from search_index.sphinx_link import Link

HERE = "127.0.0.1"


def program() -> str | None:
    """Where the server's program lies, or None where there is none."""
    return shutil.which("searchd")


@dataclass
class Searchd:
    """One server: its configuration, and its process while it runs."""

    node: Node
    folder: Path
    configuration: str
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Starts it and waits until it can be spoken to."""
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "sphinx.conf"
        file.write_text(self.configuration)
        searchd = program()
        assert searchd is not None
        # Without its watchdog, which would start it again after a kill.
        self.process = subprocess.Popen(
            [searchd, "--nodetach", "--config", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "searchd.log").read_text()[-2000:]
            assert time.monotonic() < until, "searchd does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.node.host, self.node.port), timeout=1) as connection:
                return bool(connection.recv(1))
        except OSError:
            return False


@dataclass
class Running:
    """A running cluster."""

    cluster: Cluster
    front: Searchd
    nodes: tuple[Searchd, ...]
    folder: Path

    def everything(self) -> tuple[Searchd, ...]:
        return (*self.nodes, self.front)

    def empty(self) -> None:
        """Starts what was killed and takes everything out, the nodes' own state too."""
        for server in self.everything():
            if server.process is None:
                server.start()
        for node in self.cluster.nodes:
            # Nodes that say nothing of themselves hold nothing: the first who asks begins anew.
            Link.to(node).tell("TRUNCATE RTINDEX state")

    def stop(self) -> None:
        for server in self.everything():
            Link.to(server.node).close()
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(nodes: int = 2) -> Running:
    """Starts the nodes, then the front; call :meth:`Running.stop` afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="oms-sphinx-"))
    with ExitStack() as held:
        ports = [held.enter_context(socket.create_server((HERE, 0))).getsockname()[1] for _ in range(2 * nodes + 2)]
    made = [Node(HERE, *ports[at : at + 2]) for at in range(0, len(ports), 2)]
    cluster = Cluster(made[-1], tuple(made[:-1]))
    front = Searchd(cluster.front, folder / "front", front_configuration(cluster, str(folder / "front")))
    own = tuple(
        Searchd(node, folder / f"node{at}", node_configuration(node, str(folder / f"node{at}"), memory="32M"))
        for at, node in enumerate(cluster.nodes)
    )
    running = Running(cluster, front, own, folder)
    try:
        for server in running.everything():
            server.start()
    except BaseException:
        running.stop()
        raise
    return running
