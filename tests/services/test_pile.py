"""Paper files of a batch: counted, scanned, explained, closed – and a batch that is not ready stays open."""

from __future__ import annotations

import databases
import pytest
from factories import World

from oms.domain.access import Action, Role, visibility
from oms.errors import InvalidInput, Refused
from oms.services import desk, intake, pile, pile_pages
from oms.store import papers
from oms.store.desk_tables import Check
from oms.store.tables import Document, Page, Scan


def new_batch(world: World, expected: int | None = None, title: str = "Đợt thử") -> str:
    """A batch of the title that the world's papers come in."""
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        new = intake.NewBatch(world.units["D-BTC"], title, expected)
        return intake.create_batch(uow, clerk, new, world.clock()).id


def add(world: World, batch: str, label: str = "Tập 1", expected: int | None = None, dossier: str = "") -> str:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        return pile.add(uow, clerk, batch, pile.Counted(label, expected, dossier), world.clock()).id


def counts(world: World, batch: str) -> tuple[pile.PileView, list[str]]:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        _summary, found, left = pile.look(uow, clerk, batch, world.clock())
    return found, left


def close(world: World, batch: str) -> list[str]:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        return pile.close(uow, clerk, batch, False, world.clock())


def decide(world: World, *documents: str) -> None:
    """Takes papers off the desk without filing them."""
    with world.work() as uow:
        for document_id in documents:
            uow.session.get_one(Document, document_id).state = "discarded"


def pages_of(world: World, document: str) -> list[Page]:
    with world.work() as uow:
        return papers.pages_of_document(uow.session, document)


def give(world: World, scan: str, numbers: list[int], file: str) -> dict[str, list[int]]:
    clerk = world.who("clerk")
    with world.work(clerk) as uow:
        return pile_pages.assign(uow, clerk, scan, numbers, file, world.clock())


def test_pages_are_counted_by_paper_file_and_kind(world: World) -> None:
    batch = new_batch(world)
    one, two = add(world, batch, "Quyển 1", 3), add(world, batch, "Quyển 2", 2)
    first = world.paper(pages=6)
    scan = pages_of(world, first)[0].scan_id
    give(world, scan, [1, 2, 3, 4, 5], one)
    give(world, scan, [6], two)
    with world.work() as uow:
        pages = papers.pages_of_scan(uow.session, scan)
        pages[1].blank = True
        pages[2].duplicate_of = pages[0].id
        pages[3].kind = "separator"
        pages[4].state = "failed"
    found, _left = counts(world, batch)
    tally = found.files[0].tally
    assert (tally.content, tally.failed, tally.blank, tally.repeated, tally.sheets, tally.all) == (2, 1, 1, 1, 1, 5)
    assert [(each.file.label, each.gap) for each in found.files] == [("Quyển 1", -1), ("Quyển 2", -1)]
    assert (found.loose.all, found.total.all, found.expected) == (0, 6, 5)
    assert found.operator == "Người thử clerk"


def test_a_difference_keeps_the_batch_open_until_somebody_explains_it(world: World) -> None:
    batch = new_batch(world)
    file = add(world, batch, "Quyển 1", 5)
    paper = world.paper(pages=3)
    give(world, pages_of(world, paper)[0].scan_id, [1, 2, 3], file)
    decide(world, paper)
    assert close(world, batch) == ["Tập 1 “Quyển 1”: thiếu 2 trang, chưa giải thích."]
    officer = world.who("officer")
    with world.work(officer) as uow:
        pile.explain(uow, officer, file, "  Hai trang rách nát,   không quét được ", world.clock())
    found, left = counts(world, batch)
    assert left == []
    row = found.files[0]
    assert (row.explained, row.explained_by) == (True, "Người thử officer")
    assert row.file.explanation == "Hai trang rách nát, không quét được"
    assert close(world, batch) == []
    assert [entry for entry in world.journal() if entry[0] == "batch:count"][-1] == ("batch:count", "done", file)


