"""Where the nodes are, what they hold, and the configuration that makes a searchd one of them.

Documents are spread over the nodes by the number of their id. Every node holds everything twice over: the set
in use and the set being built (`docs_a`, `docs_b` …), so that an index is made anew while the old one answers.
The front, a searchd of its own, holds nothing: its distributed indexes ask all nodes at once.

`python -m search_index.sphinx_config ADDRESS front|NUMBER [FOLDER]` prints the configuration of one of them, for the
files of its searchd in FOLDER. ADDRESS is that of OMS_SEARCH, like sphinxql://front:9306/?nodes=one:9306,two:9306;
`host:port:port` names another port than 9312 for what servers say to each other (several on one machine).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

FORMAT = 1
SETS = "ab"
DOC_FIELDS = ("a", "fn", "ft", "fb", "xn", "xt", "xb", "nn", "nt", "nb")
"""Folded words, words as written and names (f, x, n), each in names, title and body; `a` holds one word of all."""
DOC_NUMBERS = (
    "at", "shard", "marks", "unit", "type", "block", "compartment", "file", "person", "whose",
    "secrecy", "year", "day",
)  # fmt: skip
DOC_PATHS = ("units", "types")
WORD_FIELDS = ("t", "w")
"""Of each term its runs of three letters, and the syllables it is made of."""
WORD_NUMBERS = ("kind", "size")
STATE_NUMBERS = ("node", "format", "nodes", "generation", "position", "built", "follows")
# A statement holds a whole document; Sphinx takes no more than this.
_LARGEST = "128M"


@dataclass(frozen=True)
class Node:
    """One searchd: its host, its port for SphinxQL and its port for other searchds."""

    host: str
    port: int
    agent_port: int = 9312

    @classmethod
    def of(cls, text: str) -> "Node":
        """Return the node "host:port" or "host:port:agent port" names; ValueError if it names none."""
        host, *ports = text.split(":")
        if (
            not host
            or len(ports) not in (1, 2)
            or not all(port.isdecimal() and 0 < int(port) < 65536 for port in ports)
        ):
            raise ValueError(f"not host:port or host:port:agent-port: {text!r}")
        if not all(letter.isascii() and (letter.isalnum() or letter in ".-") for letter in host):
            raise ValueError(f"not the name of a host: {host!r}")
        return cls(host, *map(int, ports))


@dataclass(frozen=True)
class Cluster:
    """The front that is asked, and the nodes that are written to."""

    front: Node
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, url: str) -> "Cluster":
        """Return the cluster of "sphinxql://front:9306/?nodes=one:9306,two:9306"; ValueError says what is wrong."""
        parts = urlsplit(url)
        asked = parse_qs(parts.query, strict_parsing=bool(parts.query))
        if parts.scheme != "sphinxql" or parts.path not in ("", "/") or set(asked) != {"nodes"} or "@" in parts.netloc:
            raise ValueError("must be like sphinxql://front:9306/?nodes=one:9306,two:9306")
        nodes = tuple(Node.of(text) for text in asked["nodes"][-1].split(","))
        if len({(node.host, node.port) for node in nodes}) < len(nodes):
            raise ValueError("a node is named twice")
        return cls(Node.of(parts.netloc), nodes)


def indexes(kind: str) -> tuple[str, ...]:
    """Return the names of the node's indexes of this kind ("docs" or "words"), one of each set."""
    return tuple(f"{kind}_{which}" for which in SETS)


def node_configuration(node: Node, directory: str, *, memory: str = "256M") -> str:
    """Return the configuration of a searchd that holds documents, its files in `directory`."""
    tables = []
    for docs, words in zip(indexes("docs"), indexes("words"), strict=True):
        tables.append(_table(docs, directory, memory, DOC_FIELDS, ("doc", "name"), DOC_NUMBERS, DOC_PATHS))
        tables.append(_table(words, directory, "64M", WORD_FIELDS, ("term",), WORD_NUMBERS))
    tables.append(_table("state", directory, "8M", ("a",), (), STATE_NUMBERS))
    return "\n".join((*tables, _searchd(node, directory)))


