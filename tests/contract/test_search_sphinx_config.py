"""Search beyond one machine: the address of the servers and the configuration written for each of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from search_index import sphinx_config
from search_index.sphinx_config import Cluster, front_configuration, node_configuration

ROOT = Path(__file__).parents[2]
ADDRESS = "sphinxql://tim.noibo:9306/?nodes=nut1.noibo:9306,nut2.noibo:9306"


@pytest.mark.parametrize(
    "url",
    [
        "http://a:9306/?nodes=b:9306", "sphinxql://a:9306/", "sphinxql://a:9306/?nodes=", "sphinxql://a/?nodes=b:9306",
        "sphinxql://a:9306/?nodes=b:9306,b:9306", "sphinxql://u:p@a:9306/?nodes=b:9306", "sphinxql://a:9306/?nodes=b'c:1",
        "sphinxql://a:9306/db?nodes=b:9306", "sphinxql://a:99999/?nodes=b:9306", "sphinxql://a:9306/?nodes=b:9306&x=1",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be|not host|name of a host|twice"):
        Cluster.of(url)


def test_the_sample_configuration_is_what_the_program_writes() -> None:
    cluster = Cluster.of(ADDRESS)
    folder = "/var/lib/sphinxsearch/data"
    samples = {"front.conf": front_configuration(cluster, folder)} | {
        f"node{at}.conf": node_configuration(node, folder) for at, node in enumerate(cluster.nodes, 1)
    }
    for name, text in samples.items():
        assert (ROOT / "deploy" / "sphinx" / name).read_text() == text
        which = name.removesuffix(".conf").removeprefix("node")
        printed = subprocess.run(
            [sys.executable, "-m", "search_index.sphinx_config", ADDRESS, which],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert printed.stdout == text


def test_a_configuration_of_no_server_is_wrong_usage() -> None:
    for arguments in (
        [],
        [ADDRESS],
        [ADDRESS, "3"],
        [ADDRESS, "0"],
        ["http://a", "front"],
        [ADDRESS, "front", "a", "b"],
    ):
        assert sphinx_config.main(arguments) == 2


def test_servers_of_one_machine_are_told_to_have_ports_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    """A front that asks the same port for two nodes would find every paper twice, and none of the other node's."""
    assert sphinx_config.main(["sphinxql://a:9306/?nodes=a:9307,a:9308", "front"]) == 2
    assert "ports of their own" in capsys.readouterr().err
    assert sphinx_config.main(["sphinxql://a:9306/?nodes=a:9307:9317,a:9308:9318", "front"]) == 0
    printed = capsys.readouterr().out
    assert [printed.count(f"agent = a:{port}:state") for port in (9317, 9318)] == [1, 1]
