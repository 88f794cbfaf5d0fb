"""Invented papers of cadres for the measurements of search, made one by one so that a million need no memory.

The same seed makes the same papers, whoever asks for them and however many: every engine reads the stream anew.
Surnames have their real skew, bodies are a second-order Markov chain over the syllables of a file of sentences, half
of the papers carry reading errors. No person in them exists.
"""

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

from search_index import Doc

_SURNAMES = {
    "Nguyễn": 38.4, "Trần": 12.1, "Lê": 9.5, "Phạm": 7.0, "Hoàng": 3.1, "Huỳnh": 2.0, "Phan": 4.5, "Vũ": 2.4,
    "Võ": 1.5, "Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Hồ": 1.3, "Ngô": 1.3, "Dương": 1.0, "Lý": 0.5, "Đinh": 0.9,
    "Trịnh": 0.8, "Mai": 0.7, "Đào": 0.7, "Cao": 0.6, "Lương": 0.6, "Hà": 0.6, "Lưu": 0.4, "Tô": 0.3, "Tạ": 0.3,
    "Chu": 0.3, "Quách": 0.1, "Nông": 0.2, "Vi": 0.1, "Lò": 0.2, "Giàng": 0.1,
}  # fmt: skip
_MIDDLE = """
Văn Văn Văn Văn Thị Thị Thị Thị Đức Minh Thanh Hữu Ngọc Quang Xuân Thu Hồng Đình Công Thế Bích Kim Anh Gia Bảo Quốc
Trọng Tiến Mạnh Duy Hoàng Phương Thuỳ Mỹ Diệu Khánh Nhật Tuấn Việt Trung Hải Phúc Đăng Viết Bá Huy Cẩm Tuyết
"""
_GIVEN = """
An Anh Ánh Bình Bằng Bảo Bích Châu Chi Chiến Chung Cúc Cường Danh Diễm Diệp Du Dung Duy Duyên Dũng Dương Đạt Đông Đức
Giang Hà Hải Hạnh Hân Hằng Hậu Hiền Hiếu Hiệp Hoà Hoa Hoan Hoàn Hoàng Hồng Hùng Huân Huệ Huy Huyền Hương Hưng Hường
Khang Khánh Khoa Khôi Kiên Kiều Lan Lâm Lập Liên Linh Loan Long Lộc Lợi Luân Lương Ly Mai Mạnh Minh My Nam Nga Ngân
Nghĩa Ngọc Nguyên Nguyệt Nhàn Nhân Nhi Nhung Như Oanh Phát Phong Phú Phúc Phương Phượng Quân Quang Quế Quốc Quyên
Quyền Quỳnh Sang Sâm Sinh Sơn Tài Tâm Tân Thái Thanh Thành Thảo Thắng Thi Thiện Thịnh Thoa Thọ Thơ Thu Thuận Thuỷ Thuý
Thư Thương Tiến Tiên Tín Tình Toàn Trà Trang Trâm Trinh Trí Trúc Trung Trường Tú Tuấn Tuệ Tùng Tuyên Tuyết Uyên Văn Vân
Việt Vinh Vũ Vương Vy Xuân Yên Yến
"""
_ONSETS = """
b c ch d đ g h kh l m n ng nh ph qu r s t th tr v x
"""
_RHYMES = """
a an ang ao ay ân âu ên êu i inh iên o on ong ôi ơn u ung ươi ương ất ạch ịnh ộ ủ ức ến ồng ải
"""
TYPES = {
    "quyet_dinh": 30, "so_yeu_ly_lich": 14, "ban_kiem_diem": 12, "bao_cao": 11, "to_trinh": 9, "phieu_danh_gia": 8,
    "nghi_quyet": 6, "van_bang_chung_chi": 5, "don": 3, "bien_ban": 2,
}  # fmt: skip
_TITLES = {
    "quyet_dinh": "Quyết định về việc điều động, bổ nhiệm", "so_yeu_ly_lich": "Sơ yếu lý lịch của",
    "ban_kiem_diem": "Bản kiểm điểm của", "bao_cao": "Báo cáo về", "to_trinh": "Tờ trình về việc của",
    "phieu_danh_gia": "Phiếu đánh giá", "nghi_quyet": "Nghị quyết có nêu", "van_bang_chung_chi": "Bằng tốt nghiệp của",
    "don": "Đơn của", "bien_ban": "Biên bản họp có",
}  # fmt: skip
BLOCKS = ("party", "front", "government")
COMPARTMENTS = ("kiem_tra", "bao_ve_noi_bo")
PROVINCES, DISTRICTS, COMMUNES = 34, 30, 6
_LETTERS = "abcdeghiklmnopqrstuvxyăâêôơư"
_WORDS_OF_BODY = 275
# So many papers tell of so many people, and those of the next portion of others.
_PORTION, _PEOPLE = 1000, 125


class Draw:
    """Draws things by weight."""

    def __init__(self, weights: dict[str, float] | dict[str, int]) -> None:
        self._things = list(weights)
        self._sums = list(accumulate(weights.values()))

    def one(self, rng: random.Random) -> str:
        """Return one thing."""
        return self._things[bisect(self._sums, rng.random() * self._sums[-1])]


_SURNAME, _TYPE = Draw(_SURNAMES), Draw(TYPES)
_MIDDLES, _GIVENS = _MIDDLE.split(), _GIVEN.split()