def front_configuration(cluster: Cluster, directory: str) -> str:
    """Return the configuration of the searchd that is asked."""
    tables = [_distributed(name, cluster.nodes) for name in (*indexes("docs"), *indexes("words"), "state")]
    return "\n".join((*tables, _searchd(cluster.front, directory)))


def _table(
    name: str,
    directory: str,
    memory: str,
    fields: Sequence[str],
    texts: Sequence[str],
    numbers: Sequence[str],
    paths: Sequence[str] = (),
) -> str:
    lines = [
        "type = rt",
        f"path = {directory}/{name}",
        f"rt_mem_limit = {memory}",
        # What is sent is made of these letters alone (sphinx_terms); names of persons are found by prefix too.
        "charset_table = 0..9, a..z, _",
        "dict = keywords",
        "min_prefix_len = 1",
        *(f"rt_field = {field}" for field in fields),
        *(f"rt_attr_string = {field}" for field in texts),
        *(f"rt_attr_bigint = {field}" for field in numbers),
        *(f"rt_attr_multi_64 = {field}" for field in paths),
    ]
    return _block(f"index {name}", lines)


def _distributed(name: str, nodes: Sequence[Node]) -> str:
    agents = [f"agent = {node.host}:{node.agent_port}:{name}" for node in nodes]
    # A node that does not answer within this time is a lost one: the answer then says that it is not complete.
    waits = ["agent_connect_timeout = 1000", "agent_query_timeout = 10000"]
    return _block(f"index all_{name}", ["type = distributed", *agents, *waits])


def _searchd(node: Node, directory: str) -> str:
    lines = [
        f"listen = {node.host}:{node.port}:mysql41",
        f"listen = {node.host}:{node.agent_port}",
        f"pid_file = {directory}/searchd.pid",
        f"log = {directory}/searchd.log",
        f"binlog_path = {directory}",
        # Every change is handed to the system before it is answered, and is on disk within a second. (1, "and sync",
        # writes nothing at all in Sphinx 2.2.11.) A power cut loses the last second as a whole, with the note of how
        # far the marks follow the records: what is missing is taken again before the next question.
        "binlog_flush = 2",
        "workers = threads",
        "max_children = 64",
        "collation_server = binary",
        f"max_packet_size = {_LARGEST}",
        "max_filter_values = 1000000",
        "mva_updates_pool = 64M",
        "expansion_limit = 0",
        # No query log: what is asked is for the journal alone.
    ]
    return _block("searchd", lines)


def _block(name: str, lines: Sequence[str]) -> str:
    return "\n".join((name, "{", *(f"    {line}" for line in lines), "}", ""))


def main(arguments: Sequence[str]) -> int:
    """Print one configuration; 2 for what names none."""
    try:
        if len(arguments) not in (2, 3):
            raise ValueError(str(__doc__).rpartition("\n\n")[2].rstrip())
        address, which, directory = (*arguments, "/var/lib/sphinxsearch/data")[:3]
        cluster = Cluster.of(address)
        doors = [(each.host, port) for each in (cluster.front, *cluster.nodes) for port in (each.port, each.agent_port)]
        if len(set(doors)) < len(doors):
            raise ValueError("servers of one machine need ports of their own: host:port:port, the second not 9312")
        numbers = [str(number) for number in range(1, len(cluster.nodes) + 1)]
        if which == "front":
            text = front_configuration(cluster, directory)
        elif which in numbers:
            text = node_configuration(cluster.nodes[numbers.index(which)], directory)
        else:
            raise ValueError(f"{which!r} is none of: front, {', '.join(numbers)}")
    except ValueError as error:
        sys.stderr.write(f"sphinx_config: {error}\n")
        return 2
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
