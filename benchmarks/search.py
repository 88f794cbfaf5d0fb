"""How fast search answers for readers who see everything, a fifth, a fiftieth; beside two other engines.

    python -m benchmarks.search [--docs 10000] [--sentences FILE] [--no-stock]

Builds the same invented papers into our engine, stock Whoosh (`filter=` with a permission query) and SQLite
FTS5 (joined to a table of marks), asks all three the same questions back to back and prints a table, ratios
first. Asserts nothing. Times are wall milliseconds, best of three; machines differ, ratios less so.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite
from whoosh import fields
from whoosh import index as whoosh_index
from whoosh import query as wq
from whoosh.analysis import SpaceSeparatedTokenizer

from search_index import Doc, Query, Visible, WhooshEngine
from search_index.analysis import analyse, forms
from search_index.language import parse, wanted
from vietnamese.text import fold, syllables

SURNAMES = ["Nguyễn"] * 38 + ["Trần"] * 11 + ["Lê"] * 10 + ["Phạm"] * 7
SURNAMES += ["Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Tô"]
_MIDDLES = """
Văn Thị Đức Minh Thanh Hữu Ngọc Quang Xuân Thu Hồng Đình Công Thế Bích
"""
_GIVEN = """
An Anh Bình Châu Chi Cường Dung Dũng Dương Đạt Giang Hà Hải Hạnh Hân Hiếu Hoà Hoa Hùng Huệ Hương
Khánh Lan Lâm Liên Linh Long Mai Minh Nam Nga Ngân Nghĩa Nhung Phong Phúc Phương Quân Quyên Sơn Tâm
Thảo Thắng Thuỷ Toàn Trang Trung Tú Tuấn Tùng Tuyết Vân Việt Vinh Yến
"""
_ONSETS = """
b c ch d đ g h kh l m n ng nh ph qu r s t th tr v x
"""
_RHYMES = """
a an ang ao ay ân âu ên êu i inh iên o on ong ôi ơn u ung ươi ương ất ạch ịnh ộ ủ ức ến ồng ải
"""
MIDDLES, GIVEN, ONSETS, RHYMES = (words.split() for words in (_MIDDLES, _GIVEN, _ONSETS, _RHYMES))
TYPES = ["quyet_dinh", "bao_cao", "to_trinh", "so_yeu_ly_lich", "ban_kiem_diem", "nghi_quyet"]
SAFE = "abcdeghiklmnopqrstuvxy"


@dataclass
class Sample:
    """The papers, and the questions of each kind with their words."""

    docs: list[Doc]
    once: list[str]
    questions: dict[str, list[str]] = field(default_factory=dict)


def sentences_of(path: Path | None, rng: random.Random) -> list[str]:
    """Return sentences: the file's lines, or generated syllables with a natural skew."""
    if path is not None:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    words = [onset + rhyme for onset in ONSETS for rhyme in RHYMES]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    rng.shuffle(words)
    return [" ".join(rng.choices(words, weights, k=24)) + "." for _ in range(4000)]


def noisy(text: str, share: float, rng: random.Random) -> str:
    """Return the text with a share of its letters replaced, as a poor scan reads."""

    def misread(letter: str) -> str:
        wrong = rng.choice(SAFE)
        return wrong.upper() if letter.isupper() else wrong

    return "".join(misread(c) if c.isalpha() and rng.random() < share else c for c in text)


def folded_text(doc: Doc) -> str:
    """Return everything the other engines index of a paper, folded."""
    return fold(" ".join(syllables("\n".join((*doc.names, doc.title, doc.body)))))


def person(rng: random.Random) -> str:
    """Return an invented full name."""
    middle = rng.sample(MIDDLES, rng.choice((1, 1, 2)))
    return " ".join((rng.choice(SURNAMES), *middle, rng.choice(GIVEN)))


