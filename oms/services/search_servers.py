"""Search servers instead of an index on this machine: an installation names them, nothing else changes.

The words lie on the servers; the folder of a generation holds only which generation of theirs it is, so that the index
is made anew beside the one in force, and gone on with after a stop, as on this machine.
"""

from __future__ import annotations

import json
from pathlib import Path

from oms.errors import SettingsError
from search_index import IndexFormatError, Source
from search_index.sphinx_config import Cluster
from search_index.sphinx_engine import Begun, SphinxBuild, SphinxEngine

_BEGUN = "servers.json"


class SearchServers:
    """The servers that OMS_SEARCH names; SettingsError when it names none."""

    def __init__(self, address: str, source: Source) -> None:
        try:
            self._engine = SphinxEngine(Cluster.of(address), source)
        except ValueError as error:
            raise SettingsError(f"OMS_SEARCH: {error}") from None
        self._told: Path | None = None

    def engine(self, words: Path) -> SphinxEngine:
        """The engine, for the generation this folder stands for; IndexFormatError when it does not say which."""
        if self._told != words:
            self._engine.least_generation = _begun(words / _BEGUN).generation
            self._told = words
        return self._engine

    def build(self, words: Path) -> SphinxBuild:
        """The index that is being made for this folder, begun at first use; IndexFormatError when it was overtaken."""
        file = words / _BEGUN
        if not file.exists():
            begun = self._engine.begin_build()
            words.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps(begun), encoding="utf-8")
            fresh.replace(file)
        return self._engine.build(_begun(file))


def _begun(file: Path) -> Begun:
    try:
        return Begun(*json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise IndexFormatError("the folder does not say which index of the servers it is") from error