def test_an_explanation_stands_for_the_difference_it_was_written_for(world: World) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    file = add(world, batch, "Quyển 1", 5)
    paper = world.paper(pages=4)
    scan = pages_of(world, paper)[0].scan_id
    give(world, scan, [1, 2, 3, 4], file)
    decide(world, paper)
    with world.work(clerk) as uow:
        pile.explain(uow, clerk, file, "một trang rách", world.clock())
    assert counts(world, batch)[1] == []
    give(world, scan, [4], "")
    assert counts(world, batch)[1] == [
        "Còn 1 trang chưa thuộc tập giấy nào.",
        "Tập 1 “Quyển 1”: thiếu 2 trang, chưa giải thích.",
    ]


@pytest.mark.parametrize("words", ["", "    ", "-", "x" * 1001])
def test_an_explanation_is_words(world: World, words: str) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    file = add(world, batch, "Quyển 1", 5)
    with pytest.raises(InvalidInput, match="explanation"), world.work(clerk) as uow:
        pile.explain(uow, clerk, file, words, world.clock())


def test_a_batch_without_paper_files_is_reconciled_as_a_whole(world: World) -> None:
    batch, clerk = new_batch(world, expected=4), world.who("clerk")
    paper = world.paper(pages=3)
    decide(world, paper)
    assert close(world, batch) == ["Cả đợt: thiếu 1 trang, chưa giải thích."]
    with world.work(clerk) as uow:
        pile.explain_whole(uow, clerk, batch, "một tờ dính nhau", world.clock())
    with world.work(clerk) as uow:  # said better: the same row
        pile.explain_whole(uow, clerk, batch, "hai tờ dính nhau ở cuối", world.clock())
    found, left = counts(world, batch)
    assert left == []
    assert found.whole is not None
    assert found.whole.file.explanation == "hai tờ dính nhau ở cuối"
    assert close(world, batch) == []


def test_a_batch_nobody_counted_closes_without_words(world: World) -> None:
    batch = new_batch(world)
    decide(world, world.paper(pages=2))
    assert close(world, batch) == []


def test_everything_left_to_do_is_listed(world: World) -> None:
    batch = new_batch(world)
    add(world, batch, "Chưa đếm")
    world.paper(pages=2)
    hidden = world.paper(secrecy=2)
    looked, clerk_id = world.paper(), world.who("clerk").account_id
    looked_scan = pages_of(world, looked)[0].scan_id
    everything = visibility(world.who("officer"), Action.BATCH_LIST)
    with world.work() as uow:
        scan = uow.session.get_one(Scan, looked_scan)
        papers.pages_of_scan(uow.session, scan.id)[0].state = "waiting"
        scan.state = "reading"
        bad = Scan(batch_id=batch, sha256="0" * 64, original_name="x", size=1, state="rejected",
                   received_by=clerk_id, received_at=world.clock())  # fmt: skip
        uow.session.add(bad)
        check = Check(document_id=looked, batch_id=batch, stage=1, state="waiting",
                      operator_id=clerk_id, drawn_at=world.clock())  # fmt: skip
        uow.session.add(check)
    left = close(world, batch)
    assert left == [
        "Còn 1 trang hoặc tệp máy chưa đọc xong.",
        "Còn 2 tài liệu chưa duyệt.",
        "Còn tài liệu chờ người có thẩm quyền khác duyệt.",
        "Còn 1 tài liệu chờ người thứ hai kiểm tra.",
        "Còn 1 tệp không nhận được, chưa ghi là đã xử lý.",
        "Còn 4 trang chưa thuộc tập giấy nào.",
        "Tập 1 “Chưa đếm”: chưa ghi số trang đếm tay.",
    ]
    assert hidden not in "".join(left)
    with world.work() as uow:
        assert papers.list_batches(uow.session, everything, 9, 0)[0][0][0].closed_at is None


