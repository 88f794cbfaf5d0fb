"""How often search finds the person when the name is asked for by habit; beside folding away the marks alone.

    python -m benchmarks.name_habits [--people 4000] [--asked 150] [--seed 1] [--each]

Invents people and papers on them, asks for some in every habit and prints, habit by habit: the share whose paper is
among the first 20, the same for folded words that must all be there, how many people the question fits (the median:
"N.V.An" says several), and the median time. `--each` prints what was asked in vain. Asserts nothing.
"""

import argparse
import random
import statistics
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.search import SURNAMES
from search_index import Doc, Engine, MemoryEngine, Query, Visible
from vietnamese.legacy import TCVN3, VNI_LETTERS, VNI_PAIRS
from vietnamese.text import fold, syllables

EVERYBODY = Visible(("",), 9)
TOP = 20
_MIDDLES = """
Văn Văn Văn Thị Thị Thị Đức Minh Thanh Hữu Ngọc Quang Xuân Thu Hồng Đình Công Thế Bích Khắc Duy Mạnh Diệu Kim
"""
_GIVEN = """
An Anh Bình Châu Chi Cường Dung Dũng Dương Đạt Giang Hà Hải Hạnh Hân Hiếu Hoà Hoa Hùng Huệ Hương Khánh Khoẻ Lan Lâm
Liên Linh Long Lý Mai Minh Mỵ Mỹ Nam Nga Ngân Nghĩa Nhung Phong Phúc Phương Quân Quý Quyên Sơn Sỹ Tâm Thảo Thắng Thuỳ
Thuỷ Thuý Toàn Toản Trang Trung Tú Tuấn Tùng Tuyết Tỵ Uyên Vân Việt Vinh Vy Yến Ước Đào Oanh Thoa Kỹ Hỷ Bưởi Lượng
"""
_ALIASES = """
Ba Đen|Tư Râu|Hồng Phong|Út Lan|Sáu Dân|Mười Cúc|Năm Lửa|Bảy Trân|Hai Lúa|Trường Chinh|Chín Hổ|Thanh Hải|Minh Quang
"""
_SENTENCES = """
theo đề nghị của ban tổ chức về việc điều động cán bộ|căn cứ nghị quyết của ban thường vụ và quy chế làm việc
hoàn thành tốt nhiệm vụ được giao trong năm qua|đã qua lớp bồi dưỡng lý luận chính trị tại trường tỉnh
được tặng giấy khen của uỷ ban nhân dân huyện|hồ sơ gồm sơ yếu lý lịch và các văn bằng có chứng thực
"""
_TELEX_TONES = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_VNI_TONES = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_KEYS = {
    "ă": ("aw", "a8"), "â": ("aa", "a6"), "ê": ("ee", "e6"), "ô": ("oo", "o6"), "ơ": ("ow", "o7"), "ư": ("uw", "u7"),
    "đ": ("dd", "d9"),
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """An invented person, with the paper that is on them."""

    name: str
    alias: str
    doc: str

    @property
    def words(self) -> list[str]:
        return self.name.split()


def people(count: int, rng: random.Random) -> list[Person]:
    """Return people with the family names of the country."""
    middles, given, aliases = _MIDDLES.split(), _GIVEN.split(), _ALIASES.replace("\n", "").split("|")
    made = []
    for number in range(count):
        middle = rng.sample(middles, rng.choice((1, 1, 1, 2)))
        name = " ".join((rng.choice(SURNAMES), *middle, rng.choice(given)))
        made.append(Person(name, f"{rng.choice(SURNAMES)} {rng.choice(aliases)}", f"D{number}"))
    return made


def paper(person: Person, other: Person, rng: random.Random) -> Doc:
    """Return the person's paper: filed under the name (half of them), or only mentioning it beside another name."""
    filed = rng.random() < 0.5
    lines = [line for line in _SENTENCES.replace("\n", "|").split("|") if line]
    body = [f"Đồng chí {person.name} {rng.choice(lines)}.", f"Người ký: {other.name}.", *rng.choices(lines, k=6)]
    rng.shuffle(body)
    if not filed:
        body.append(f"Bí danh: {person.alias}.")
    return Doc(
        id=person.doc, title="Văn bản", body="\n".join(body), names=(person.name, person.alias) if filed else (),
        block="party", unit=f"{rng.randrange(30):02d}", secrecy=0, compartment="", type="quyet_dinh",
        year=rng.randrange(1970, 2026),
    )  # fmt: skip


def keys(text: str, method: int) -> str:
    """Return the keys pressed for a text: Telex (0) or VNI (1), a word's tone last."""
    typed = []
    for word in text.lower().split():
        letters, last = "", ""
        for letter in unicodedata.normalize("NFC", word):
            parts = unicodedata.normalize("NFD", letter)
            tone = next((mark for mark in parts if mark in _TELEX_TONES), "")
            plain = unicodedata.normalize("NFC", parts.replace(tone, "") if tone else parts)
            letters += _KEYS[plain][method] if plain in _KEYS else plain
            last += (_TELEX_TONES, _VNI_TONES)[method].get(tone, "")
        typed.append(letters + last)
    return " ".join(typed)


_TO_TCVN3 = {new: old for old, new in TCVN3.items()}
_TO_VNI = {new: old for old, new in (*VNI_PAIRS.items(), *VNI_LETTERS.items())}


def tcvn3(person: Person) -> str:
    """Return the name as it is pasted from a text in TCVN3; capitals with a tone lived in a font of their own."""
    return "".join(_TO_TCVN3.get(letter, _TO_TCVN3.get(letter.lower(), letter)) for letter in person.name)


def vni_font(person: Person) -> str:
    """Return the name as it is pasted from a text in a VNI font."""
    return "".join(_TO_VNI.get(letter, letter) for letter in person.name)


def moved_tone(person: Person) -> str:
    """Return the name with the tone of oa, oe, uy on the other letter."""
    pairs = [("oà", "òa"), ("oá", "óa"), ("oả", "ỏa"), ("oẻ", "ỏe"), ("uỳ", "ùy"), ("uý", "úy"), ("uỷ", "ủy")]
    name = person.name
    for one, other in pairs:
        name = name.replace(one, other) if one in name else name.replace(other, one)
    return name


def i_for_y(person: Person) -> str:
    """Return the name with i written for y and y for i."""
    written = dict(zip("yỳýỷỹỵ", "iìíỉĩị", strict=True))
    name = person.words
    if name[-1][:-1].lower() in ("h", "k", "l", "m", "s", "t", "v", "qu"):
        name[-1] = name[-1][:-1] + written.get(name[-1][-1], name[-1][-1])
    return " ".join(name)


def initial(word: str) -> str:
    """Return the letter a word begins with."""
    return word[0]


def only_if_changed(way: Callable[[Person], str]) -> Callable[[Person], str]:
    """Return the same habit, silent for people whose name it does not change."""
    return lambda person: "" if way(person) == person.name else way(person)


def habits() -> dict[str, Callable[[Person], str]]:
    """Return the habits by name: from a person to the question, "" where the habit says nothing."""
    return {
        "as written": lambda p: p.name,
        "without marks": lambda p: fold(p.name),
        "capitals": lambda p: p.name.upper(),
        "Ð for Đ": only_if_changed(lambda p: p.name.replace("Đ", "Ð")),
        "tone on the other letter": only_if_changed(moved_tone),
        "i for y": only_if_changed(i_for_y),
        "a nguyễn văn": lambda p: " ".join((initial(p.words[-1]), *p.words[:-1])).lower(),
        "an nguyễn văn": lambda p: " ".join((p.words[-1], *p.words[:-1])).lower(),
        "An, Nguyễn Văn": lambda p: f"{p.words[-1]}, {' '.join(p.words[:-1])}",
        "Van An Nguyen": lambda p: fold(" ".join((*p.words[1:], p.words[0]))).title(),
        "An Nguyen": lambda p: fold(f"{p.words[-1]} {p.words[0]}").title(),
        "N.V.An": lambda p: ".".join((*map(initial, p.words[:-1]), p.words[-1])),
        "n v an": lambda p: fold(" ".join((*map(initial, p.words[:-1]), p.words[-1]))),
        "NVAn": lambda p: "".join((*map(initial, p.words[:-1]), p.words[-1])),
        "Ng. V. An": lambda p: (
            f"Ng. {' '.join(f'{word[0]}.' for word in p.words[1:-1])} {p.words[-1]}" if p.words[0] == "Nguyễn" else ""
        ),
        "Ng Văn An": lambda p: f"Ng {' '.join(p.words[1:])}" if p.words[0] == "Nguyễn" else "",
        "annv": lambda p: fold(p.words[-1] + "".join(map(initial, p.words[:-1]))),
        "family name missing": lambda p: " ".join(p.words[1:]),
        "middle name missing": lambda p: f"{p.words[0]} {p.words[-1]}",
        "one middle name missing": lambda p: " ".join((p.words[0], *p.words[2:])) if len(p.words) > 3 else "",
        "đ/c, full name": lambda p: f"đ/c {p.name}",
        "ông, no marks": lambda p: fold(f"ông {p.name}"),
        "đ/c, middle and given": lambda p: f"đ/c {' '.join(p.words[1:])}",
        "bà, given name": lambda p: f"bà {p.words[-1]}",
        "name (tức alias)": lambda p: f"{p.name} (tức {p.alias})",
        "alias": lambda p: p.alias,
        "Telex keys": only_if_changed(lambda p: keys(p.name, 0)),
        "VNI keys": only_if_changed(lambda p: keys(p.name, 1)),
        "TCVN3 letters": only_if_changed(tcvn3),
        "VNI letters": only_if_changed(vni_font),
        "NguyenVanAn": lambda p: "".join(word.capitalize() for word in fold(p.name).split()),
        "nguyenvanan": lambda p: fold(p.name).replace(" ", ""),
    }


class Folded:
    """What folding alone finds: papers with all folded words of the question, a name's words first, then the newest."""

    def __init__(self, docs: Sequence[Doc]) -> None:
        self._holding: dict[str, set[int]] = {}
        self._docs = docs
        self._texts = []
        for number, doc in enumerate(docs):
            words = [fold(word) for word in syllables("\n".join((*doc.names, doc.title, doc.body)))]
            self._texts.append(f" {' '.join(words)} ")
            for word in set(words):
                self._holding.setdefault(word, set()).add(number)

    def first(self, q: str) -> list[str]:
        """Return the first papers."""
        words = [fold(word) for word in syllables(q)]
        sets = [self._holding.get(word, set()) for word in words]
        found = set.intersection(*sets) if sets else set()
        phrase = f" {' '.join(words)} "
        ordered = sorted(found, key=lambda n: (phrase not in self._texts[n], -(self._docs[n].year or 0)))
        return [self._docs[number].id for number in ordered[:TOP]]


def measure(
    asked: Sequence[tuple[Person, str]], engine: Engine, folded: Folded
) -> tuple[float, float, float, list[str]]:
    """Return (share found, share folding finds, median milliseconds, what was asked in vain)."""
    ours = plain = 0
    times, vain = [], []
    for person, q in asked:
        answer = engine.query(Query(q, EVERYBODY, top=TOP))
        times.append(answer.ms)
        hit = person.doc in [hit.id for hit in answer.hits]
        ours += hit
        plain += person.doc in folded.first(q)
        if not hit:
            vain.append(f"{q} ({person.name}, {person.doc}; {answer.count} found)")
    return ours / len(asked), plain / len(asked), statistics.median(times), vain


def main() -> None:
    """Print the table."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--people", type=int, default=4000)
    wanted.add_argument("--asked", type=int, default=150)
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument("--each", action="store_true", help="print what was asked in vain")
    given = wanted.parse_args()
    rng = random.Random(given.seed)
    everybody = people(given.people, rng)
    docs = [paper(person, rng.choice(everybody), rng) for person in everybody]
    engine, folded = MemoryEngine(), Folded(docs)
    engine.add(docs)
    print(f"{given.people} people, a paper each; up to {given.asked} asked for in each habit; seed {given.seed}")
    print(f"{'habit':26} {'asked':>6} {'found':>7} {'folding':>8} {'fits':>5} {'ms':>7}")
    for name, way in habits().items():
        questions = {person.doc: way(person) for person in everybody}
        often: dict[str, int] = {}
        for q in questions.values():
            often[q] = often.get(q, 0) + 1
        those = [person for person in everybody if questions[person.doc]]
        asked = [(person, questions[person.doc]) for person in rng.sample(those, min(given.asked, len(those)))]
        if not asked:
            continue
        found, plain, ms, vain = measure(asked, engine, folded)
        fits = statistics.median(often[q] for _, q in asked)
        print(f"{name:26} {len(asked):6} {found:7.1%} {plain:8.1%} {fits:5.0f} {ms:7.2f}", flush=True)
        for line in vain if given.each else ():
            print(f"    {line}")


if __name__ == "__main__":
    main()
