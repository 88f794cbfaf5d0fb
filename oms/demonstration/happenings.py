"""What is going on in the demonstration's offices: changes that wait, loans, a transfer, a stocktake, requests, a list
brought in. Each is one step through the desks' own services, done once (see ``lives.Steps``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from openpyxl import Workbook

from oms.demonstration import clerk, unusual
from oms.demonstration.lives import Steps, approve_all, held, open_for
from oms.demonstration.people import _FEMALE, _MALE, _SURNAMES
from oms.domain.access import Principal
from oms.domain.changes import DECISION_TYPES
from oms.domain.criteria import Condition, Criteria, Group, as_json
from oms.domain.records import HANOI
from oms.services import (
    change_decide,
    change_items,
    change_view,
    changes,
    criteria,
    custody,
    disposals,
    dues,
    import_file,
    imports,
    loans,
    record_reading,
    setup,
    stocktakes,
    subject_requests,
    supplements,
    transfers,
)
from oms.services.change_decide import Word
from oms.services.change_items import Typed
from oms.services.changes import About
from oms.services.house import House, UnitOfWork
from oms.services.stocktakes import Counted
from oms.services.subject_requests import Asked

Clock = Callable[[], datetime]
BOARD = "LG-D-BTC"


@dataclass
class _Stage:
    """The house with the people who act."""

    house: House
    clock: Clock
    officer: Principal
    leader: Principal
    noivu: Principal

    def unit(self, uow: UnitOfWork, code: str) -> int:
        return next(each.id for each in setup.all_units(uow) if each.code == code)

    @property
    def today(self) -> date:
        return self.clock().astimezone(HANOI).date()


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def lay_down(house: House, steps: Steps, clock: Clock) -> None:
    """Everything that is going on, each step once."""
    who = [clerk.principal_named(house, name) for name in ("canbo.tochuc", "lanhdao.tinh", "canbo.noivu")]
    stage = _Stage(house, clock, *who)
    party = [dossier for _cadre, dossier in held() if dossier.block == "party" and not dossier.secrecy]
    numbers = [dossier.number for dossier in party]
    board = [dossier.number for dossier in party if dossier.unit_code == BOARD]
    state = [dossier.number for _cadre, dossier in held() if dossier.block == "government"]
    for name, act in (
        ("a change waits", partial(_waiting, stage, numbers[0])),
        ("a correction by decision", partial(_correction, stage, numbers)),
        ("an item is rejected", partial(_rejected, stage, numbers[2])),
        ("a supplement runs", partial(_supplement, stage, board[:3])),
        ("requests of persons", partial(_requests, stage, numbers)),
        ("loans", partial(_loans, stage, state)),
        ("a transfer is sealed", partial(_transfer, stage, numbers[3:])),
        ("a stocktake runs", partial(_stocktake, stage)),
        ("a hold", partial(_hold, stage, numbers[1])),
        ("a question is saved", partial(_question, stage)),
        ("a list is brought in", partial(_list, stage)),
        ("a due date by hand", partial(_by_hand, stage)),
        ("readings that nothing explains", partial(unusual.lay_down, house, numbers, clock)),
    ):
        steps.once(name, act)


def _opened(stage: _Stage, uow: UnitOfWork, who: Principal, number: str, reason: str) -> str:
    dossier_id = custody.dossier_numbered(uow, who, number)
    open_for(uow, who, dossier_id, reason, stage.clock())
    return dossier_id


def _change(stage: _Stage, uow: UnitOfWork, number: str, about: About, *items: Typed) -> str:
    dossier_id = _opened(stage, uow, stage.officer, number, "lập phiếu thay đổi lý lịch")
    change = changes.create(uow, stage.officer, dossier_id, about, stage.clock())
    for typed in items:
        change_items.put_item(uow, stage.officer, change.id, change.version, typed, stage.clock())
    return change.id


def _submit(stage: _Stage, uow: UnitOfWork, change_id: str) -> None:
    version = change_view.open_change(uow, stage.officer, change_id, stage.clock()).row.change.version
    changes.submit(uow, stage.officer, change_id, version, stage.clock())


def _fact(stage: _Stage, uow: UnitOfWork, dossier_id: str, item: str) -> str:
    view = record_reading.look_to_confirm(uow, stage.officer, dossier_id, stage.clock())
    return next((fact.row.id for fact in view.held if fact.item.key == item), "")


def _waiting(stage: _Stage, number: str) -> None:
    told = "Phiếu khai thay đổi, người khai ký ngày 10/11/2026"
    with stage.house.work(stage.officer, stage.clock()) as uow:
        dossier_id = _opened(stage, uow, stage.officer, number, "ghi nơi ở mới theo phiếu khai")
        old = _fact(stage, uow, dossier_id, "current_residence")
        home = {"value": "Số 8, phố Nhà Thờ, phường Đức Lẫm, tỉnh Lam Giang"}
        moved = Typed("current_residence", "replace" if old else "add", home, old, "10/11/2026", source_words=told)
        phone = Typed("phone", "add", {"value": "0900 000 008"}, source_words=told)
        about = About("Thay đổi nơi ở, điện thoại", "Chuyển nhà", "cán bộ tự khai", "10/11/2026")
        _submit(stage, uow, _change(stage, uow, number, about, moved, phone))


def _correction(stage: _Stage, numbers: list[str]) -> None:
    """A key fact put right by the collective's decision, which lies in the dossier: the first that has both."""
    with stage.house.work(stage.officer, stage.clock()) as uow:
        for number in numbers:
            dossier_id = _opened(stage, uow, stage.officer, number, "đính chính theo kết luận của tập thể")
            old = _fact(stage, uow, dossier_id, "party_official_on")
            view = custody.read_dossier(uow, stage.officer, dossier_id, stage.clock())
            papers = [line.document for line in view.contents if line.document.type_code in DECISION_TYPES]
            if old and papers:
                _correct(stage, uow, number, old, papers[0].id)
                return