def test_a_closed_batch_takes_neither_files_nor_counts(world: World) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    file = add(world, batch, "Quyển 1", 2)
    paper = world.paper(pages=2)
    page = pages_of(world, paper)[0]
    give(world, page.scan_id, [1, 2], file)
    decide(world, paper)
    assert close(world, batch) == []
    assert close(world, batch) == []  # a second time changes nothing
    acts = [
        lambda uow: pile.add(uow, clerk, batch, pile.Counted("Nữa"), world.clock()),
        lambda uow: pile.change(uow, clerk, file, pile.Counted("Khác"), world.clock()),
        lambda uow: pile.remove(uow, clerk, file, world.clock()),
        lambda uow: pile.explain(uow, clerk, file, "muộn rồi", world.clock()),
        lambda uow: pile_pages.assign(uow, clerk, page.scan_id, [1], "", world.clock()),
        lambda uow: pile_pages.mark(uow, clerk, page.id, "blank", world.clock()),
        lambda uow: intake.require_open(uow, clerk, batch),
    ]
    for act in acts:
        with pytest.raises(InvalidInput), world.work(clerk) as uow:
            act(uow)


def test_a_paper_file_is_taken_out_only_while_it_is_empty(world: World) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    file = add(world, batch)
    scan = pages_of(world, world.paper())[0].scan_id
    before = give(world, scan, [1], file)
    with pytest.raises(InvalidInput, match="file"), world.work(clerk) as uow:
        pile.remove(uow, clerk, file, world.clock())
    with world.work(clerk) as uow:
        pile_pages.put_back(uow, clerk, scan, before, world.clock())
    with world.work(clerk) as uow:
        assert pile.remove(uow, clerk, file, world.clock()) == batch
    assert counts(world, batch)[0].files == ()


@pytest.mark.parametrize(
    "counted",
    [pile.Counted("  "), pile.Counted("x" * 201), pile.Counted("Tập", 0), pile.Counted("Tập", 100_001)],
)
def test_what_is_no_label_and_no_count_is_not_kept(world: World, counted: pile.Counted) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        pile.add(uow, clerk, batch, counted, world.clock())
    assert counts(world, batch)[0].files == ()


def test_only_dossiers_of_the_block_that_one_may_list_are_taken(world: World) -> None:
    own, secret = world.dossier(), world.dossier("Lò Văn Pánh", secrecy=2)
    other = world.dossier("Đỗ Thị Hường", "C-SNV", "officer.gov")
    batch = new_batch(world)
    add(world, batch, "Tập", 1, own.dossier.id)
    for row in (secret, other):
        with pytest.raises(InvalidInput, match="dossier"):
            add(world, batch, "Tập", 1, row.dossier.id)
    assert counts(world, batch)[0].files[0].dossier is not None


def test_who_does_not_see_the_batch_gets_the_answer_of_a_missing_paper_file(world: World) -> None:
    batch = new_batch(world)
    file = add(world, batch)
    for who in (world.who("clerk.gov"), world.who("leader")):
        for file_id in (file, "f" * 32):
            with pytest.raises(Refused), world.work(who) as uow:
                pile.change(uow, who, file_id, pile.Counted("x"), world.clock())
            assert world.journal()[-1] == ("batch:count", "refused", file_id)


def test_the_journal_holds_ids_and_numbers_and_no_label(world: World) -> None:
    batch = new_batch(world)
    add(world, batch, "Hồ sơ Tô Thị Hiếu", 9)
    from oms.store import journal

    with world.work() as uow:
        entry = [entry for entry, _leaf in journal.rows(uow.session)][-1]
    assert entry.verb == "batch:count"
    assert "Hiếu" not in entry.detail + entry.object_label
    assert '"expected":9' in entry.detail


def test_the_operator_is_somebody_who_may_scan_there(world: World) -> None:
    clerk = world.who("clerk")
    world.account("clerk.xa", Role.SCANNING_CLERK, "D-XA", "D-XA")
    unit = world.units["D-BTC"]
    second = world.who("clerk2").account_id
    with world.work(clerk) as uow:
        new = intake.NewBatch(unit, "Đợt", operator_id=second)
        assert intake.create_batch(uow, clerk, new, world.clock()).operator_id == second
    for name in ("clerk.gov", "clerk.xa", "leader", "admin"):
        new = intake.NewBatch(unit, "Đợt", operator_id=world.who(name).account_id)
        with pytest.raises(InvalidInput, match="operator_id"), world.work(clerk) as uow:
            intake.create_batch(uow, clerk, new, world.clock())


