"""Identity numbers: the 12-digit personal number and the 9-digit card it replaced.

Structure PPP G YY NNNNNN after Circular 59/2021/TT-BCA: place of birth registration, century and sex, last
two digits of the birth year, six random digits.
"""

import re
from typing import Literal

Sex = Literal["male", "female"]

_NOT_DIGIT = re.compile(r"[\s.\-]")


def digits_only(raw: str) -> str:
    """Return the number without blanks, dots and hyphens; other characters stay, so that they are seen."""
    return _NOT_DIGIT.sub("", raw)


def is_citizen_id(raw: str) -> bool:
    """Return whether this has the shape of a 12-digit personal number (the random part is not checkable)."""
    number = digits_only(raw)
    return len(number) == 12 and _is_ascii_digits(number) and number[:3] != "000"


def is_old_id(raw: str) -> bool:
    """Return whether this has the shape of a 9-digit identity card number."""
    number = digits_only(raw)
    return len(number) == 9 and _is_ascii_digits(number)


def sex_of(citizen_id: str) -> Sex | None:
    """Return the sex a 12-digit number states, None if it is no such number. Warn with it, never block."""
    if not is_citizen_id(citizen_id):
        return None
    return "female" if int(digits_only(citizen_id)[3]) % 2 else "male"


def birth_year_of(citizen_id: str) -> int | None:
    """Return the birth year (1900 to 2399) a 12-digit number states, None if it is no such number."""
    if not is_citizen_id(citizen_id):
        return None
    number = digits_only(citizen_id)
    return 1900 + 100 * (int(number[3]) // 2) + int(number[4:6])


def _is_ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
