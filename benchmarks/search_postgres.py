"""PostgreSQL full text search with the same papers and readers: Debian's server, started in a temporary folder."""

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from psycopg import Connection

from benchmarks.search_peers import TOP, texts
from benchmarks.search_questions import Question
from search_index import Doc, Visible

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import postgres_server

_MOST_PLACES = 200
_TABLE = """
create table papers (
  n integer primary key, unit text collate "C", secrecy smallint, compartment text, type text, year smallint,
  person text, f tsvector, x tsvector
)
"""
_SERVER = "-c fsync=off -c synchronous_commit=off -c shared_buffers=2GB -c max_connections=10"
_SETTINGS = ("work_mem = '64MB'", "max_parallel_workers_per_gather = 0", "jit = off")


class Postgres:
    """Two vectors with GIN indexes, ordered by ts_rank."""

    name = "postgres"

    def __init__(self, home: Path) -> None:
        self.home = home / "postgres"
        self._server: postgres_server.Server | None = None
        self._connection: Connection | None = None

    def missing(self) -> str:
        """Debian's server."""
        return "" if postgres_server.programs() else "apt-get install postgresql"

    def build(self, papers: Iterable[Doc]) -> float:
        """Copy everything in, then make the indexes; return the server's CPU seconds."""
        base = self._started()
        base.execute(_TABLE)
        with base.cursor().copy("copy papers from stdin") as copy:
            for number, doc in enumerate(papers, 1):
                row = (number, doc.unit, doc.secrecy, doc.compartment, doc.type, doc.year, doc.person)
                copy.write_row((*row, *map(_vector, texts(doc))))
        base.execute("set maintenance_work_mem = '512MB'")
        for name in ("f", "x"):
            base.execute(f"create index on papers using gin ({name})")
        base.execute("create index on papers (unit, secrecy)")
        base.execute("vacuum analyze papers")
        (process,) = base.execute("select pg_backend_pid()").fetchone() or (0,)
        stat = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def size(self) -> int:
        """Return the bytes of the table and its indexes."""
        row = self._base.execute("select pg_total_relation_size('papers')").fetchone()
        return int(row[0]) if row else 0

    def open(self) -> None:
        """Start the server if need be and read everything once, so that it is warm."""
        if self._connection is None:
            self._started()
        for setting in _SETTINGS:
            self._base.execute(f"set {setting}")
        self._base.execute("select count(*), sum(length(f)) from papers")

    def ask(self, question: Question, reader: Visible) -> int | None:
        """Ask by ts_rank, counting over the same rows."""
        if question.off:
            return None
        column = "x" if question.exact else "f"
        where, values = _narrowed(question, reader)
        rows = f"from papers where {column} @@ %s::tsquery {where}"
        asked = _query(question)
        if question.grouped:
            found = self._base.execute(
                f"with hits as materialized (select person, ts_rank({column}, %s::tsquery) as best {rows}) "
                "select person, count(*), sum(count(*)) over () from hits group by person "
                "order by max(best) desc limit 20",
                (asked, asked, *values),
            ).fetchall()
            return int(found[0][2]) if found else 0
        order = f"order by ts_rank({column}, %s::tsquery) desc limit {TOP}"
        page = self._base.execute(f"select n, count(*) over () {rows} {order}", (asked, *values, asked)).fetchall()
        if question.facets:
            self._base.execute(
                f"with hits as materialized (select type, unit {rows}) select type, count(*) from hits group by type "
                "union all select unit, count(*) from hits group by unit",
                (asked, *values),
            ).fetchall()
        return int(page[0][1]) if page else 0

    @property
    def _base(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _started(self) -> Connection:
        """Start the server on its folder, making it when there is none; heard on a socket in a folder of its own."""
        place, data = postgres_server.programs(), self.home / "data"
        assert place is not None
        socket = Path(tempfile.mkdtemp(prefix="oms-pg-"))
        self.home.mkdir(exist_ok=True)
        if os.getuid() == 0:  # a temporary folder of root's lets the server's user through, not in
            self.home.parent.chmod(self.home.parent.stat().st_mode | 0o011)
        for folder in (self.home, socket) if os.getuid() == 0 else ():
            owner = pwd.getpwnam(postgres_server.SUPERUSER)
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        if not data.exists():
            words = ["--no-sync", "--auth=trust", f"--username={postgres_server.SUPERUSER}", "--locale=C.UTF-8"]
            postgres_server.as_server([str(place / "initdb"), "-D", str(data), *words, "--encoding=UTF8"])
        heard = f"-c listen_addresses='' -c unix_socket_directories='{socket}' {_SERVER}"
        postgres_server.as_server(
            [str(place / "pg_ctl"), "-D", str(data), "-w", "-l", f"{data}.log", "-o", heard, "start"]
        )
        self._server = postgres_server.Server(socket)
        self._connection = self._server.connect("postgres")
        self._connection.autocommit = True
        return self._connection

    def close(self) -> None:
        """Stop the server; what it holds stays in the home."""
        place = postgres_server.programs()
        if self._connection is None or self._server is None or place is None:
            return
        self._connection.close()
        postgres_server.as_server([str(place / "pg_ctl"), "-D", str(self.home / "data"), "-m", "fast", "-w", "stop"])
        shutil.rmtree(self._server.folder, ignore_errors=True)


def _vector(words: list[str]) -> str:
    """Return a tsvector's text: each word with its places."""
    places: dict[str, list[int]] = {}
    for at, word in enumerate(words, 1):
        places.setdefault(word, []).append(min(at, 16_383))
    said = (f"'{_plain(word)}':{','.join(map(str, own[:_MOST_PLACES]))}" for word, own in places.items())
    return " ".join(said)


def _plain(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "''")


def _query(question: Question) -> str:
    if question.prefix:
        return f"'{_plain(question.prefix)}':*"
    if question.side_by_side:
        return " <-> ".join(f"'{_plain(word)}'" for word in question.side_by_side)
    parts = [f"'{_plain(word)}'" for word in question.must]
    if question.either:
        parts.append("(" + " | ".join(f"'{_plain(word)}'" for word in question.either) + ")")
    parts += [f"!'{_plain(word)}'" for word in question.none]
    return " & ".join(parts)


def _narrowed(question: Question, reader: Visible) -> tuple[str, list[object]]:
    where, values = "", []
    if reader.units != ("",):
        under = " or ".join("(unit >= %s and unit < %s)" for _ in reader.units)
        where = f" and ({under}) and secrecy <= %s and compartment = any(%s)"
        ends = [end for unit in reader.units for end in (unit + "/", unit + "0")]
        values = [*ends, reader.secrecy, ["", *reader.compartments]]
    if question.type:
        where, values = where + " and type = %s", [*values, question.type]
    if question.years:
        where, values = where + " and year between %s and %s", [*values, *question.years]
    return where, values
