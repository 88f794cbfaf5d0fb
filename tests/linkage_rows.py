"""Invented rows for the tests of linkage: a person, and the same person as another register has them."""

from random import Random

from linkage import Feature, Record, normalise

SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Vũ", "Võ", "Đặng", "Bùi")
MIDDLES = ("Văn", "Thị", "Hữu", "Thị Thu", "Minh", "Đức", "Ngọc", "")
GIVENS = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hạnh", "Khoa", "Lập", "Lý", "Mai", "Nam", "Phúc", "Sơn", "Vi")
PLACES = (
    "Xã Nhân Lý, Huyện Chi Lăng, tỉnh Lạng Sơn",
    "Phường Hà Tu, Thành phố Hạ Long, tỉnh Quảng Ninh",
    "Xã Chi Lăng, Lạng Sơn",
    "Lạng Sơn",
    "",
)


def name(rng: Random) -> str:
    """Return a full name."""
    parts = (rng.choice(SURNAMES), rng.choice(MIDDLES), rng.choice(GIVENS))
    return " ".join(part for part in parts if part)


def digits(rng: Random, count: int) -> str:
    """Return a number of so many figures that does not begin with 0."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def record(rng: Random, number: int, **more: str) -> Record:
    """Return a person with every field said."""
    day = f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1955, 2000)}"
    joined = f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1985, 2024)}"
    fields = {
        "full_name": name(rng), "sex": rng.choice(("Nam", "Nữ")), "birth_date": day,
        "birth_place": rng.choice(PLACES), "home_place": rng.choice(PLACES),
        "citizen_id": "0" + digits(rng, 11), "old_id": digits(rng, 9), "staff_code": digits(rng, 9),
        "party_card": digits(rng, 8), "father_name": name(rng), "mother_name": name(rng),
        "spouse_name": name(rng), "party_joined": joined, "work_unit": rng.choice(("Sở Nội vụ", "Sở Tài chính", "")),
    }  # fmt: skip
    return Record(f"R{number}", **(fields | more))


def damaged(rng: Random, whole: Record, number: int) -> Record:
    """Return the same person with fields missing, letters wrong, dates coarser, names swapped with an alias."""
    fields = {field: getattr(whole, field) for field in Record.__dataclass_fields__}
    for field, value in list(fields.items()):
        draw = rng.random()
        if field in ("record_id", "full_name") or not value:
            continue
        if draw < 0.25:
            fields[field] = ""
        elif draw < 0.45:
            at = rng.randrange(len(value))
            fields[field] = value[:at] + rng.choice("abehnmit0123") + value[at + 1 :]
        elif draw < 0.5 and "/" in value:
            fields[field] = value[-4:]
    if rng.random() < 0.3:
        fields["other_name"] = name(rng)
    if rng.random() < 0.1:
        fields["full_name"], fields["other_name"] = fields["other_name"] or name(rng), fields["full_name"]
    elif rng.random() < 0.4:
        value = fields["full_name"]
        at = rng.randrange(1, len(value))
        fields["full_name"] = value[:at] + value[at + 1 :]
    return Record(**(fields | {"record_id": f"S{number}"}))


def pairs(seed: int, count: int) -> tuple[list[Feature], list[Feature]]:
    """Return rows of two registers: the i-th of both are one person, damaged in the second."""
    rng = Random(seed)
    left = [record(rng, number) for number in range(count)]
    return [normalise(one) for one in left], [normalise(damaged(rng, one, at)) for at, one in enumerate(left)]