def test_pages_are_named_by_number_and_range() -> None:
    assert pile_pages.numbers_of("", 3) == [1, 2, 3]
    assert pile_pages.numbers_of(" 1-2; 5 , 4–5", 6) == [1, 2, 4, 5]
    for wrong in ("0", "7", "3-1", "a", "1-", "1,,2", "-1", "99999999999999999999"):
        with pytest.raises(InvalidInput, match="pages"):
            pile_pages.numbers_of(wrong, 6)


def test_giving_pages_is_taken_back_to_where_each_was(world: World) -> None:
    batch, clerk = new_batch(world), world.who("clerk")
    one, two = add(world, batch, "Một"), add(world, batch, "Hai")
    scan = pages_of(world, world.paper(pages=4))[0].scan_id
    give(world, scan, [1, 2], one)
    before = give(world, scan, [1, 2, 3, 4], two)
    assert before == {one: [1, 2], "": [3, 4]}
    with world.work(clerk) as uow:
        pile_pages.put_back(uow, clerk, scan, before, world.clock())
    with world.work() as uow:
        assert [page.paper_file_id for page in papers.pages_of_scan(uow.session, scan)] == [one, one, None, None]
    with pytest.raises(InvalidInput, match="paper_file_id"):
        give(world, scan, [1], add(world, new_batch(world, title="Đợt khác")))


@pytest.mark.parametrize("mark", ["blank", "repeated", "separator"])
def test_a_mark_and_its_undo(world: World, mark: str) -> None:
    new_batch(world)
    clerk, paper = world.who("clerk"), world.paper(pages=3)
    page = pages_of(world, paper)[1]
    with world.work(clerk) as uow:
        done = pile_pages.mark(uow, clerk, page.id, mark, world.clock())
    assert (done.scan_id, done.was, done.undo_id) == (page.scan_id, "content", paper)
    with world.work() as uow:
        assert pile_pages.mark_of(uow.session.get_one(Page, page.id)) == mark
    assert len(pages_of(world, paper)) == (2 if mark == "separator" else 3)
    assert ("page:mark", "done") in [entry[:2] for entry in world.journal()]
    with world.work(clerk) as uow:
        desk.undo(uow, clerk, paper, world.clock())
    assert [(each.id == page.id, each.position) for each in pages_of(world, paper)] == [
        (False, 1),
        (True, 2),
        (False, 3),
    ]
    with world.work() as uow:
        assert pile_pages.mark_of(uow.session.get_one(Page, page.id)) == "content"


def test_a_page_taken_for_a_sheet_comes_back_as_a_paper(world: World) -> None:
    new_batch(world)
    clerk, paper = world.who("clerk"), world.paper(pages=2)
    page = pages_of(world, paper)[0]
    with world.work() as uow:
        row = uow.session.get_one(Page, page.id)
        row.kind, row.document_id, row.position = "separator", None, None
    with world.work(clerk) as uow:
        done = pile_pages.mark(uow, clerk, page.id, "content", world.clock())
    assert (done.was, done.undo_id) == ("separator", "")
    with world.work(clerk) as uow:
        made = uow.session.get_one(Page, page.id).document_id
        assert made is not None
        view = desk.open_document(uow, clerk, made, world.clock())
        assert "phiếu ngăn" in view.document.note
        pile_pages.mark(uow, clerk, page.id, "separator", world.clock())
    with world.work() as uow:
        assert uow.session.get_one(Document, made).state == "discarded"
        assert uow.session.get_one(Page, page.id).kind == "separator"


def test_no_mark_for_a_page_that_is_filed_hidden_or_still_to_be_read(world: World) -> None:
    new_batch(world)
    clerk = world.who("clerk")
    filed = pages_of(world, world.filed(world.dossier()))[0]
    secret = pages_of(world, world.paper(secrecy=2))[0]
    unread = pages_of(world, world.paper())[0]
    with world.work() as uow:
        uow.session.get_one(Page, unread.id).state = "waiting"
    for page in (filed, secret, unread):
        # on PostgreSQL a page of a hidden paper is there for nobody who does not see the paper
        told = Refused if databases.ON_SERVER and page is secret else InvalidInput
        for mark in ("blank", "separator", "nothing of the kind"):
            with pytest.raises(told), world.work(clerk) as uow:
                pile_pages.mark(uow, clerk, page.id, mark, world.clock())


