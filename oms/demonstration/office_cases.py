"""Cases of the demonstration's offices: some dozens at every stage and every end, received over the last weeks.

Through the services, each act once (see ``lives.Steps``) and in the order of its time: what happened weeks ago is
written with that time, so the journal says once that the clock went back. Work of other desks has its cases already.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pikepdf

from oms.demonstration import clerk, letters, orders
from oms.demonstration.lives import Steps, held
from oms.demonstration.people import DemoCadre, DemoDossier
from oms.domain.access import Principal
from oms.domain.case_results import result_of
from oms.domain.casework import ENDED, CaseState, Move
from oms.domain.procedures import Stage
from oms.domain.records import HANOI, day_in_hanoi
from oms.services import (
    case_approval,
    case_drafts,
    case_issue,
    case_lists,
    case_moves,
    case_opinions,
    case_view,
    casework,
    custody,
)
from oms.services.case_issue import Issued
from oms.services.case_lists import Wanted
from oms.services.house import House

Clock = Callable[[], datetime]
LEADER = "lanhdao.tinh"
DESKS = {
    "party": ("LG-D-BTC", "vanthu.dang", "canbo.tochuc"),
    "government": ("LG-C-SNV", "vanthu.noivu", "canbo.noivu"),
    "front": ("LG-M", "vanthu.mattran", "canbo.mattran"),
}
"""Of each block: the unit that receives, who receives there, who works on it."""
SLOTS = 12
LATE_WORDS = "Chờ ý kiến của cấp uỷ nơi công tác, gửi đến chậm so với đề nghị"
FOLLOWING = {
    Move.SUSPEND: "Chờ bổ sung bản nhận xét của nơi công tác",
    Move.REFUSE: "Chưa đủ điều kiện theo tiêu chuẩn chức danh",
    Move.WITHDRAW: "Đơn vị đề nghị rút để hoàn thiện tờ trình",
    Move.BACK: "Bổ sung căn cứ và số liệu ở phần nhận xét",
    Move.HAND_OVER: "Cán bộ phụ trách đi học tập trung",
}


@dataclass(frozen=True)
class _Work:
    """One case: what, where, since when, how fast it goes, where it stops and what is done to it there.

    ``stop`` None goes to the end. ``draft``: a PDF is attached, and the issued paper is filed. ``about``: a dossier.
    """

    code: str
    title: str
    days_ago: int
    pace: int
    stop: Stage | None = None
    act: str = ""
    block: str = "party"
    draft: bool = False
    about: bool = True
    secrecy: int = 0
    lacking: bool = False


_DONE = (
    _Work("bo_nhiem", "Bổ nhiệm Phó Trưởng phòng", 62, 4, draft=True),
    _Work("nang_luong", "Nâng bậc lương thường xuyên đợt 1", 55, 2, block="government", draft=True),
    _Work("khen_thuong", "Khen thưởng chuyên đề số hoá hồ sơ", 50, 2, about=False),
    _Work("nghi_huu", "Giải quyết chế độ nghỉ hưu", 48, 3, block="government"),
    _Work("dieu_dong", "Điều động về Văn phòng Tỉnh uỷ", 75, 4),
    _Work("danh_gia", "Đánh giá, xếp loại sáu tháng", 44, 3, block="front", about=False),
    _Work("ket_nap", "Kết nạp đảng viên tại chi bộ cơ quan", 42, 3, about=False),
    _Work("nang_luong", "Nâng bậc lương trước thời hạn", 40, 2, block="government"),
    _Work("khen_thuong", "Khen thưởng đợt thi đua quý III", 39, 2, block="front", about=False),
    _Work("bo_nhiem_lai", "Bổ nhiệm lại Trưởng phòng Tổ chức", 38, 3),
    _Work("nang_luong", "Nâng bậc lương thường xuyên đợt 2", 52, 3, block="government"),
    _Work("nghi_huu", "Thông báo nghỉ hưu trước sáu tháng", 31, 2),
    _Work("khen_thuong", "Tặng bằng khen của Uỷ ban nhân dân tỉnh", 28, 2, block="government", about=False),
    _Work("dieu_dong", "Điều động cán bộ tăng cường cho xã", 26, 2),
    _Work("nang_luong", "Nâng phụ cấp thâm niên vượt khung", 21, 1, block="government"),
    _Work("danh_gia", "Nhận xét cán bộ trước đại hội", 19, 1, about=False),
)
_RUNNING = (
    _Work("bo_nhiem", "Bổ nhiệm Phó Giám đốc trung tâm", 2, 1, Stage.RECEIVE),
    _Work("nang_luong", "Nâng bậc lương thường xuyên đợt 3", 1, 1, Stage.RECEIVE, block="government"),
    _Work("khen_thuong", "Đề nghị tặng Huân chương Lao động hạng Ba", 4, 1, Stage.INSTRUCT, about=False),
    _Work("luan_chuyen", "Luân chuyển về cơ sở giữ chức Phó Bí thư", 6, 1, Stage.INSTRUCT),
    _Work("quy_hoach", "Bổ sung quy hoạch nhiệm kỳ 2026–2031", 9, 1, Stage.DRAFT, draft=True),
    _Work("bo_nhiem", "Bổ nhiệm Chánh Văn phòng", 12, 1, Stage.DRAFT),
    _Work("nghi_huu", "Giải quyết chế độ thôi việc", 9, 1, Stage.ASSIGN, block="government"),
    _Work("dieu_dong", "Điều động giữa các ban đảng", 13, 1, Stage.CONSULT, draft=True),
    _Work("danh_gia", "Đánh giá, xếp loại cuối năm", 15, 1, Stage.CONSULT, block="front", about=False),
    _Work("bo_nhiem_lai", "Bổ nhiệm lại Phó Trưởng ban", 20, 1, Stage.APPROVE),
    _Work("nang_luong", "Nâng lương do lập thành tích", 13, 1, Stage.APPROVE, block="government"),
    _Work("khen_thuong", "Khen thưởng tập thể dẫn đầu", 18, 1, Stage.ISSUE, about=False),
    _Work("dieu_dong", "Điều động cán bộ trẻ về xã Vân Khởi", 41, 4, Stage.CONSULT),
    _Work("nang_luong", "Điều chỉnh hệ số lương theo ngạch mới", 36, 3, Stage.DRAFT, block="government"),
    _Work("nghi_huu", "Kéo dài thời gian công tác", 45, 3, Stage.DRAFT, act="late"),
)
_OTHERWISE = (
    _Work("bo_nhiem", "Bổ nhiệm Trưởng phòng còn thiếu giấy tờ", 8, 2, Stage.RECEIVE, lacking=True),
    _Work("ket_nap", "Kết nạp đảng viên chờ xác minh lý lịch", 24, 2, Stage.DRAFT, Move.SUSPEND, about=False),
    _Work("luan_chuyen", "Luân chuyển theo kế hoạch quý IV", 22, 1, Stage.APPROVE, Move.BACK),
    _Work("khen_thuong", "Đề nghị khen thưởng chưa đủ thời gian", 27, 2, Stage.DRAFT, Move.REFUSE, about=False),
    _Work("quy_hoach", "Quy hoạch chức danh đoàn thể", 30, 2, Stage.DRAFT, Move.WITHDRAW, "front", about=False),
    _Work("dieu_dong", "Điều động sang cơ quan Mặt trận", 16, 2, Stage.ASSIGN, Move.HAND_OVER),
    _Work("ky_luat", "Xem xét kỷ luật theo kết luận kiểm tra", 25, 2, Stage.DRAFT, secrecy=1, about=False),
)
WORKS = (*_DONE, *_RUNNING, *_OTHERWISE)


@dataclass
class _Office:
    """The house with who acts in it; ``ids`` and what is ``over`` of the cases of this run, by place in ``WORKS``."""

    house: House
    people: dict[str, Principal]
    ids: dict[int, str] = field(default_factory=dict)
    over: set[int] = field(default_factory=set)

    def who(self, name: str) -> Principal:
        """The account of that name."""
        return self.people[name]


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Every act of every case, in the order of time; what would lie ahead is not done."""
    names = {LEADER, *(name for desk in DESKS.values() for name in desk[1:])}
    office, now = _Office(house, {name: clerk.principal_named(house, name) for name in names}), clock()
    today = day_in_hanoi(now)
    plan: list[tuple[datetime, int, int]] = []
    for place, work in enumerate(WORKS):
        for slot in range(SLOTS):
            at = _when(work, place, slot, today)
            if at < now:
                plan.append((at, place, slot))
    for at, place, slot in sorted(plan):
        act = partial(_act, office, place, slot, at)
        steps.once(f"case {place} {slot}", act)


