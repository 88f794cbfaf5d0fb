"""What changes in the records counts at the next search: levels, units, names, words, and what is gone."""

from __future__ import annotations

from pathlib import Path

from factories import World, reading_of
from sqlalchemy import select, text
from whoosh.index import open_dir

from oms.domain.access import Role
from oms.services import finding, health, indexing
from oms.services.finding import Asked, Found
from oms.store import destruction, keeping, papers, search_feed
from oms.store.custody_tables import Disposal
from oms.store.tables import Cadre, Dossier, Page, Unit, WordCorrection

TEXT = "QUYẾT ĐỊNH\nvề biệt phái công tác"


def search(world: World, who: str = "leader", words: str = "biệt phái", **more: object) -> Found:
    return finding.search(world.house, world.who(who), Asked(words, **more), world.clock())  # type: ignore[arg-type]


def ids(found: Found) -> set[str]:
    return {paper.document.id for person in found.people for paper in person.papers}


def terms(directory: Path) -> set[str]:
    """Every term that stands in the files of an index."""
    reader = open_dir(str(directory)).reader()
    try:
        return {term.decode(errors="replace") for _field, term in reader.all_terms()}
    finally:
        reader.close()


def sql(world: World, statement: str, **values: object) -> None:
    with world.work() as uow:
        uow.session.execute(text(statement), values)


def test_a_new_level_unit_or_type_counts_at_once_without_a_word_being_indexed(world: World) -> None:
    """Nothing is indexed between the changes and the questions: the index holds words alone."""
    stays, goes = world.filed(world.dossier(), TEXT), world.filed(world.dossier(), TEXT)
    world.index()
    assert ids(search(world, "leader.low")) == {stays, goes}
    sql(world, "UPDATE documents SET secrecy = 1 WHERE id = :it", it=goes)
    found = search(world, "leader.low")
    assert (ids(found), found.answer.count) == ({stays}, 1)
    assert found.facets["secrecy"] == {"0": 1} and found.facets["block"] == {"party": 1}
    assert ids(search(world, "leader")) == {stays, goes}
    sql(world, "UPDATE documents SET compartment = 'bvctnb' WHERE id = :it", it=stays)
    assert (ids(search(world, "leader.low")), ids(search(world, "officer2"))) == (set(), {goes})
    sql(world, "UPDATE documents SET unit_id = :unit WHERE id = :it", it=goes, unit=world.units["C-SNV"])
    with world.work() as uow:
        government = uow.session.get_one(Unit, world.units["C"]).path
    assert ids(search(world, "leader", unit_path=government)) == {goes}
    sql(world, "UPDATE documents SET type_code = 'ly_lich', issued_on = '1999-05' WHERE id = :it", it=goes)
    assert ids(search(world, "leader", type_code="ly_lich", year_from=1999, year_to=1999)) == {goes}


def test_a_dossier_that_moves_takes_its_papers_to_the_readers_of_its_new_unit(world: World) -> None:
    row = world.dossier()
    paper = world.filed(row, TEXT)
    world.index()
    assert (ids(search(world, "leader.xa")), ids(search(world, "officer2"))) == (set(), {paper})
    with world.work() as uow:
        keeping.move_dossier(uow.session, uow.session.get_one(Dossier, row.dossier.id), world.units["D-XA"], "XA-7")
    assert ids(search(world, "leader.xa")) == {paper}
    assert ids(search(world, "leader.xa", "XA-7")) == set(), "its new number is a word: the indexer brings it"
    world.index()
    assert ids(search(world, "leader.xa", "XA-7")) == {paper}


def test_a_unit_that_stands_elsewhere_in_the_tree_takes_everything_along(world: World) -> None:
    paper = world.filed(world.dossier(unit="D-XA"), TEXT)
    world.index()
    assert ids(search(world, "officer")) == {paper}
    with world.work() as uow:
        government, own = (uow.session.get_one(Unit, world.units[code]) for code in ("C", "D-XA"))
        own.path = place = f"{government.path}/{own.id}"
    assert ids(search(world, "officer")) == set(), "officer's scope is the Party's tree"
    assert ids(search(world, "leader", unit_path=place)) == {paper}


