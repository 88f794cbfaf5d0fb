"""Twelve invented cadres with whole lives on paper, and the dossiers their units hold.

The citizen ids begin with province codes nobody was ever given (003, 005), so no real person can bear
them; sex, century and year of birth are in them as domain.md §4 says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from oms.demonstration.people_facts import CORE, Career, Core, Training
from oms.demonstration.province import Block


@dataclass(frozen=True)
class Relative:
    """One line of the family table; `year` of birth, `about` where they are and what they do."""

    relation: str
    name: str
    year: int
    about: str


@dataclass(frozen=True)
class SalaryStep:
    """One step of the pay history: month, rank code with step, coefficient with a decimal point."""

    month: str
    rank_step: str
    coefficient: str


@dataclass(frozen=True)
class DemoDossier:
    """One cadre's file in one block, held by one unit under a number; `secrecy` 0 none, 1 Mật."""

    block: Block
    number: str
    unit_code: str
    secrecy: int


@dataclass(frozen=True)
class DemoCadre:
    """One invented person: the hand-written `core` and what follows from it."""

    core: Core
    citizen_id: str
    old_id: str
    id_issued_on: date
    social_insurance_no: str
    party_card_no: str
    staff_code: str
    rank_title: str
    salary_coefficient: str
    salary_from: date
    highest_qualification: str
    political_theory: str
    state_management: str
    foreign_language: str
    it_level: str
    family_class: str
    youth_joined_on: date
    rewards: str
    strengths: str
    height_cm: int
    weight_kg: int
    blood: str
    family: tuple[Relative, ...]
    in_laws: tuple[Relative, ...]
    salary_history: tuple[SalaryStep, ...]
    dossiers: tuple[DemoDossier, ...]

    @property
    def key(self) -> str:
        """The stable key the truth of every page refers to."""
        return self.core.key

    @property
    def name(self) -> str:
        """The birth name in title case."""
        return self.core.name

    @property
    def training(self) -> tuple[Training, ...]:
        """Courses, oldest first."""
        return self.core.training

    @property
    def career(self) -> tuple[Career, ...]:
        """Posts, oldest first; the last one lasts."""
        return self.core.career

    def post_on(self, day: date) -> str:
        """The post held on a day, as the career table words it; the first one for days before it."""
        held = [each for each in self.career if (each.since[3:], each.since[:2]) <= (f"{day:%Y}", f"{day:%m}")]
        return (held or self.career[:1])[-1].post

    @property
    def honorific(self) -> str:
        """How a decision names the person: "ông" or "bà"."""
        return "bà" if self.core.sex == "Nữ" else "ông"


_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đinh", "Vũ", "Bùi", "Đỗ", "Ngô", "Dương", "Lý", "Cao")
_MALE = (
    "Văn Thịnh",
    "Đức Toàn",
    "Quang Hưởng",
    "Xuân Ổn",
    "Minh Tuệ",
    "Hữu Sửu",
    "Bá Đạt",
    "Tiến Lữ",
    "Gia Bảo",
)
_FEMALE = ("Thị Nhài", "Thị Mỹ Lệ", "Thu Hường", "Thị Ước", "Kim Oanh", "Thị Sửu", "Ngọc Diễm", "Thảo Nguyên")
_OLD_MALE = ("Văn Khánh", "Đình Phú", "Trọng Ngữ")
_OLD_FEMALE = ("Thị Lụa", "Thị Gấm", "Thị Bưởi")
_JOBS = (
    "làm ruộng",
    "giáo viên đã nghỉ hưu",
    "buôn bán nhỏ",
    "công nhân",
    "cán bộ hưu trí",
    "kế toán",
    "thợ may",
)
_RANKS = {"01.002": ("Chuyên viên chính", 4.40, 0.34), "01.003": ("Chuyên viên", 2.34, 0.33)}
_ORIGIN = {"Lam Thượng": "003", "Giang Khê": "005"}
_PREFIX = {"LG-D-BTC": "BTC", "LG-C-SNV": "SNV", "LG-M-TD": "TĐ"}


def cadres(seed: int = 2026) -> tuple[DemoCadre, ...]:
    """The twelve cadres; the same seed gives the same people, digit for digit."""
    return tuple(_whole(core, Random(f"{seed}/{core.key}"), place) for place, core in enumerate(CORE))