def _when(work: _Work, place: int, slot: int, today: date) -> datetime:
    """In working hours of a weekday, each case at its own minute."""
    day = today - timedelta(days=work.days_ago)
    day -= timedelta(days=max(0, day.weekday() - 4))
    for _each in range(slot * work.pace):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return datetime.combine(day, time(8 + slot % 3, place), HANOI)


def _act(office: _Office, place: int, slot: int, at: datetime) -> None:
    work = WORKS[place]
    if place in office.over:
        return
    if slot == 0:
        office.ids[place] = _receive(office, place, work, at)
        return
    case_id = office.ids.get(place) or _found(office, work, place, at)
    with office.house.work(office.who(DESKS[work.block][2]), at) as uow:
        shown = case_view.open_case(uow, office.who(DESKS[work.block][2]), case_id, at)
    if shown.case.state in ENDED or shown.case.state == CaseState.SUSPENDED:
        office.over.add(place)
    elif shown.here.stage is work.stop:
        _stopped(office, work, shown, at)
        if work.act != "late":
            office.over.add(place)
    else:
        _onward(office, work, shown, at, place)


def _person(place: int, work: _Work) -> tuple[DemoCadre, DemoDossier]:
    fitting = [(cadre, each) for cadre, each in held() if each.block == work.block and not each.secrecy]
    return fitting[place * 5 % len(fitting)]