def test_a_dossier_changed_past_the_services_hides_its_papers_and_its_names(world: World) -> None:
    """Level, compartment and unit of the dossier count by themselves, whatever its papers still say."""
    level, area, unit = (world.dossier(name) for name in ("Nguyễn Văn Ổn", "Nguyễn Văn Ơn", "Nguyễn Văn Ớt"))
    for row in (level, area, unit):
        world.filed(row, TEXT)
    world.index()

    def told(who: str) -> tuple[int, set[str]]:
        names = finding.complete(world.house, world.who(who), "nguyen van o", world.clock())
        return search(world, who).answer.count, {found.name.split()[-1] for found in names}

    assert told("leader.low") == told("leader") == (3, {"Ổn", "Ơn", "Ớt"})
    sql(world, "UPDATE dossiers SET secrecy = 1 WHERE id = :it", it=level.dossier.id)
    assert told("leader.low") == (2, {"Ơn", "Ớt"})
    assert told("leader") == (3, {"Ổn", "Ơn", "Ớt"})
    sql(world, "UPDATE dossiers SET compartment = 'bvctnb' WHERE id = :it", it=area.dossier.id)
    assert told("leader.low") == (1, {"Ớt"})
    assert "Ớt" in told("officer2")[1]
    sql(world, "UPDATE dossiers SET unit_id = :unit WHERE id = :it", it=unit.dossier.id, unit=world.units["C-SNV"])
    assert "Ớt" not in told("officer2")[1], "officer2's scope is the Party's tree"


def test_a_database_put_back_under_a_running_program_counts_at_once(world: World) -> None:
    """It comes to the same number in the feed again by another way; what was read before counts no more."""
    stays, goes = world.filed(world.dossier(), TEXT), world.filed(world.dossier(), TEXT)
    world.index()
    assert ids(search(world, type_code="ly_lich")) == set()
    with world.work() as uow:
        before = {row.id: row.type_code for row in uow.session.execute(text("SELECT id, type_code FROM documents"))}
        feed = [dict(row) for row in uow.session.execute(text("SELECT * FROM search_feed")).mappings()]
    sql(world, "UPDATE documents SET type_code = 'ly_lich' WHERE id = :it", it=goes)
    assert ids(search(world, type_code="ly_lich")) == {goes}
    at = world.house.source.newest()
    with world.work() as uow:  # what was there before comes back, and another change after it
        for id_, type_code in before.items():
            again = {"now": type_code, "it": id_}
            uow.session.execute(text("UPDATE documents SET type_code = :now WHERE id = :it"), again)
        uow.session.execute(text("DELETE FROM search_feed"))
        for row in feed:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            uow.session.execute(text(f"INSERT INTO search_feed ({names}) VALUES ({values})"), row)  # noqa: S608
        other = {"at": at, "it": stays}
        uow.session.execute(
            text("INSERT INTO search_feed (number, what, object_id, words) VALUES (:at, 'document', :it, false)"), other
        )
    assert world.house.source.newest() == at
    assert ids(search(world, type_code="ly_lich")) == set()


def test_a_changed_name_is_found_and_the_old_one_is_not(world: World) -> None:
    row = world.dossier("Nguyễn Văn Cũ")
    paper = world.filed(row, TEXT)
    world.index()
    assert ids(search(world, words="nguyen van cu")) == {paper}
    with world.work() as uow:
        cadre = uow.session.get_one(Cadre, row.dossier.cadre_id)
        cadre.full_name, cadre.folded_name, cadre.other_names = "Phạm Thị Mới", "pham thi moi", "Út Mười; Sáu Dân"
    world.index()
    assert ids(search(world, words="nguyen van cu")) == set()
    for name in ("phạm thị mới", "ut muoi", "Sáu Dân"):
        assert ids(search(world, words=name)) == {paper}, name