class Chain:
    """Text as a second-order Markov chain over the words of sentences."""

    def __init__(self, sentences: list[str]) -> None:
        self._next: dict[tuple[str, str], list[str]] = {}
        self._starts: list[tuple[str, str]] = []
        for sentence in sentences:
            words = sentence.split()
            if len(words) < 3:
                continue
            self._starts.append((words[0], words[1]))
            for first, second, third in zip(words, words[1:], words[2:], strict=False):
                self._next.setdefault((first, second), []).append(third)

    @classmethod
    def of(cls, path: Path | None) -> "Chain":
        """Return the chain of a file with one sentence a line; without one, of syllables with a natural skew."""
        if path is not None:
            return cls(path.read_text(encoding="utf-8").splitlines())
        rng = random.Random(0)
        words = [onset + rhyme for onset in _ONSETS.split() for rhyme in _RHYMES.split()]
        rng.shuffle(words)
        weights = [1 / rank for rank in range(1, len(words) + 1)]
        return cls([" ".join(rng.choices(words, weights, k=24)) + " ." for _ in range(6000)])

    def sentences(self, words: int, rng: random.Random) -> list[str]:
        """Return sentences of together about so many words."""
        draw, follow = rng.random, self._next
        made: list[str] = []
        left = words
        while left > 0:
            first, second = self._starts[int(draw() * len(self._starts))]
            sentence = [first, second]
            while len(sentence) < left + 8:
                after = follow.get((first, second))
                if after is None:
                    break
                first, second = second, after[int(draw() * len(after))]
                sentence.append(second)
            left -= len(sentence)
            made.append(" ".join(sentence))
        return made


def misread(text: str, share: float, rng: random.Random) -> str:
    """Return the text with a share of its letters misread: most changed, some lost, some doubled by another."""
    if not share:
        return text
    letters = list(text)
    at = int(rng.expovariate(share))
    while at < len(letters):
        if letters[at].isalpha():
            kind, wrong = rng.random(), rng.choice(_LETTERS)
            wrong = wrong.upper() if letters[at].isupper() else wrong
            letters[at] = wrong if kind < 0.7 else "" if kind < 0.85 else letters[at] + wrong.lower()
        at += 1 + int(rng.expovariate(share))
    return "".join(letters)


def person_name(rng: random.Random) -> str:
    """Return an invented full name of three or four syllables."""
    middle = rng.sample(_MIDDLES, 1 if rng.random() < 0.6 else 2)
    return " ".join((_SURNAME.one(rng), *middle, rng.choice(_GIVENS)))


@dataclass(frozen=True)
class Person:
    """A cadre as the papers tell of him."""

    number: int
    name: str
    unit: str
    block: str
    second_block: str
    secrecy: int


class Corpus:
    """So many papers of one seed, with the people they are about: eight papers tell of one."""

    def __init__(self, count: int, chain: Chain, seed: int) -> None:
        self.count, self.seed, self._chain = count, seed, chain
        self.person = lru_cache(maxsize=200_000)(self._person)

    def _person(self, number: int) -> Person:
        rng = random.Random(f"{self.seed} person {number}")
        unit = f"{rng.randrange(PROVINCES):02d}/{rng.randrange(DISTRICTS)}/{rng.randrange(COMMUNES)}"
        block = rng.choices(BLOCKS, (3, 1, 6))[0]
        second = rng.choice(BLOCKS) if rng.random() < 0.2 else block
        return Person(number, person_name(rng), unit, block, second, rng.choices((0, 1, 2, 3), (70, 20, 7, 3))[0])

    def __iter__(self) -> Iterator[Doc]:
        for number in range(self.count):
            yield self.paper(number)

    def paper(self, number: int) -> Doc:
        """Return one paper, the same whenever asked."""
        rng = random.Random(f"{self.seed} paper {number}")
        who = self.person(number // _PORTION * _PEOPLE + rng.randrange(_PEOPLE))
        others = [self.person(rng.randrange(number // _PORTION * _PEOPLE + _PEOPLE)).name for _ in range(2)]
        text = self._chain.sentences(_WORDS_OF_BODY, rng)
        for said in (
            f"Đồng chí {who.name}, sinh năm {rng.randrange(1960, 2000)}.",
            f"Ông {others[0]} ký.",
            *others[1:],
        ):
            text.insert(rng.randrange(len(text) + 1), said)
        body = "\n".join(text)
        kind = _TYPE.one(rng)
        year = 2026 - min(56, int(rng.expovariate(1 / 12)))
        block = who.second_block if rng.random() < 0.3 else who.block
        return Doc(
            id=f"d{number:07d}",
            title=f"{_TITLES[kind]} {who.name}" if rng.random() < 0.6 else f"{_TITLES[kind]} đồng chí cán bộ",
            body=misread(body, 0.02, rng) if rng.random() < 0.5 else body,
            names=(who.name,) if rng.random() < 0.7 else (),
            block=block,
            unit=who.unit,
            secrecy=who.secrecy,
            compartment=rng.choice(COMPARTMENTS) if rng.random() < 0.03 else "",
            type=kind,
            year=year,
            dossier=f"h{who.number}-{block}",
            person=f"p{who.number}",
            day=year * 10_000 + rng.randint(1, 12) * 100 + rng.randint(1, 28),
        )