def _title(place: int, work: _Work) -> str:
    return f"{work.title} – {_person(place, work)[0].name}" if work.about else work.title


def _receive(office: _Office, place: int, work: _Work, at: datetime) -> str:
    unit, door, officer = DESKS[work.block]
    who = office.who(officer if work.secrecy else door)
    with office.house.work(who, at) as uow:
        dossier_id = custody.dossier_numbered(uow, who, _person(place, work)[1].number) if work.about else ""
        found = case_view.door(uow, who, work.code, dossier_id, at)
        if found is None:
            raise LookupError(f"no procedure {work.code} is in force")
        unit_id = next(each.id for each in found.units if each.code == unit)
        papers = found.line.procedure.papers
        came = {number: paper.copies for number, paper in enumerate(papers) if not (work.lacking and number == 1)}
        new = casework.NewCase(
            work.code, _title(place, work), unit_id, "Phòng Tổ chức cán bộ", dossier_id, work.secrecy,
            papers=came, lacking=work.lacking,
        )  # fmt: skip
        return casework.receive(uow, who, new, at).id


def _found(office: _Office, work: _Work, place: int, at: datetime) -> str:
    """A case of a run before this one, by its title."""
    who = office.who(DESKS[work.block][2])
    wanted = Wanted("", words=_title(place, work), secret=bool(work.secrecy))
    with office.house.work(who, at) as uow:
        return case_lists.listing(uow, who, wanted, None, 1, 0, at).lines[0].row.case.id


def _stopped(office: _Office, work: _Work, shown: case_view.Shown, at: datetime) -> None:
    """What is done to a case where it is to stay, once."""
    case, (_unit, door, officer) = shown.case, DESKS[work.block]
    if any(event.act == work.act for event in shown.events):
        return
    if work.stop is Stage.DRAFT and work.draft and not shown.drafts:
        _attach(office, officer, shown, "Dự thảo lần 1", at)
    elif work.stop is Stage.CONSULT and not shown.opinions:
        _ask(office, work, shown, at)
    elif work.act == "late" and case.due is not None and case.due < day_in_hanoi(at):
        with office.house.work(office.who(officer), at) as uow:
            case_moves.explain_late(uow, office.who(officer), case.id, case.version, LATE_WORDS, at)
    elif work.act in FOLLOWING:
        words = FOLLOWING[Move(work.act)]
        who = office.who(LEADER if work.act in (Move.BACK, Move.REFUSE) else officer)
        with office.house.work(who, at) as uow:
            if work.act == Move.BACK:
                step = next(each.key for each in shown.procedure.path() if each.stage is Stage.DRAFT)
                case_moves.back(uow, who, case.id, case.version, step, words, at)
            elif work.act == Move.HAND_OVER:
                case_moves.hand_over(uow, who, case.id, case.version, office.who(door).account_id, words, at)
            else:
                end = {Move.SUSPEND: case_moves.suspend, Move.REFUSE: case_moves.refuse}
                end.get(Move(work.act), case_moves.withdraw)(uow, who, case.id, case.version, words, at)