def sample(count: int, sentences: list[str], rng: random.Random) -> Sample:
    """Return the papers; half of them carry 2 % reading errors, names in text 3 %."""
    people = [person(rng) for _ in range(max(50, count // 6))]
    docs = []
    for n in range(count):
        who, other = rng.choice(people), rng.choice(people)
        body = [noisy(f"Đồng chí {who}, cùng {other}.", 0.03, rng), *rng.choices(sentences, k=10)]
        rng.shuffle(body)
        text = "\n".join(body)
        docs.append(
            Doc(
                id=f"D{n}",
                title=f"Quyết định số {n} về {who}" if rng.random() < 0.3 else f"Văn bản số {n}",
                body=noisy(text, 0.02, rng) if rng.random() < 0.5 else text,
                names=(who,) if rng.random() < 0.3 else (),
                block=rng.choice(("party", "front", "government")),
                unit=f"{rng.randrange(50):02d}/{rng.randrange(20)}/{rng.randrange(6)}",
                secrecy=rng.choices((0, 1, 2, 3), (90, 6, 3, 1))[0],
                compartment=rng.choices(("", "kiem_tra"), (97, 3))[0],
                type=rng.choice(TYPES),
                year=rng.randrange(1970, 2026),
            )
        )
    return Sample(docs, people)


def ask_about(made: Sample, rng: random.Random, each: int = 5) -> None:
    """Choose the questions from what the papers hold."""
    often: dict[str, int] = {}
    for doc in made.docs[:2000]:
        for term in analyse(doc).f:
            often[term] = often.get(term, 0) + 1
    ranked = sorted(often, key=lambda term: -often[term])
    letters = [term for term in ranked if term.isalpha() and len(term) > 2]
    names = rng.sample(made.once, each)
    made.questions = {
        "common word": letters[:each],
        "rare word": [term for term in letters if often[term] == 2][:each],
        "name": [" ".join(forms(part)[0] for part in syllables(name)) for name in names],
        "3 words": [" ".join(rng.sample(letters[:60], 3)) for _ in range(each)],
        "prefix": [term[:3] + "*" for term in rng.sample(letters[:300], each)],
        "near name": [noisy(name, 0.06, rng) for name in names],
        "facets": letters[each : 2 * each],
    }


# --- the three engines: a build and a function (question, reader, kind) -> count ---

Ask = Callable[[str, Visible, str], int]


def ours(made: Sample, home: Path, top: int) -> Ask:
    """Return our engine over the index in `home`, built if it is not there."""
    engine = WhooshEngine(home)
    if not engine.doc_count():
        engine.replace_all(made.docs)

    def ask(q: str, reader: Visible, kind: str) -> int:
        wanted_facets = ("type", "unit") if kind == "facets" else ()
        return engine.query(Query(q, reader, top=top, facets=wanted_facets)).count

    return ask


def stock(made: Sample, home: Path) -> Ask:
    """Return stock Whoosh with positions, the permission as `filter=` query, facets by `groupedby`."""
    home.mkdir()
    text = fields.TEXT(analyzer=SpaceSeparatedTokenizer())
    schema = fields.Schema(
        id=fields.ID(stored=True), f=text, unit=fields.ID(sortable=True), type=fields.ID(sortable=True),
        secrecy=fields.NUMERIC(sortable=True), compartment=fields.ID, year=fields.NUMERIC,
    )  # fmt: skip
    index = whoosh_index.create_in(str(home), schema)
    writer = index.writer(limitmb=256)
    for doc in made.docs:
        folded = folded_text(doc)
        writer.add_document(
            id=doc.id, f=folded, unit=doc.unit, type=doc.type, secrecy=doc.secrecy,
            compartment=doc.compartment or "none", year=doc.year,
        )  # fmt: skip
    writer.commit()
    searcher = index.searcher()

    def leaf(q: str, kind: str) -> wq.Query:
        words = [w.folded for w in wanted(parse(q))]
        if kind == "prefix":
            return wq.Prefix("f", words[0])
        if kind == "name":
            return wq.Phrase("f", words)
        if kind == "near name":
            return wq.And([wq.FuzzyTerm("f", word, maxdist=1, prefixlength=1) for word in words])
        return wq.And([wq.Term("f", word) for word in words])

    def ask(q: str, reader: Visible, kind: str) -> int:
        units = [wq.Every() if u == "" else wq.Prefix("unit", u + "/") for u in reader.units]
        held = [wq.Term("compartment", name) for name in ("none", *reader.compartments)]
        level = wq.NumericRange("secrecy", None, reader.secrecy)
        allowed = wq.And([wq.Or(units), level, wq.Or(held)])
        grouped = "type" if kind == "facets" else None
        return len(searcher.search(leaf(q, kind), filter=allowed, limit=20, groupedby=grouped))

    return ask


def fts5(made: Sample, path: Path) -> Ask:
    """Return SQLite FTS5 over folded text, joined to a table of marks for the permission."""
    base = sqlite.connect(str(path))
    base.execute("create virtual table words using fts5(f, content='', prefix=3)")
    base.execute("create table marks(n integer primary key, unit, secrecy, compartment, type, year)")
    for n, doc in enumerate(made.docs, 1):
        folded = folded_text(doc)
        base.execute("insert into words(rowid, f) values (?, ?)", (n, folded))
        row = (n, doc.unit + "/", doc.secrecy, doc.compartment, doc.type, doc.year)
        base.execute("insert into marks values (?, ?, ?, ?, ?, ?)", row)
    base.commit()

    def match(q: str, kind: str) -> str:
        words = [w.folded for w in wanted(parse(q))]
        if kind == "prefix":
            return f'"{words[0]}" *'
        return f'"{" ".join(words)}"' if "name" in kind else " ".join(f'"{word}"' for word in words)

    def ask(q: str, reader: Visible, kind: str) -> int:
        under = " or ".join("1" if unit == "" else f"unit glob '{unit}/*'" for unit in reader.units)
        held = ", ".join(f"'{name}'" for name in ("", *reader.compartments))
        rest = (
            f"from words join marks on n = words.rowid where words match ? and ({under})"
            f" and secrecy <= {reader.secrecy} and compartment in ({held})"
        )
        asked = (match(q, kind),)
        base.execute(f"select n {rest} order by year desc limit 20", asked).fetchall()
        if kind == "facets":
            base.execute(f"select type, count(*) {rest} group by type", asked).fetchall()
            base.execute(f"select unit, count(*) {rest} group by unit", asked).fetchall()
        return int(base.execute(f"select count(*) {rest}", asked).fetchone()[0])

    return ask


READERS = {
    "100 %": Visible(("",), 3, frozenset({"kiem_tra"})),
    "20 %": Visible(tuple(f"{n:02d}" for n in range(11)), 1, frozenset()),
    "2 %": Visible(("07",), 1, frozenset()),
}


def best_of(ask: Ask, q: str, reader: Visible, kind: str, times: int = 3) -> float:
    """Return the best wall time of a question in milliseconds."""
    best = float("inf")
    for _ in range(times):
        begun = time.perf_counter()
        ask(q, reader, kind)
        best = min(best, (time.perf_counter() - begun) * 1000)
    return best


def high(times: Sequence[float]) -> float:
    """Return the 95th percentile, close to the maximum for so few."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


def compare(made: Sample, engines: dict[str, Ask]) -> None:
    """Ask every engine every question for every reader and print the table."""
    others = [name for name in engines if name != "ours"]
    heads = [f"{name}/ours" for name in others] + [f"{name} ms" for name in engines]
    print(f"{'question':<12} {'sees':>6} " + " ".join(f"{head:>16}" for head in heads) + "   (p95)")
    for kind, questions in made.questions.items():
        for sees, reader in READERS.items():
            times = {name: high([best_of(ask, q, reader, kind) for q in questions]) for name, ask in engines.items()}
            ratios = [f"{times[name] / times['ours']:15.1f}x" for name in others]
            plain = [f"{times[name]:16.2f}" for name in engines]
            print(f"{kind:<12} {sees:>6} " + " ".join(ratios + plain), flush=True)


def recall(made: Sample, home: Path, rng: random.Random) -> None:
    """Print how often a name that stands once, misread, is on the first page, with and without near hits."""
    engine = WhooshEngine(home)
    for share in (0.0, 0.03, 0.08):
        names = [person(rng) for _ in range(100)]
        docs = [
            Doc(f"R{n}", "", noisy(f"Đồng chí {name} đến họp.", share, rng), (), "", "99", 0, "", "", None)
            for n, name in enumerate(names)
        ]
        engine.add(docs)
        reader = Visible(("",), 3, frozenset({"kiem_tra"}))
        pages = [engine.query(Query(name, reader)) for name in names]
        on_page = [[hit.tier for hit in page.hits if hit.id == f"R{n}"] for n, page in enumerate(pages)]
        near = sum("near" in tiers for tiers in on_page)
        seen = sum(map(bool, on_page))
        print(f"name once, {share:4.0%} of letters misread: first page has {seen} of 100, {near} as near")
        engine.delete([doc.id for doc in docs])


def timed(label: str, count: int, build: Callable[[], Ask], place: Path) -> Ask:
    """Build an engine, print its speed and size."""
    begun = time.process_time()
    ask = build()
    seconds = time.process_time() - begun
    files = [place] if place.is_file() else list(place.rglob("*"))
    size = sum(file.stat().st_size for file in files if file.is_file())
    speed, each = count / seconds, size / count / 1000
    print(f"build {label:<12} {speed:7.0f} docs/CPU-s   {size / 1e6:7.1f} MB   {each:5.2f} KB/doc", flush=True)
    return ask


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=int, default=10_000)
    parser.add_argument("--sentences", type=Path, help="a file of sentences, one a line")
    parser.add_argument("--no-stock", action="store_true", help="leave out stock Whoosh, the slowest to build")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    made = sample(args.docs, sentences_of(args.sentences, rng), rng)
    ask_about(made, rng)
    words = sum(len(syllables(doc.body)) for doc in made.docs[:500]) / min(500, args.docs)
    versions = f"Python {sys.version.split()[0]}, SQLite {sqlite.sqlite_version}"
    print(f"{args.docs} papers of about {words:.0f} words, {versions}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        engines = {
            "ours": timed("ours", args.docs, lambda: ours(made, home / "ours", 0), home / "ours"),
            "ours+page": ours(made, home / "ours", 20),
        }
        if not args.no_stock:
            engines["stock"] = timed("stock whoosh", args.docs, lambda: stock(made, home / "stock"), home / "stock")
        engines["fts5"] = timed("fts5", args.docs, lambda: fts5(made, home / "fts5.db"), home / "fts5.db")
        compare(made, engines)
        recall(made, home / "ours", rng)


if __name__ == "__main__":
    main()
