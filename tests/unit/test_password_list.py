"""The words passwords may not be made of: how many there are, and that each is refused alone."""

from __future__ import annotations

import pytest

from oms.domain import passwords

LIST = passwords._FILE.read_text(encoding="utf-8").split("[common]")[1].split("[name]")[0].split()


@pytest.mark.parametrize(("least", "beside", "how_many"), [(8, True, 3000), (15, False, 30)])
def test_leaked_passwords_that_are_long_enough_are_refused(least: int, beside: bool, how_many: int) -> None:
    """ASVS 6.2.4: three thousand that fit the rule. Few leaked ones reach fifteen characters: all that are known."""
    fit = [word for word in LIST if len(word) >= least]
    assert len(fit) >= how_many
    assert [word for word in fit if passwords.problem(word, {}, beside) != "guessable"] == []


def test_length_is_the_only_bound_and_case_counts() -> None:
    words = "Nồi đồng nấu ốc, nồi đất nấu ếch. "
    long = (words * 4)[:96] + "xe đạp tím leo dốc đá lúc ba giờ"
    assert passwords.problem(long, {}, False) == "" and len(passwords.canonical(long)) == 128
    assert passwords.problem(long + "x", {}, False) == "long"
    for alone in ("ăn vội bát phở rồi đi ngay", "zkqvj wmxpt hfrgb nlcds", "♞♜♝ 7 & 3 ~~ ⅛ ø æ þ ß ð"):
        assert passwords.problem(alone, {}, False) == "", alone
    assert passwords.canonical("Bát Phở") != passwords.canonical("bát phở")