def _onward(office: _Office, work: _Work, shown: case_view.Shown, at: datetime, place: int) -> None:
    """One step on, as its stage asks: a draft first, an opinion asked and given first."""
    case, (_unit, door, officer) = shown.case, DESKS[work.block]
    if any(event.act == Move.BACK for event in shown.events):
        return
    waiting = [each for each in shown.opinions if each.given_at is None]
    if shown.here.stage is Stage.DRAFT and work.draft and not shown.drafts:
        _attach(office, officer, shown, "Dự thảo lần 1", at)
    elif shown.here.stage is Stage.CONSULT and not shown.opinions and place % 2 == 0:
        _ask(office, work, shown, at)
    elif waiting:
        who = office.who(door)
        with office.house.work(who, at) as uow:
            said = "Thống nhất với dự thảo; đề nghị rà lại căn cứ ban hành."
            case_opinions.say(uow, who, case.id, waiting[0].id, "agree", said, at)
    elif shown.here.stage is Stage.APPROVE:
        word = case_approval.Word(office.who(officer).account_id, "Đồng ý", on_paper=True)
        case_approval.approve(office.house, office.who(LEADER), case.id, case.version, word, at)
    elif shown.here.stage is Stage.ISSUE:
        _issue(office, work, shown, at, place)
    else:
        following = shown.following
        to = LEADER if following and following.stage is Stage.APPROVE else officer
        who = office.who(officer if work.secrecy or shown.here.stage is not Stage.RECEIVE else door)
        with office.house.work(who, at) as uow:
            case_moves.forward(uow, who, case.id, case.version, office.who(to).account_id, "", at)


def _ask(office: _Office, work: _Work, shown: case_view.Shown, at: datetime) -> None:
    _unit, door, officer = DESKS[work.block]
    who, due = office.who(officer), day_in_hanoi(at) + timedelta(days=4)
    asked = [office.who(door).account_id]
    with office.house.work(who, at) as uow:
        words = "Xin ý kiến về nội dung dự thảo và căn cứ"
        case_opinions.ask(uow, who, shown.case.id, shown.case.version, asked, words, due, at)


def _issue(office: _Office, work: _Work, shown: case_view.Shown, at: datetime, place: int) -> None:
    officer = DESKS[work.block][2]
    version = shown.case.version
    if work.draft:
        _attach(office, officer, shown, "Bản đã ký", at)
        version += 1
    late = shown.case.due is not None and shown.case.due < day_in_hanoi(at)
    number = f"{400 + place}-QĐ/{'TU' if work.block == 'party' else 'UBND'}"
    said = Issued(
        number, f"{day_in_hanoi(at):%d/%m/%Y}", _title(place, work), result_of(work.code).type_code,
        late_reason=LATE_WORDS if late else "", later=not work.draft,
    )  # fmt: skip
    case_issue.issue(office.house, office.who(officer), shown.case.id, version, said, at)


def _attach(office: _Office, name: str, shown: case_view.Shown, note: str, at: datetime) -> None:
    """A drawn decision as PDF; the signed one bears its number."""
    cadre = next(each for each, _dossier in held() if len(each.salary_history) > 1)
    number = "…-QĐ/TU" if note.startswith("Dự thảo") else shown.case.number
    drawn = letters.decision(cadre, orders.PROVINCE, orders.pay_rise(cadre, number, day_in_hanoi(at)), 100)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "du-thao.pdf"
        drawn.sheets[0].image.convert("L").save(path, "PDF", resolution=100)
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:  # Pillow's table of objects is one off
            pdf.save(path, deterministic_id=True)
        sent = case_drafts.Sent(path, "Dự thảo quyết định.pdf", note)
        case_drafts.attach(office.house, office.who(name), shown.case.id, shown.case.version, sent, at)