def test_a_corrected_word_and_a_page_read_again_are_found_as_they_are_now(world: World) -> None:
    paper = world.filed(world.dossier(), "QUYẾT ĐỊNH\nvề biệt phái công tác\ncán bộ")  # its title is the last line
    world.index()
    clerk = world.who("clerk").account_id
    assert ids(search(world, words='"biệt phái"')) == {paper}
    with world.work() as uow:
        page = uow.session.scalars(select(Page).where(Page.document_id == paper)).one()
        words = papers.readings(uow.session, [page.id])[page.id]["words"]
        number = [word["text"] for word in words].index("biệt")
        fix = WordCorrection(page_id=page.id, reading=1, word=number, text="hợp", by=clerk, at=world.clock())
        uow.session.add(fix)
    world.index()
    assert (ids(search(world, words='"biệt phái"')), ids(search(world, words='"hợp phái"'))) == (set(), {paper})
    with world.work() as uow:
        page = uow.session.scalars(select(Page).where(Page.document_id == paper)).one()
        again = reading_of("THÔNG BÁO\nvề luân chuyển").to_json()
        papers.keep_reading(uow.session, page, "again", again, world.clock())
    world.index()
    assert (ids(search(world, words="luân chuyển")), ids(search(world, words='"hợp phái"'))) == ({paper}, set())


def test_what_is_disposed_of_is_gone_at_once_and_so_are_its_kept_words(world: World) -> None:
    row, other = world.dossier(), world.filed(world.dossier(), TEXT)
    paper = world.filed(row, TEXT + "\nhiếm gặp")
    world.index()
    assert ids(search(world, words="biet phai OR hiem")) == {paper, other}
    asked = {"asked_by": world.who("officer").account_id, "asked_at": world.clock()}
    with world.work() as uow:
        disposal = Disposal(dossier_id=row.dossier.id, state="asked", reason="hết hạn", legal_basis="luật", **asked)
        uow.session.add(disposal)
        uow.session.flush()
        destruction.remove_content(uow.session, disposal, uow.session.get_one(Dossier, row.dossier.id))
    found = search(world)
    assert (ids(found), found.answer.count) == ({other}, 1)
    with world.work() as uow:
        assert search_feed.texts_kept(uow.session) == {other}
    world.index()
    assert world.house.engine.ids() == {other}
    words = world.house.index.words(world.house.index.live())
    assert any("hiem" in term for term in terms(words)), "taken out is not yet rubbed out"
    indexing.tidy(world.house)
    assert not any("hiem" in term for term in terms(words))
    assert health.check(world.house) == []


def test_a_paper_is_found_counted_and_named_to_who_may_see_its_dossier_too(world: World) -> None:
    """A dossier that comes into a restricted area keeps papers of another area: who holds that alone sees neither."""
    row = world.dossier("Lương Thị Ẩn", by="officer")
    world.account("inspector", Role.LEADER, "D", "D", compartments=("kiem_tra",))
    world.account("keeper", Role.LEADER, "D", "D", clearance=1, compartments=("bvctnb", "kiem_tra"))
    rows = [world.dossier("Vi Văn Mở") for _n in range(3)]
    others = {other.dossier.id: world.filed(other, TEXT) for other in rows}
    paper = world.filed(row, TEXT)
    sql(world, "UPDATE documents SET compartment = 'kiem_tra' WHERE id = :it", it=paper)
    world.index()

    def seen(who: str) -> tuple[int, int, dict[str, int], set[str]]:
        found = search(world, who, top=1, sort="name")  # the paper is not on the first page
        names = finding.complete(world.house, world.who(who), "l", world.clock())
        return found.answer.count, found.answer.persons, found.facets["unit"], {each.name for each in names}

    count, persons, _units, names = seen("inspector")
    assert (count, persons, names) == (4, 4, {"Lương Thị Ẩn"})
    sql(world, "UPDATE dossiers SET compartment = 'bvctnb' WHERE id = :it", it=row.dossier.id)
    count, persons, units, names = seen("inspector")
    assert (count, persons, sum(units.values()), names) == (3, 3, 3, set())
    assert seen("keeper")[0] == 4 and paper in ids(search(world, "keeper"))
    assert ids(search(world, "inspector")) == {*others.values()}
    sql(world, "UPDATE dossiers SET secrecy = 1 WHERE id = :it", it=next(iter(others)))
    assert seen("inspector")[0] == 2 and seen("keeper")[0] == 4