def order(world: World, scan: str) -> list[tuple[int, str]]:
    """The papers on the desk that hold pages of a scan: page numbers in reading order, with the scan's last letters."""
    with world.work() as uow:
        found = []
        for document_id in dict.fromkeys(p.document_id for p in papers.pages_of_scan(uow.session, scan)):
            found += [(p.number, p.scan_id) for p in papers.pages_of_document(uow.session, str(document_id))]
    return found


def test_one_file_of_fronts_then_backs_is_put_together_and_taken_back(world: World) -> None:
    new_batch(world)
    clerk, paper = world.who("clerk"), world.paper(pages=6)
    scan = pages_of(world, paper)[0].scan_id
    with world.work(clerk) as uow:
        preview = pile_pages.order_of(uow, clerk, scan, "", True)
        assert [page.number for _scan, page in preview] == [1, 6, 2, 5, 3, 4]
        assert pile_pages.collate(uow, clerk, scan, "", True, world.clock()) == 1
    assert [number for number, _scan in order(world, scan)] == [1, 6, 2, 5, 3, 4]
    with pytest.raises(InvalidInput), world.work(clerk) as uow:
        pile_pages.collate(uow, clerk, scan, "", True, world.clock())
    with world.work(clerk) as uow:
        pile_pages.uncollate(uow, clerk, scan, world.clock())
    assert [number for number, _scan in order(world, scan)] == [1, 2, 3, 4, 5, 6]
    with world.work() as uow:  # the file itself never changed
        assert [page.number for page in papers.pages_of_scan(uow.session, scan)] == [1, 2, 3, 4, 5, 6]
        assert uow.session.get_one(Document, paper).state == "discarded"
    assert [entry[0] for entry in world.journal()].count("page:move") == 2


def test_two_files_are_put_together_and_taken_back(world: World) -> None:
    new_batch(world)
    clerk = world.who("clerk")
    fronts, backs = (pages_of(world, world.paper(pages=3))[0].scan_id for _ in range(2))
    with world.work(clerk) as uow:
        pile_pages.collate(uow, clerk, fronts, backs, False, world.clock())
    assert order(world, fronts) == [(n, scan) for n in (1, 2, 3) for scan in (fronts, backs)]
    with world.work(clerk) as uow:
        pile_pages.uncollate(uow, clerk, backs, world.clock())
    assert order(world, fronts) == [(n, fronts) for n in (1, 2, 3)]
    assert order(world, backs) == [(n, backs) for n in (1, 2, 3)]


def test_stacks_that_do_not_match_are_not_put_together(world: World) -> None:
    new_batch(world)
    clerk = world.who("clerk")
    three, two = (pages_of(world, world.paper(pages=n))[0].scan_id for n in (3, 2))
    gov = pages_of(world, world.paper(unit="C-SNV", pages=3))[0].scan_id
    for other in ("", two, three):
        with pytest.raises(InvalidInput), world.work(clerk) as uow:
            pile_pages.collate(uow, clerk, three, other, True, world.clock())
    with pytest.raises(Refused), world.work(clerk) as uow:
        pile_pages.collate(uow, clerk, three, gov, True, world.clock())


def test_papers_that_a_person_worked_on_are_not_taken_apart(world: World) -> None:
    new_batch(world)
    clerk = world.who("clerk")
    touched, secret = world.paper(pages=2), world.paper(pages=2, secrecy=2)
    with world.work(clerk) as uow:
        desk.save(uow, clerk, touched, 1, desk.Edit("quyet_dinh", "Tên"), world.clock())
    for paper in (touched, secret):
        scan = pages_of(world, paper)[0].scan_id
        with pytest.raises(InvalidInput, match="order"), world.work(clerk) as uow:
            pile_pages.collate(uow, clerk, scan, "", True, world.clock())
        assert len(pages_of(world, paper)) == 2
