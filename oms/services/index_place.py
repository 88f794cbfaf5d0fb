"""Where the search index lies: one folder a generation, one of them in force, how far each has come.

The index is a cache. It is made anew in a folder beside the one in force and takes its place by one rename, so that
whoever searches finds with the old one or the new one, never with half of one.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from search_index import IndexFormatError

_IN_FORCE, _POSITION, _PLAN = "current", "position.json", "plan.json"
_BEGUN = "format.json"
"""The file of an engine's folder that is written once."""
_PREFIX, _WRITER, _PURGE = "index-", "writer.lock", "purge"
WRITTEN_ONCE = (".seg", ".toc", ".json")
"""Files of an engine's folder that never change under their name: whatever is different there is damage."""
INDEXER, MAKER = "indexer.lock", "maker.lock"
"""Files that are the locks of the one indexer, and of whoever makes an index anew."""


@dataclass(frozen=True)
class Position:
    """How far in the feed an index has come, and what stands there: a database that was put back is told by it."""

    number: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Plan:
    """How far an index that is being made has come: where the feed stood when it was begun, the last paper taken in."""

    number: int
    mark: str
    after: str = ""
    done: int = 0


Made = tuple[Path, int, int]
"""What tells a generation from a later one that was made in a folder of the same name."""


class IndexPlace:
    """The folder of the index. What lies there is unpickled: folders that others may write to are not read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._settled: dict[str, tuple[int, int]] = {}

    @staticmethod
    def words(directory: Path) -> Path:
        """Where a generation's words lie: the engine's own folder."""
        return directory / "words"

    def live(self) -> Path:
        """The generation in force; IndexFormatError when there is none: it has to be made from the records."""
        name = self._in_force()
        if not name or not self.words(self.root / name).is_dir():
            raise IndexFormatError("no search index is in force")
        live = self.root / name
        if not all(map(self._own, (self.root, live, self.words(live)))):
            raise IndexFormatError("others may write to the folder of the search index")
        return live

    def _in_force(self) -> str:
        """The name of the generation in force; empty when none is told."""
        try:
            name = (self.root / _IN_FORCE).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""
        return name if name.startswith(_PREFIX) and "/" not in name else ""

    def made(self, directory: Path) -> Made:
        """Which making of a generation this is: a folder that was deleted comes back under its name."""
        try:
            status = self.words(directory).stat()
            begun = (self.words(directory) / _BEGUN).stat().st_mtime_ns
        except OSError:
            return directory, 0, 0
        return directory, status.st_ino, begun

    def _own(self, directory: Path) -> bool:
        """Whether nobody but the folder's owner, who is the root's, can put anything into it."""
        status = directory.lstat()
        return stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022 and status.st_uid == self.root.stat().st_uid

    def position(self, directory: Path) -> Position:
        """How far an index has come; IndexFormatError when that cannot be told."""
        try:
            found = json.loads((directory / _POSITION).read_text(encoding="utf-8"))
            position = Position(int(found["number"]), str(found["mark"]))
            if ("files" in found or "sum" in found) and found["sum"] != _sum(position, found["files"]):
                raise ValueError("not what was written")
            return position
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexFormatError("the index does not say how far it has come") from error

    def keep_position(self, directory: Path, position: Position) -> None:
        """Writes down how far an index has come and what its files are, after what it holds has reached the disk."""
        self._settle(directory)
        known, there = self.files(directory), self._written_once(directory)
        files = {name: known.get(name) or _sha256(self.words(directory) / name) for name in there}
        told = asdict(position) | {"files": files, "sum": _sum(position, files)}
        _write(directory / _POSITION, json.dumps(told))

    def files(self, directory: Path) -> dict[str, str]:
        """SHA-256 of every file of an index as it was written, by name; empty where none was written down."""
        try:
            found = json.loads((directory / _POSITION).read_text(encoding="utf-8"))["files"]
            return {str(name): str(sha) for name, sha in found.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def is_as_written(self, directory: Path, name: str) -> bool:
        """Whether a file of an index has the bytes that were written; one that is gone has not."""
        try:
            return _sha256(self.words(directory) / name) == self.files(directory).get(name, "")
        except OSError:
            return False

    def _written_once(self, directory: Path) -> list[str]:
        return sorted(name for name in os.listdir(self.words(directory)) if name.endswith(WRITTEN_ONCE))

    def building(self) -> Path:
        """The generation that is being made; an empty folder when none is. The root is the owner's alone again."""
        self.root.chmod(0o700)
        (self.root / self._in_force() / _PLAN).unlink(missing_ok=True)  # killed when its plan was all it had left over
        unfinished = [path for path in self._generations() if (path / _PLAN).exists() and self._own(path)]
        if unfinished:
            return unfinished[-1]
        made = self.root / f"{_PREFIX}{max((_number(path) for path in self._generations()), default=0) + 1}"
        made.mkdir(mode=0o700, parents=True)
        return made

    def plan(self, directory: Path) -> Plan | None:
        """How far the making has come; None when it has not begun."""
        try:
            return Plan(**json.loads((directory / _PLAN).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def keep_plan(self, directory: Path, plan: Plan) -> None:
        """Writes down how far the making has come, after what it holds has reached the disk."""
        if self.words(directory).exists():
            self._settle(directory)
        _write(directory / _PLAN, json.dumps(asdict(plan)))

    def put_in_force(self, directory: Path) -> None:
        """Puts a finished generation in the place of the one in force, by one rename.

        Its plan goes last: killed in between, it is in force, and before that it is still the one to go on with.
        """
        _write(self.root / _IN_FORCE, directory.name + "\n")
        (directory / _PLAN).unlink(missing_ok=True)

    def drop(self, path: Path) -> None:
        """Removes a generation, or a file of an earlier version."""
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

    def old(self) -> list[Path]:
        """Whatever lies here and is neither in force nor being made: earlier generations, files of earlier versions."""
        try:
            kept = {self.live().name}
        except IndexFormatError:
            kept = set()
        kept |= {_IN_FORCE, INDEXER, MAKER}
        return [path for path in sorted(self.root.iterdir()) if path.name not in kept and not (path / _PLAN).exists()]

    def plans(self) -> list[Plan]:
        """The plans of generations that are being made."""
        making = [path for path in self._generations() if path.name != self._in_force()]
        return [plan for plan in map(self.plan, making) if plan is not None]

    def want_purge(self, directory: Path) -> None:
        """Notes that words of a destroyed paper may still stand in the files of a generation."""
        (directory / _PURGE).touch()

    def wants_purge(self, directory: Path) -> bool:
        """Whether words of a destroyed paper may still stand in the files."""
        return (directory / _PURGE).exists()

    def purged(self, directory: Path) -> None:
        """Notes that they do not."""
        (directory / _PURGE).unlink(missing_ok=True)

    @contextmanager
    def writing(self, directory: Path) -> Iterator[None]:
        """Lets one process at a time take changes into a generation; the others wait."""
        with (directory / _WRITER).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _generations(self) -> list[Path]:
        found = [path for path in self.root.glob(f"{_PREFIX}*") if path.is_dir() and _number(path)]
        return sorted(found, key=_number)

    def _settle(self, directory: Path) -> None:
        """Brings every file of an index to the disk that has changed since the last time."""
        words, found = self.words(directory), {}
        for entry in os.scandir(words):
            status = entry.stat()
            found[entry.path] = (status.st_mtime_ns, status.st_size)
            if self._settled.get(entry.path) != found[entry.path]:
                _sync(Path(entry.path))
        self._settled = found
        _sync(words)


def _number(path: Path) -> int:
    digits = path.name.removeprefix(_PREFIX)
    return int(digits) if digits.isdecimal() else 0


def _sum(position: Position, files: Mapping[str, str]) -> str:
    """What tells a position file that is as it was written."""
    said = json.dumps([position.number, position.mark, sorted(files.items())])
    return hashlib.sha256(said.encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(path: Path, text: str) -> None:
    """The file is the old one or the new one, also after a fall of the machine."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)