def _correct(stage: _Stage, uow: UnitOfWork, number: str, old: str, paper: str) -> None:
    value = {"value": "03/02/2001"}
    typed = Typed("party_official_on", "replace", value, old, document_id=paper, page="1", reason="ghi nhầm ngày")
    about = About("Đính chính ngày vào Đảng chính thức", "Theo kết luận của Ban Thường vụ")
    change_id = _change(stage, uow, number, about, typed)
    version = change_view.open_change(uow, stage.officer, change_id, stage.clock()).row.change.version
    decided = About(about.title, about.reason, decision_document_id=paper)
    changes.describe(uow, stage.officer, change_id, version, decided, stage.clock())
    _submit(stage, uow, change_id)
    approve_all(uow, stage.leader, change_id, stage.clock())


def _rejected(stage: _Stage, number: str) -> None:
    told = "Lời khai của cán bộ ngày 02/11/2026"
    with stage.house.work(stage.officer, stage.clock()) as uow:
        skill = Typed("foreign_language", "add", {"value": "Tiếng Anh C"}, source_words=told)
        name = Typed("other_names", "add", {"value": "Bí danh Hoà Bình"}, source_words=told)
        change_id = _change(stage, uow, number, About("Bổ sung ngoại ngữ, bí danh"), skill, name)
        _submit(stage, uow, change_id)
        view = change_view.open_change(uow, stage.leader, change_id, stage.clock())
        words = {item.row.id: Word(item.item.key == "other_names", "chưa có bản sao chứng chỉ") for item in view.items}
        change_decide.decide(uow, stage.leader, change_id, view.row.change.version, words, stage.clock())


def _supplement(stage: _Stage, numbers: list[str]) -> None:
    year = stage.today.year
    with stage.house.work(stage.officer, stage.clock()) as uow:
        unit = stage.unit(uow, BOARD)
        period = supplements.NewSupplement(
            unit, f"Bổ sung lý lịch năm {year}", year, date(year, 11, 1), date(year, 12, 31)
        )
        made = supplements.open_supplement(uow, stage.officer, period, stage.clock())
        for place, number in enumerate(numbers):
            dossier_id = _opened(stage, uow, stage.officer, number, "bổ sung lý lịch hằng năm")
            step = supplements.nothing_new if place == 1 else supplements.start
            step(uow, stage.officer, made.id, dossier_id, stage.clock())


