"""The SQL of criteria against the same meaning written a second time; and whom it may answer about."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import criteria_reference as reference
from factories import World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from oms.domain.access import Action, Visibility, visibility
from oms.domain.criteria import Condition, Criteria, Group, as_json, checked, parse
from oms.domain.record_facts import NewFact, Source
from oms.services import catalogues, record
from oms.store import criteria as store
from oms.store import facts
from oms.store.criteria import Asking, Part
from oms.store.record_tables import RecordHead
from oms.store.tables import Dossier, Unit

POSTS = ("Bí thư Đảng uỷ xã", "Bí thư Tỉnh uỷ", "Trưởng phòng", "Chuyên viên")
RATINGS = ("Hoàn thành xuất sắc nhiệm vụ", "Hoàn thành tốt nhiệm vụ")
PATHS = ("1", "1/2", "1/2/3", "1/6")


def _partial(chance: random.Random, first: int, last: int) -> str:
    year, month, day = chance.randint(first, last), chance.randint(1, 12), chance.randint(1, 28)
    return chance.choice((f"{year}", f"{month:02d}/{year}", f"{day:02d}/{month:02d}/{year}", "29/02/1988"))


def _people(world: World, chance: random.Random, number: int) -> None:
    singles = {
        "ethnicity": ("Kinh", "Tày", "không rõ"),
        "highest_qualification": ("Đại học", "Thạc sĩ", "Tiến sĩ"),
        "political_theory": ("Trung cấp", "Cao cấp"),
        "position": POSTS,
        "salary_coefficient": ("2.34", "4.98"),
    }
    for count in range(number):
        unit, by = chance.choice((("D-BTC", "officer"), ("D-XA", "officer"), ("C-SNV", "officer.gov")))
        row = world.dossier(f"Người Thử {chr(65 + count)}", unit, by=by, secrecy=count % 5 == 0)
        said: list[tuple[str, dict[str, str]]] = []
        for item, values in singles.items():
            if chance.random() < 0.7:
                said.append((item, {"value": chance.choice(values)}))
        for item in ("birth_date", "party_joined_on", "left_on"):
            if chance.random() < 0.7:
                said.append((item, {"value": _partial(chance, 1985, 2024)}))
        for item in ("career", "posts", "plannings"):
            if chance.random() < 0.6:
                values = {"position": chance.choice(POSTS), "from": _partial(chance, 2005, 2016)}
                said.append((item, values | ({"to": _partial(chance, 2017, 2025)} if chance.random() < 0.5 else {})))
        for year in ("2023", "2024", "2025"):
            if chance.random() < 0.5:
                said.append(("evaluations", {"year": year, "rating": chance.choice(RATINGS)}))
        if chance.random() < 0.6:
            award = chance.choice(("Cử nhân", "Thạc sĩ"))
            said.append(("training", {"kind": "Chuyên môn", "award": award, "subject": "Luật"}))
        for item, values in said:
            world.fact(row, item, by=by, **{f"{name}_": value for name, value in values.items()})


def _years() -> st.SearchStrategy[str]:
    return st.one_of(
        st.integers(1985, 2025).map(str),
        st.dates(date(1985, 1, 1), date(2025, 12, 31)).map(lambda day: day.strftime("%d/%m/%Y")),
        st.sampled_from(("02/1988", "01/2016", "29/02/1988")),
    )


def _condition(what: str, op: str, **said: st.SearchStrategy[str]) -> st.SearchStrategy[Condition]:
    return st.fixed_dictionaries(said).map(lambda made: Condition(what, op, {k: v for k, v in made.items() if v}))


_few = st.integers(20, 41).map(str)
_posts = st.sampled_from(("bi_thu_dang_uy_xa", "truong_phong,chuyen_vien", ""))
CONDITIONS = st.one_of(
    _condition("sex", "in", codes=st.sampled_from(("nu", "nam,nu"))),
    *(_condition("age", op, value=_few) for op in ("lt", "ge")),
    _condition("age", "between", value=st.just("30"), to=st.integers(30, 45).map(str)),
    *(_condition(what, op, value=_years()) for what in ("birth_date", "party_joined") for op in ("before", "from")),
    _condition("party_age", "ge", value=st.integers(0, 35).map(str)),
    _condition("ethnicity", "not_in", codes=st.just("01")),
    *(_condition("qualification", op, code=st.sampled_from(("dai_hoc", "thac_si"))) for op in ("ge", "le", "is")),
    _condition("coefficient", "between", value=st.just("2,3"), to=st.just("3")),
    *(_condition(what, op) for what in ("planned", "working") for op in ("yes", "no")),
    _condition("unit", "under", path=st.sampled_from(PATHS)),
    _condition("post", "in", codes=st.just("truong_phong")),
    _condition(
        "held", "is", codes=_posts, level=st.sampled_from(("xa", "tinh")),
        since=st.sampled_from(("", "2018", "06/2020")), until=st.sampled_from(("", "2021", "02/2022")),
        months=st.sampled_from(("", "24", "60")),
    ),
    _condition("held", "is", codes=st.just("chuyen_vien"), until=_years(), months=st.sampled_from(("", "100"))),
    _condition("training", "is", kind=st.sampled_from(("chuyen_mon", "ly_luan")), award=st.just("thac_si")),
    _condition("ratings", "in", codes=st.just("xuat_sac"), times=st.sampled_from("12"), years=st.sampled_from("23")),
    _condition("words", "has", item=st.just("training"), text=st.sampled_from(("luật", "LUAT", "toán"))),
)  # fmt: skip


def _group(parts: st.SearchStrategy[Condition | Group]) -> st.SearchStrategy[Group]:
    made = st.lists(parts, max_size=4).map(tuple)
    return st.builds(Group, st.sampled_from(("all", "any")), made, st.booleans())


GROUPS = _group(st.one_of(CONDITIONS, _group(st.one_of(CONDITIONS, _group(CONDITIONS)))))


def test_sql_finds_whom_the_meaning_finds(world: World) -> None:
    _people(world, random.Random(11), 26)
    officer, leader = world.who("officer"), world.who("leader.low")
    with world.work() as uow:
        session, lists = uow.session, catalogues.load(uow)
        rows = session.execute(select(Dossier, Unit.path).join(Unit, Unit.id == Dossier.unit_id)).all()
        heads = {head.dossier_id: head for head in session.scalars(select(RecordHead))}
        views = [visibility(who, Action.CRITERIA_RUN) for who in (officer, leader)]
        seen: dict[Visibility, dict[str, reference.Person]] = {}
        for view in views:
            ids = [row.id for row, path in rows if store.rows_of(session, view, [row.id])]
            of = facts.in_force_of(session, view, ids)
            paths = {row.id: path for row, path in rows}
            seen[view] = {each: reference.Person(heads[each], paths[each], of[each]) for each in ids}
        assert 0 < len(seen[views[0]]) < len(rows)

        @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            GROUPS, st.sampled_from(views), st.sampled_from((date(2026, 11, 22), date(2026, 2, 28), date(2024, 2, 29)))
        )
        def agree(group: Group, view: Visibility, on: date) -> None:
            asked = checked(Criteria(group), lists)
            assert checked(parse(as_json(asked)), lists) == asked
            means = {who: reference.group(asked.root, person, on, lists) for who, person in seen[view].items()}
            for doubtful, wanted in ((False, reference.YES), (True, reference.DOUBT)):
                part = Part(100, doubtful=doubtful)
                counted, ids = store.find(session, asked, Asking(view, on, lists), part)
                assert set(ids) == {who for who, answer in means.items() if answer == wanted}
                assert (counted.doubtful if doubtful else counted.sure) == len(ids)

        agree()


def test_a_fact_above_its_dossier_answers_nobody_below_it(world: World) -> None:
    row, officer = world.dossier(), world.who("officer")
    secret = NewFact("posts", {"position": "Trưởng phòng", "from": "2015"}, Source("declaration"), secrecy=2)
    with world.work(officer) as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        record.keep(uow, [(dossier, [secret])], record.Keeping(officer.account_id, world.clock()))
    criteria = Criteria(Group("all", (Condition("held", "is", {"codes": "truong_phong"}),)))
    with world.work() as uow:
        lists = catalogues.load(uow)
        high = visibility(officer, Action.CRITERIA_RUN)
        low = replace(high, secrecy=1)
        for view, wanted in ((high, 1), (low, 0)):
            counted, _ids = store.find(uow.session, criteria, Asking(view, date(2026, 11, 22), lists), Part(10))
            assert counted.sure == wanted
        nothing = Visibility((), 3, frozenset())
        assert store.find(uow.session, criteria, Asking(nothing, date(2026, 11, 22), lists), Part(10))[1] == []


def test_a_head_follows_its_dossier_at_once(world: World) -> None:
    row = world.dossier()
    with world.work() as uow:
        dossier = uow.session.get_one(Dossier, row.dossier.id)
        dossier.unit_id, dossier.secrecy = world.units["C-SNV"], 3
        uow.session.flush()
        uow.session.expire_all()
        head = uow.session.get_one(RecordHead, row.dossier.id)
        assert (head.unit_id, head.secrecy) == (world.units["C-SNV"], 3)