def citizen_id(core: Core, rng: Random) -> str:
    """Twelve digits: three of origin, one of century and sex, two of birth year, six at random."""
    origin = next(code for name, code in _ORIGIN.items() if core.birth_place.endswith(name))
    century = 2 * ((core.born.year - 1900) // 100) + (core.sex == "Nữ")
    return f"{origin}{century}{core.born.year % 100:02d}{_six(rng)}"


def _six(rng: Random) -> str:
    return f"{rng.randrange(1_000_000):06d}"


def _whole(core: Core, rng: Random, place: int) -> DemoCadre:
    title, _, _ = _RANKS[core.rank]
    history = _salary_history(core)
    family = _family(core, rng)
    month, year = history[-1].month.split("/")
    serial = 31 + 17 * place
    return DemoCadre(
        core=core,
        citizen_id=citizen_id(core, rng),
        old_id=f"0{90 + place % 2}{_six(rng)}",
        id_issued_on=date(2021, rng.randint(3, 12), rng.randint(1, 28)),
        social_insurance_no=f"{rng.randint(10, 97)}{core.recruited.year % 100:02d}{_six(rng)}",
        party_card_no=f"{rng.randint(60, 89)}.{_six(rng)}",
        staff_code=f"LG.{place % 4 + 1:02d}.{serial:04d}",
        rank_title=title,
        salary_coefficient=history[-1].coefficient,
        salary_from=date(int(year), int(month), 1),
        highest_qualification=_highest(core),
        political_theory=_theory(core),
        state_management="Chuyên viên chính" if core.rank == "01.002" else "Chuyên viên",
        foreign_language=rng.choice(("Tiếng Anh B", "Tiếng Anh C", "Tiếng Anh B1", "Tiếng Pháp B")),
        it_level=rng.choice(("Trình độ A", "Trình độ B", "Ứng dụng CNTT cơ bản")),
        family_class="Trung nông" if core.before in {"Làm ruộng", "Cán bộ khuyến nông"} else "Cán bộ, công chức",
        youth_joined_on=date(core.born.year + 16, 3, 26),
        rewards=rng.choice(
            ("Bằng khen của Uỷ ban nhân dân tỉnh, năm 2019", "Bằng khen của Thủ tướng Chính phủ, năm 2021")
        ),
        strengths=rng.choice(("Công tác tổ chức, cán bộ", "Công tác tổng hợp", "Công tác vận động quần chúng")),
        height_cm=rng.randint(152, 160) if core.sex == "Nữ" else rng.randint(162, 174),
        weight_kg=rng.randint(47, 55) if core.sex == "Nữ" else rng.randint(58, 72),
        blood=rng.choice(("A", "B", "AB", "O")),
        family=family,
        in_laws=_in_laws(core, family, rng),
        salary_history=history,
        dossiers=tuple(
            DemoDossier(block, f"{_PREFIX.get(unit, unit[3:])}.{serial:04d}", unit, _secrecy(core, block))
            for block, unit in core.holders
        ),
    )


def _secrecy(core: Core, block: Block) -> int:
    """Only the Party's dossier of a person bears the mark; the government's stays open."""
    return core.secrecy if block == "party" else 0


def _salary_history(core: Core) -> tuple[SalaryStep, ...]:
    """Steps of the present rank, three years apart, ending in 2023 or 2024."""
    _, base, rise = _RANKS[core.rank]
    last_year = 2023 + core.step % 2
    first = max(1, core.step - 5)
    return tuple(
        SalaryStep(
            f"{core.recruited.month:02d}/{last_year - 3 * (core.step - step)}",
            f"{core.rank}/{step}",
            f"{base + rise * (step - 1):.2f}",
        )
        for step in range(first, core.step + 1)
    )


def _highest(core: Core) -> str:
    order = ("Cao đẳng", "Cử nhân", "Kỹ sư", "Thạc sĩ")
    best = max(
        (each for each in core.training if each.award in order and each.subject != "Lý luận chính trị"),
        key=lambda each: order.index(each.award),
    )
    return f"{best.award} {best.subject}"


def _theory(core: Core) -> str:
    awards = [each.award for each in core.training if each.subject.startswith("Lý luận chính trị")]
    return awards[-1] if awards else "Sơ cấp"


def _where(core: Core, rng: Random) -> str:
    return f"{core.home_place.split(',')[0]}, tỉnh Lam Giang; {rng.choice(_JOBS)}"


def _family(core: Core, rng: Random) -> tuple[Relative, ...]:
    """Parents, spouse, two children and a brother, with ages that fit and the father's surname."""
    surname, year = core.name.split()[0], core.born.year
    men, women = iter(rng.sample(_MALE, len(_MALE))), iter(rng.sample(_FEMALE, len(_FEMALE)))
    partner_surname = rng.choice(_SURNAMES)
    woman = core.sex == "Nữ"
    partner = next(men) if woman else next(women)
    child_surname = partner_surname if woman else surname
    lines = [
        ("Bố đẻ", f"{surname} {next(men)}", year - rng.randint(24, 32), _where(core, rng)),
        ("Mẹ đẻ", f"{rng.choice(_SURNAMES)} {next(women)}", year - rng.randint(20, 23), _where(core, rng)),
        (
            "Chồng" if woman else "Vợ",
            f"{partner_surname} {partner}",
            year + rng.randint(-2, 3),
            _where(core, rng),
        ),
    ]
    for gap, given in ((26, next(men)), (30, next(women))):
        born = year + gap + rng.randint(0, 2)
        busy = "học sinh" if born > 2008 else "sinh viên" if born > 2003 else "kỹ sư"
        lines.append(("Con", f"{child_surname} {given}", born, f"Phường Đức Lẫm, tỉnh Lam Giang; {busy}"))
    lines.append(("Em ruột", f"{surname} {next(men)}", year + rng.randint(3, 6), _where(core, rng)))
    return tuple(Relative(*line) for line in lines)


def _in_laws(core: Core, family: tuple[Relative, ...], rng: Random) -> tuple[Relative, ...]:
    """The spouse's parents; the father-in-law shares the spouse's surname."""
    spouse = family[2]
    side, surname = spouse.relation.lower(), spouse.name.split()[0]
    father = f"{surname} {rng.choice(_OLD_MALE)}"
    mother = f"{rng.choice(_SURNAMES)} {rng.choice(_OLD_FEMALE)}"
    return (
        Relative(f"Bố {side}", father, spouse.year - rng.randint(25, 33), _where(core, rng)),
        Relative(f"Mẹ {side}", mother, spouse.year - rng.randint(20, 24), _where(core, rng)),
    )
