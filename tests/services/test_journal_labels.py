"""What a reviewer reads of an act: which file and sheets, which place in a dossier; never a person's name."""

from __future__ import annotations

from factories import World, page_image

from oms.services import desk, intake
from oms.store import journal, papers

EDIT = desk.Edit("quyet_dinh", "Quyết định bổ nhiệm Nguyễn Văn Thử")


def labels(world: World) -> dict[str, str]:
    """The last label under each verb."""
    with world.work() as uow:
        return {entry.verb: entry.object_label for entry, _leaf in journal.rows(uow.session)}


def test_acts_at_the_desk_name_the_file_and_its_sheets(world: World) -> None:
    clerk, paper = world.who("clerk"), world.paper(pages=3)
    with world.work(clerk) as uow:
        view = desk.open_document(uow, clerk, paper, world.clock())
        second = view.pages[1].page.id
        desk.page_image(uow, clerk, second, world.clock())
        desk.correct_word(uow, clerk, second, 0, "sửa", world.clock())
        desk.save(uow, clerk, paper, 1, EDIT, world.clock())
        desk.undo(uow, clerk, paper, world.clock())
        rest = desk.split(uow, clerk, paper, 3, 2, world.clock())
    file = f"tệp {view.scan.id[:8]}"
    told = labels(world)
    assert (told["desk:open"], told["document:save"], told["document:undo"]) == (f"{file} · tr. 1–3",) * 3
    assert (told["desk:page"], told["word:correct"]) == (f"{file} · tr. 2",) * 2
    assert told["document:split"] == f"{file} · tr. 1"
    with world.work(clerk) as uow:
        desk.join_previous(uow, clerk, rest.id, 1, world.clock())
    assert labels(world)["document:join"] == f"{file} · tr. 1–3"


def test_a_filing_names_the_dossier_and_the_place_in_its_contents(world: World) -> None:
    clerk, row, paper = world.who("clerk"), world.dossier(secrecy=1), world.paper()
    with world.work(clerk) as uow:
        desk.file(uow, clerk, paper, 1, row.dossier.id, EDIT, world.clock())
    assert labels(world)["document:file"] == f"{row.dossier.number}/M-1"
    assert not any("Nguyễn" in label for label in labels(world).values())


def test_received_refused_and_repeated_files_are_named_by_their_id_not_their_name(world: World) -> None:
    clerk, source = world.who("clerk"), world.house.settings.home / "Nguyễn Văn Thử.pdf"
    with world.work(clerk) as uow:
        unit = world.units["D-BTC"]
        batch = intake.create_batch(uow, clerk, intake.NewBatch(unit, "Đợt 1"), world.clock()).id
    source.write_bytes(b"khong phai tep")
    bad = intake.take_in(world.house.vault, source)
    with world.work(clerk) as uow:
        scan = intake.receive(uow, clerk, batch, bad, source.name, world.clock()).scan_id
    assert labels(world)["scan:reject"] == f"tệp {scan[:8]}"
    source.write_bytes(page_image())
    good = intake.take_in(world.house.vault, source)
    for verb in ("scan:receive", "scan:repeat"):
        with world.work(clerk) as uow:
            taken = intake.receive(uow, clerk, batch, good, source.name, world.clock()).scan_id
        assert labels(world)[verb] == f"tệp {taken[:8]}"
    with world.work() as uow:
        kept = papers.scans_of(uow.session, [batch])
    assert [found.original_name for found in kept] == [source.name] * 2
