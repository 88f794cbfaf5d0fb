"""A separator sheet before the wrong paper is noticed: the sheet's type stays, in doubt, beside what the words say."""

from __future__ import annotations

from oms.services.sorting import Pile
from scanning import DocumentType

DECISION = DocumentType("quyet_dinh", "bo_nhiem", "Quyết định", 0.99, ())


def test_words_that_surely_say_otherwise_leave_the_sheets_type_in_doubt() -> None:
    found = Pile((), (), "phieu_dang_vien").typed(DECISION)
    assert found.code == "phieu_dang_vien"
    assert found.score < 0.5  # the desk asks for a look


def test_unsure_words_do_not_speak_against_the_sheet() -> None:
    unsure = DocumentType("bao_cao", None, "Báo cáo", 0.6, ())
    assert Pile((), (), "phieu_dang_vien").typed(unsure).score == 1.0


def test_words_that_agree_make_it_sure() -> None:
    assert Pile((), (), "quyet_dinh").typed(DECISION).score == 1.0