def _requests(stage: _Stage, numbers: list[str]) -> None:
    for place, (kind, ago, words) in enumerate((
        ("extract", 4, "Xin trích thông tin lý lịch của bản thân để đối chiếu khi làm thủ tục bảo hiểm."),
        ("viewers", 16, "Xin biết những ai đã xem hồ sơ của tôi trong năm."),
    )):  # fmt: skip
        with stage.house.work(stage.officer, stage.clock()) as uow:
            asked = Asked(numbers[place], kind, f"YC-2026/{place + 1:02d}", stage.today - timedelta(days=ago), words)
            subject_requests.ask(uow, stage.officer, asked, stage.clock())


def _loans(stage: _Stage, numbers: list[str]) -> None:
    for place, (borrower, days) in enumerate((("Trần Đức Bưởi", 10), ("Lê Thị Mận", 2))):
        with stage.house.work(stage.noivu, stage.clock()) as uow:
            dossier_id = _opened(stage, uow, stage.noivu, numbers[place], "cho mượn hồ sơ theo phiếu yêu cầu")
            due = _day(stage.today + timedelta(days=days))
            new = loans.NewLoan(
                (), borrower, "Thanh tra tỉnh", "Nghiên cứu hồ sơ khi xác minh", "Nông Thị Hường", 12, due
            )
            loans.lend(uow, stage.noivu, dossier_id, new, stage.clock())


def _transfer(stage: _Stage, numbers: list[str]) -> None:
    """The first of these dossiers that has papers goes to another unit, under seal, and waits to be received."""
    with stage.house.work(stage.officer, stage.clock()) as uow:
        for number in numbers:
            dossier_id = _opened(stage, uow, stage.officer, number, "chuyển hồ sơ theo quyết định điều động")
            view = custody.read_dossier(uow, stage.officer, dossier_id, stage.clock())
            if view.contents:
                break
        else:
            return
        row = view.row
        there = next(code for code in ("LG-D-VK", "LG-D-UBKT") if stage.unit(uow, code) != row.unit.id)
        new = transfers.NewTransfer(stage.unit(uow, there), "88-QĐ/TU", "Điều động cán bộ")
        made = transfers.create(uow, stage.officer, dossier_id, new, stage.clock())
        transfers.seal(uow, stage.officer, made.id, stage.clock())


def _stocktake(stage: _Stage) -> None:
    with stage.house.work(stage.noivu, stage.clock()) as uow:
        periods = stocktakes.periods(uow, stage.clock())
        made = stocktakes.open_stocktake(uow, stage.noivu, stage.unit(uow, "LG-C-SNV"), periods[0], stage.clock())
        view = stocktakes.read(uow, stage.noivu, made.id, "", None, 0, stage.clock())
        half = {line.line.id: Counted(pages=line.line.pages_listed) for line in view.lines[: len(view.lines) // 2]}
        stocktakes.count(uow, stage.noivu, made.id, half, stage.clock())


def _hold(stage: _Stage, number: str) -> None:
    with stage.house.work(stage.officer, stage.clock()) as uow:
        dossier_id = _opened(stage, uow, stage.officer, number, "giữ hồ sơ chờ kết luận xác minh")
        new = disposals.NewHold("Đang xác minh theo đơn thư, chưa được huỷ", "Công văn 214-CV/UBKT ngày 05/10/2026")
        disposals.hold(uow, stage.officer, dossier_id, new, stage.clock())


def _question(stage: _Stage) -> None:
    parts = (
        Condition("sex", "in", {"codes": "nu"}),
        Condition("age", "lt", {"value": "40"}),
        Condition("qualification", "ge", {"code": "thac_si"}),
        Condition("theory", "ge", {"code": "cao_cap"}),
        Condition("planned", "no", {}),
    )
    title = "Nữ dưới 40 tuổi, thạc sĩ, cao cấp lý luận, chưa quy hoạch"
    with stage.house.work(stage.officer, stage.clock()) as uow:
        body = as_json(Criteria(Group("all", parts)))
        criteria.save(uow, stage.officer, "criteria", title, body, True, stage.clock())


def _list(stage: _Stage) -> None:
    """A register of invented teachers from Excel: sent, matched, tried and written by the worker's own steps."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "danh-sach.xlsx"
        _draw_list(path)
        read = imports.read_in(stage.house.vault, path, path.name)
    with stage.house.work(stage.noivu, stage.clock()) as uow:
        run = imports.receive(uow, stage.noivu, read, stage.unit(uow, "LG-C-SGD"), 0, stage.clock())
    with stage.house.work(stage.noivu, stage.clock()) as uow:
        found = imports.view(uow, stage.noivu, run.id, stage.clock())
        imports.map_columns(uow, stage.noivu, run.id, dict(found.mapping.columns), stage.clock())
    import_file.work_on(stage.house, run.id, stage.clock)
    with stage.house.work(stage.noivu, stage.clock()) as uow:
        imports.ask_filing(uow, stage.noivu, run.id, stage.clock())
    import_file.work_on(stage.house, run.id, stage.clock)


HEADINGS = (
    "Số hồ sơ", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Quê quán", "Số CCCD", "Ngày vào Đảng",
    "Ngày chính thức", "Trình độ chuyên môn cao nhất", "Lý luận chính trị", "Chức vụ hiện tại", "Mã ngạch", "Bậc lương",
    "Hệ số lương", "Ngày hưởng lương",
)  # fmt: skip


def _draw_list(path: Path) -> None:
    """Forty invented persons; the citizen ids begin with a province code nobody was ever given."""
    rng, book = Random("danh sách"), Workbook()
    sheet = book.active
    sheet.append(HEADINGS)
    for place in range(40):
        woman = rng.random() < 0.6
        name = f"{rng.choice(_SURNAMES)} {rng.choice(_FEMALE if woman else _MALE)}"
        born = date(rng.randint(1966, 1994), rng.randint(1, 12), rng.randint(1, 28))
        joined = date(born.year + rng.randint(23, 32), rng.randint(1, 12), rng.randint(1, 28))
        step = rng.randint(1, 8)
        number = f"007{2 * (born.year >= 2000) + woman}{born.year % 100:02d}{place:06d}"
        sheet.append([
            f"SGD.{place + 1:04d}", name, _day(born), "Nữ" if woman else "Nam",
            rng.choice(("Kinh", "Kinh", "Tày", "Nùng")),
            "Xã Khe Mận, Huyện Vân Khởi, Tỉnh Lam Thượng", number, _day(joined),
            _day(date(joined.year + 1, joined.month, joined.day)),
            rng.choice(("Đại học", "Đại học", "Thạc sĩ", "Cao đẳng")),
            rng.choice(("Sơ cấp", "Trung cấp", "Trung cấp", "Cao cấp")),
            rng.choice(("Chuyên viên", "Chuyên viên", "Phó Trưởng phòng", "Trưởng phòng")), "01.003", str(step),
            f"{2.34 + 0.33 * (step - 1):.2f}".replace(".", ","),
            _day(date(rng.randint(2022, 2025), rng.randint(1, 12), 1)),
        ])  # fmt: skip
    book.save(path)


def _by_hand(stage: _Stage) -> None:
    """A raise that is settled already."""
    far = dues.DueFilter(stage.today + timedelta(days=365), "raise")
    with stage.house.work(stage.officer, stage.clock()) as uow:
        lines, _total = dues.list_dues(uow, stage.officer, far, 1, 0, stage.clock())
        if lines:
            done = dues.Setting("", "", "", True, "QĐ 301-QĐ/BTCTU ngày 12/11/2026", "đã có quyết định nâng bậc lương")
            dues.override(uow, stage.officer, lines[0].row.due.id, done, stage.clock())
