"""The database: an engine that is safe, a schema that goes up and down with rows, tables that only grow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from factories import World
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from oms.domain.journal import Verb
from oms.domain.record_facts import Source
from oms.errors import JournalUnavailable, SettingsError
from oms.services import health, record
from oms.services.house import UnitOfWork, note
from oms.store import journal_seal, papers, schema
from oms.store.access_tables import AccountKin
from oms.store.anchor_tables import Anchor, AnchorSheet, Pruning
from oms.store.api_tables import ApiAnswer, ApiToken
from oms.store.case_tables import (
    Case,
    CaseDraft,
    CaseEvent,
    CaseOpinion,
    CasePaper,
    CountContest,
    Directive,
    ProcedureProposal,
    ProcedureVersion,
    Task,
    TaskReport,
)
from oms.store.consultation_tables import Consultation, ConsultationPaper, Emergency, Notice, UsageEntry
from oms.store.custody_tables import Disposal, Hold, Loan, Stocktake, StocktakeLine, Transfer
from oms.store.db import check_sqlite, make_engine
from oms.store.desk_tables import ArchivalCopy, Check, CheckFinding, Lease, PaperFile, ScanSignature
from oms.store.duty_tables import AccessPolicy, AccountGrant, Approval, Delegation, ListTaking
from oms.store.exchange_tables import Due, DueOverride, ImportMapping, ImportRun, SavedList
from oms.store.link_tables import LinkCandidate, LinkConflict, LinkDecision, LinkFeature, LinkKey, LinkPerson
from oms.store.package_tables import (
    ExchangeCode,
    ExchangeLink,
    ExchangePackage,
    ExchangePartner,
    ExchangeRecord,
)
from oms.store.record_tables import Change, ChangeItem, SubjectRequest, Supplement
from oms.store.review_tables import (
    ReviewAccess,
    ReviewDay,
    ReviewItem,
    ReviewNote,
    ReviewProgress,
    ReviewWatch,
    ReviewWeight,
    ReviewWork,
)
from oms.store.saved_search_tables import SavedSearch, SavedSearchHit
from oms.store.search_tables import DocumentText, SearchFeed
from oms.store.secrecy_tables import Classification, SecretCopy, SecretCopyEnd, SecretStub
from oms.store.sign_in_tables import OneTimeCodes, Passkey, PasskeyChallenge, RecoveryCode, SignInAttempt
from oms.store.tables import (
    AccountSensitive,
    Base,
    DocumentField,
    Dossier,
    JournalCheckpoint,
    JournalEntry,
    JournalInbox,
    JournalWaiting,
    Page,
    PageReading,
    Proposal,
    UnitAct,
    UnitSuccession,
    WordCorrection,
)

pytestmark = pytest.mark.embedded("pragmas, files and guards in SQLite's words; test_postgres.py holds the same there")

GUARDED = ("journal", "checkpoints", "page_readings", "word_corrections", "document_fields", "scan_signatures",
           "classifications", "secret_copies", "secret_copy_ends", "usage_register", "review_notes",
           "link_decisions", "case_events", "task_reports")  # fmt: skip


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2), (3, 7, 0), (3, 49, 9)])
def test_sqlite_that_may_lose_commits_is_refused_by_name(version: tuple[int, int, int]) -> None:
    with pytest.raises(SettingsError, match=r"\.".join(map(str, version))):
        check_sqlite(version)


@pytest.mark.parametrize("version", [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 0), (3, 53, 4), (4, 0, 0)])
def test_mended_sqlite_is_taken(version: tuple[int, int, int]) -> None:
    check_sqlite(version)


def test_commits_are_durable_and_keys_are_checked(world: World) -> None:
    with world.work() as uow:
        connection = uow.session.connection()
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        foreign = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
    assert (found, foreign) == ({"journal_mode": "wal", "synchronous": 2}, 1)
    with pytest.raises(IntegrityError), world.work() as uow:
        uow.session.add(Proposal(document_id="none", dossier_id="none", score=1.0, agrees="", differs=""))


def fill_every_table(world: World) -> None:
    row = world.dossier()
    filed = world.filed(row)
    officer = world.who("officer")
    world.open(officer, row.dossier.id)
    waiting = world.paper()
    now = world.clock()
    with world.work() as uow:
        page = uow.session.scalar(text("SELECT id FROM pages LIMIT 1"))
        account = officer.account_id
        uow.session.add(WordCorrection(page_id=page, word=0, text="chữ", by=account, at=now))
        field = {"value": "v", "raw": "v", "confidence": 1.0, "page_id": page, "source": "machine"}
        uow.session.add(DocumentField(document_id=filed, key="number", at=now, **field))
        uow.session.add(Proposal(document_id=waiting, dossier_id=row.dossier.id, score=1, agrees="", differs=""))
        units = {"predecessor_id": world.units["D-XA"], "successor_id": world.units["D-BTC"]}
        uow.session.add(UnitSuccession(kind="sap_nhap", on_date=now.date(), **units))
        uow.session.add(UnitAct(kind="sap_nhap", on_date=now.date(), entered_by=account, entered_at=now))
        uow.session.add(DocumentText(document_id=filed, title="", names="[]", body=b""))
        kept = {"account_id": account, "title": "Nâng lương", "asked": "{}", "since": now, "created_at": now}
        uow.session.add(SavedSearch(id="5" * 32, **kept))
        uow.session.flush()
        uow.session.add(SavedSearchHit(search_id="5" * 32, document_id=filed, found_at=now))
        scan, batch = uow.session.execute(text("SELECT id, batch_id FROM scans LIMIT 1")).one()
        stamp = {"created_by": account, "created_at": now}
        uow.session.add(PaperFile(batch_id=batch, number=1, label="Tập 1", dossier_id=row.dossier.id, **stamp))
        check = Check(document_id=filed, batch_id=batch, stage=1, state="waiting", operator_id=account, drawn_at=now)
        uow.session.add(check)
        uow.session.flush()
        uow.session.add(CheckFinding(check_id=check.id, key="number", first_value="1", second_value="7"))
        uow.session.add(ArchivalCopy(document_id=filed, version=1, state="waiting", wanted_at=now))
        seen = {"intact": True, "whole": True, "trusted": False, "checked_at": now}
        uow.session.add(ScanSignature(scan_id=scan, signer="Văn thư", **seen))
        _fill_record(uow, row.dossier, filed, account, now)
        _fill_review(uow, row.dossier, account, now)
        _fill_duties(uow, account, now)
        _fill_links(uow, row.dossier, account, now)
        _fill_exchange(uow, row.dossier.id, account, now)
        sql = (
            "INSERT INTO sessions (token_hash, account_id, address, created_at, seen_at) "
            "VALUES ('h', :account, '', :now, :now)"
        )
        uow.session.execute(text(sql), {"account": account, "now": now.replace(tzinfo=None)})
        _fill_office(uow, account, now)
        _fill_sign_in(uow, account, now)
        uow.session.add(Anchor(kind="sheet", name="Tờ số 1", size=1, root="00", note="", at=now, by=account))
        uow.session.add(AnchorSheet(number=1, size=1, root="00", at=now, by=account))
        uow.session.add(Pruning(first=0, last=0, approval_id="a", at=now))
        uow.session.add(JournalInbox(id=1, name="", taken=0))
        uow.session.add(JournalWaiting(at="2026-11-02T01:00:00.000Z", clock=1, body="{}"))
        journal_seal.seal(uow.session, world.house.signer, now)


def _fill_office(uow: UnitOfWork, account: str, now: datetime) -> None:
    """A row for each table of the office's work, and one in a worker's hands."""
    uow.session.add(Lease(kind="list", object_id="a", token="a", host="h", process=1, taken_at=now, until=now))
    uow.session.add(Task(id="t", number="1", title="việc", unit_id=1, created_by=account, created_at=now))
    uow.session.flush()
    uow.session.add(TaskReport(task_id="t", percent=10, text="đang làm", by=account, at=now))
    said = {"code": "thu", "version": 1, "kind": "procedure", "field": "", "title": "Bổ nhiệm", "body": "{}"}
    uow.session.add(ProcedureVersion(id="v" * 32, folded="bo nhiem", state="published", created_at=now, **said))
    uow.session.flush()
    uow.session.add(ProcedureProposal(code="thu", version_id="v" * 32, part="step", text="t", by=account, at=now))
    uow.session.add(Case(id="c" * 32, unit_id=1, year=2026, serial=1, number="P-2026-00001", procedure_id="v" * 32,
                         code="thu", title="Bổ nhiệm", state="running", step="receive", step_unit_id=1,
                         received_at=now, received_on=now.date(), step_at=now, created_by=account))  # fmt: skip
    uow.session.flush()
    uow.session.add(CaseEvent(case_id="c" * 32, act="receive", by=account, at=now))
    uow.session.add(CasePaper(case_id="c" * 32, position=0, title="Tờ trình", asked=1, required=True))
    uow.session.add(CaseDraft(case_id="c" * 32, number=1, name="a.pdf", sha256="0" * 64, size=1, media="pdf",
                              by=account, at=now))  # fmt: skip
    uow.session.add(CaseOpinion(case_id="c" * 32, asked_of=account, asked_by=account, asked_at=now))
    uow.session.add(Directive(number="1-KL/TU", title="Kết luận", unit_id=1, created_by=account, created_at=now))
    uow.session.add(CountContest(account_id=account, unit_id=1, period="2026", measure="late", figure="3", note="n",
                                 at=now))  # fmt: skip


def _fill_links(uow: UnitOfWork, dossier: Dossier, account: str, now: datetime) -> None:
    """A row for each table of links; the pair is of a record with itself, which the schema does not know."""
    cadre, end = dossier.cadre_id, {"left_dossier_id": dossier.id, "right_dossier_id": dossier.id}
    uow.session.add(LinkFeature(cadre_id=cadre, dossier_id=dossier.id, block="party", body="{}", norm_version="1",
                                digest="d", made_at=now))  # fmt: skip
    uow.session.add(LinkKey(key=1, cadre_id=cadre, block="party"))
    uow.session.add(LinkPerson(cadre_id=cadre, person_id="p"))
    pair = LinkCandidate(left_id=cadre, right_id=cadre, weight=1.0, margin=1.0, band="auto", evidence="{}", digest="d",
                         model_version="1", found_at=now, **end)  # fmt: skip
    uow.session.add(pair)
    uow.session.flush()
    uow.session.add(LinkConflict(candidate_id=pair.id, item="citizen_id", kind="differs", owner="both",
                                 due=now.date(), state="open", found_at=now))  # fmt: skip
    uow.session.add(LinkDecision(candidate_id=pair.id, version=1, act="accept", sides="both", masked=False, by=account,
                                 evidence="d", weight=1.0, model_version="1", at=now))  # fmt: skip


def _fill_exchange(uow: UnitOfWork, dossier_id: str, account: str, now: datetime) -> None:
    """A row for each table of the exchange."""
    keys = {"verify_key": "0" * 64, "recipient": "age1", "fingerprint": "0" * 64}
    named = {"name": "Tỉnh khác", "code": "Z", "zone": "party_wan", "state": "active"}
    uow.session.add(ExchangePartner(id="6" * 32, added_by=account, added_at=now, **keys, **named))
    uow.session.flush()
    about = {"package_id": "7" * 32, "kind": "records", "number": "TD-1", "partner_id": "6" * 32, "unit_id": 1}
    uow.session.add(ExchangePackage(id="7" * 32, direction="out", state="sent", digest="0" * 64, at=now, **about))
    uow.session.flush()
    uow.session.add(ExchangeRecord(package_id="7" * 32, dossier_id=dossier_id))
    uow.session.add(ExchangeLink(partner_code="Z", remote="8" * 32, dossier_id=dossier_id, at=now))
    uow.session.add(ExchangeCode(code="Z.1", unit_id=1, by=account, at=now))


def _fill_sign_in(uow: UnitOfWork, account: str, now: datetime) -> None:
    """A row for each table of signing in."""
    add = uow.session.add
    add(SignInAttempt(name="x", place="10.0.0.0/24", at=now))
    add(OneTimeCodes(account_id=account, secret=b"s", added_at=now))
    add(Passkey(account_id=account, name="Khoá", credential_id="c", public_key=b"k", sign_count=0, added_at=now))
    add(RecoveryCode(account_id=account, code_hash="0" * 64))
    add(PasskeyChallenge(digest="0" * 64, purpose="sign_in", made_at=now))
    kept = {"account_id": account, "name": "Phần mềm", "scopes": "me:read", "created_at": now, "until": now}
    add(ApiToken(id="9" * 32, token_hash="0" * 64, **kept))
    uow.session.flush()
    add(ApiAnswer(token_id="9" * 32, key="k", request_hash="0" * 64, at=now))


def _fill_review(uow: UnitOfWork, dossier: Dossier, account: str, now: datetime) -> None:
    """A row for each table of the reviewer's desk."""
    who = {"account_id": account, "day": "2026-11-02"}
    counts = {"reads": 1, "named": 0, "broad": 0}
    seqs = {"first_seq": 1, "last_seq": 1}
    kept = {"dossier_id": dossier.id, "label": "1", "unit_path": "1", "secrecy": 0, **seqs}
    item = ReviewItem(**who, **kept, score=3, signals="[]", reads=1, dossiers=1, made_at=now)
    uow.session.add_all([
        ReviewDay(**who, **counts, role="leader", dossiers=1, peak=1, unexplained=1, odd=1, hours="", open_hours=""),
        ReviewAccess(**who, **kept, **counts, grounds="[]"),
        ReviewWork(seq=1, account_id=account, dossier_id=dossier.id, verb="document:file", at=1),
        ReviewWatch(dossier_id=dossier.id, label="1", reason="lý do", added_by=account, added_at=now),
        ReviewWeight(rule="kin", weight=5, reason="lý do", by=account, at=now),
        ReviewProgress(id=1, seq=1, at=now),
        item,
    ])  # fmt: skip
    uow.session.flush()
    uow.session.add(ReviewNote(item_id=item.id, kind="note", text="ghi chú", by=account, at=now))


def _fill_record(uow: UnitOfWork, dossier: Dossier, document: str, account: str, now: datetime) -> None:
    """A row for each table of the structured record, its paper, and what goes in and out."""
    add, unit, today = uow.session.add, dossier.unit_id, now.date()
    add(AccountSensitive(account_id=account, field_group="history_of_test"))
    add(AccountKin(account_id=account, relation="self", entered_by=account, entered_at=now))
    fact = record.NewFact("citizen_id", {"value": "003071000001"}, Source("document", document))
    odd = record.NewFact("ethnicity", {"value": "Không có trong danh mục"}, Source("import"))
    ((fact_id, _odd),) = record.keep(uow, [(dossier, [fact, odd])], record.Keeping(account, now))
    _fill_access(uow, dossier, document, account, now)
    asked = {"created_by": account, "created_at": now}
    period = Supplement(unit_id=unit, title="2026", year=2026, items="[]", opens_on=today, closes_on=today, **asked)
    add(period)
    change = Change(dossier_id=dossier.id, kind="change", state="draft", title="Sửa", **asked)
    add(change)
    uow.session.flush()
    add(ChangeItem(change_id=change.id, position=1, item="birth_date", act="replace", fact_id=fact_id))
    days = {"received_on": today, "reply_due": today, "done_due": today}
    add(SubjectRequest(dossier_id=dossier.id, kind="extract", number="1", state="open", received_by=account,
                       created_at=now, **days))  # fmt: skip
    add(Loan(dossier_id=dossier.id, number="1", borrower="Người mượn", purpose="đọc", pages_out=1, due_on=today,
             lent_by=account, lent_at=now))  # fmt: skip
    add(Transfer(dossier_id=dossier.id, from_unit_id=unit, to_unit_id=unit, state="draft", **asked))
    taken = Stocktake(unit_id=unit, period="2026-2", opened_by=account, opened_at=now)
    add(taken)
    uow.session.flush()
    add(StocktakeLine(stocktake_id=taken.id, dossier_id=dossier.id, pages_listed=1))
    add(Hold(dossier_id=dossier.id, reason="chờ kết luận", set_by=account, set_at=now))
    add(Disposal(dossier_id=dossier.id, state="asked", reason="hết hạn", legal_basis="luật", asked_by=account,
                 asked_at=now))  # fmt: skip
    add(ImportRun(unit_id=unit, sha256="0" * 64, original_name="a.csv", state="received", received_by=account,
                  received_at=now))  # fmt: skip
    add(ImportMapping(unit_id=unit, signature="s", mapping="{}", used_at=now))
    add(SavedList(kind="criteria", title="Nữ", body="{}", unit_id=unit, owner_id=account, created_at=now,
                  changed_at=now))  # fmt: skip
    add(Due(dossier_id=dossier.id, kind="retirement", due_on=today, notice_on=today, made_at=now))
    _fill_secrets(uow, dossier, account, now)
    add(DueOverride(dossier_id=dossier.id, kind="retirement", legal_basis="luật", reason="kéo dài", by=account, at=now))


def _fill_duties(uow: UnitOfWork, account: str, now: datetime) -> None:
    """A row for each table of duties kept apart."""
    asked = Approval(kind="policy", object_kind="policy", object_id="export_limit", unit_path="1", asked_by=account,
                     asked_unit_id=1, reason="thử lược đồ", asked_at=now, expires_at=now)  # fmt: skip
    uow.session.add(asked)
    uow.session.flush()
    uow.session.add(AccessPolicy(key="export_limit", value=50, valid_from=now, approval_id=asked.id))
    uow.session.add(ListTaking(account_id=account, dossier_id="d", at=now))
    uow.session.add(AccountGrant(account_id=account, kind="clearance", value="1", reason="thử", granted_by=account,
                                 granted_at=now))  # fmt: skip
    uow.session.add(Delegation(giver_id=account, deputy_id=account, unit_ids="[]", starts_on=now.date(),
                               ends_on=now.date(), document_no="1", reason="thử", made_at=now))  # fmt: skip


def _fill_secrets(uow: UnitOfWork, dossier: Dossier, account: str, now: datetime) -> None:
    """A row for each table of state secrets."""
    add, today, at = uow.session.add, now.date(), {"unit_id": dossier.unit_id, "year": 2026, "entry": 1, "secrecy": 1}
    entered = {"entered_by": account, "entered_at": now}
    add(Classification(object_kind="dossier", object_id=dossier.id, act="set", level=1, decided_on=today, **entered))
    add(SecretStub(number="1-TB", received_on=today, **at, **entered))
    copied = SecretCopy(
        act="archival", object_kind="document", copies=1, permitted_by="Thủ trưởng", permitted_on=today,
        recipients="[]", made_by=account, made_at=now, **at,
    )  # fmt: skip
    add(copied)
    uow.session.flush()
    add(SecretCopyEnd(copy_id=copied.id, number=1, what="returned", on_date=today, by=account, at=now))


def _fill_access(uow: UnitOfWork, dossier: Dossier, document: str, account: str, now: datetime) -> None:
    """A row for each table of access beyond one's units."""
    add, unit, today = uow.session.add, dossier.unit_id, now.date()
    said = {"person": "Tên", "papers": "giấy", "purpose": "xac_minh", "reason": "việc", "place": "phòng đọc"}
    asked = Consultation(number="1/2026", holder_unit_id=unit, asked_by=account, asked_unit_id=unit, asked_at=now,
                         first_day=today, last_day=today, state="asked", dossier_id=dossier.id, **said)  # fmt: skip
    add(asked)
    uow.session.flush()
    add(ConsultationPaper(consultation_id=asked.id, document_id=document))
    add(UsageEntry(unit_id=unit, year=2026, line=1, kind="handed", consultation_id=asked.id, at=now))
    add(Emergency(account_id=account, dossier_id=dossier.id, unit_id=unit, reason="gấp", opened_at=now, until=now,
                  review="waiting", review_by=today))  # fmt: skip
    add(Notice(account_id=account, kind="integrity", object_kind="journal", at=now))


def counts(world: World) -> dict[str, int]:
    with world.work() as uow:
        return {
            name: uow.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def test_the_schema_goes_down_and_up_with_rows_in_every_table(world: World) -> None:
    fill_every_table(world)
    assert [name for name, number in counts(world).items() if not number] == []
    engine = world.house.database.engine
    assert schema.is_current(engine)
    schema.downgrade(engine, "base")
    assert not schema.is_current(engine)
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    schema.upgrade(engine)
    assert schema.is_current(engine)
    assert set(counts(world).values()) == {0}


def test_a_newer_programs_database_is_left_alone_and_told(world: World) -> None:
    engine = world.house.database.engine
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="a newer program's \\(schema 9999"):
        schema.upgrade(engine)
    assert "put the backup from before the upgrade back" in health.check(world.house)[0]
    with world.house.look() as uow:
        assert schema.revision(uow.session) == "9999"


NEW_TABLES = (
    "paper_files", "checks", "check_findings", "archival_copies", "scan_signatures", "account_sensitive", "facts",
    "record_heads", "supplements", "changes", "change_items", "subject_requests", "catalogue_rows", "catalogue_others",
    "loans", "transfers", "stocktakes", "stocktake_lines", "holds", "disposals", "import_runs", "import_mappings",
    "anchors", "anchor_sheets", "prunings", "journal_inbox", "journal_waiting",
    "saved_lists", "dues", "due_overrides", "unit_acts", "account_kin",
    "consultations", "consultation_papers", "usage_register", "emergencies", "notices",
    "classifications", "secret_stubs", "secret_copies", "secret_copy_ends",
    "sign_in_attempts", "totp_factors", "passkeys", "recovery_codes", "passkey_challenges",
    "api_tokens", "api_answers",
    "approvals", "list_takings", "access_policy", "account_grants", "delegations",
    "review_progress", "review_days", "review_accesses", "review_works", "review_items", "review_notes",
    "review_weights", "review_watches", "search_feed", "document_texts",
    "saved_searches", "saved_search_hits",
    "link_waiting", "link_features", "link_keys", "link_candidates", "link_decisions", "link_persons",
    "link_conflicts",
    "exchange_partners", "exchange_packages", "exchange_records", "exchange_links", "exchange_codes",
    "procedure_versions", "procedure_proposals", "cases", "case_events", "case_papers", "case_drafts",
    "case_opinions", "directives", "task_reports", "count_contests", "leases",
)  # fmt: skip
"""Tables that the schema before 0005 does not have: going below it gives up their rows, and no others."""


def test_the_guards_can_be_taken_off_and_put_back_without_touching_a_row(world: World) -> None:
    fill_every_table(world)
    before, engine = counts(world), world.house.database.engine
    schema.downgrade(engine, "0001")
    schema.upgrade(engine)
    cadres = before["cadres"]  # every record waits to be compared anew
    assert counts(world) == before | dict.fromkeys(NEW_TABLES, 0) | {"link_waiting": cadres}


def test_going_back_keeps_the_reading_a_page_shows_and_its_guards(world: World) -> None:
    world.paper()
    engine = world.house.database.engine
    with world.work() as uow:
        page = uow.session.scalars(select(Page)).one()
        papers.keep_reading(uow.session, page, "again", {"text": "đọc lần hai"}, world.clock(), "someone")
        name = page.id
    schema.downgrade(engine, "0004")
    with engine.begin() as connection, pytest.raises(IntegrityError, match="can only be added to"):
        connection.execute(text("DELETE FROM page_readings"))
    schema.upgrade(engine)
    with world.work() as uow:
        assert papers.readings(uow.session, [name])[name] == {"text": "đọc lần hai"}
        assert [row.engine for row in uow.session.scalars(select(PageReading))] == ["again"]


def test_the_migrations_make_the_tables_the_program_uses(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("act", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_what_only_grows_cannot_be_changed_or_removed(world: World, table: str, act: str) -> None:
    fill_every_table(world)
    before = counts(world)[table]
    keys = {
        "journal": "seq",
        "checkpoints": "size",
        "page_readings": "engine",
        "link_decisions": "number",
        "case_events": "number",
        "task_reports": "number",
    }
    key = keys.get(table, "id")
    with pytest.raises(IntegrityError, match="can only be added to"), world.work() as uow:
        uow.session.execute(text(act.format(table).replace("rowid", key)))
    assert counts(world)[table] == before


def test_numbers_of_entries_are_dense_also_after_a_rollback(world: World) -> None:
    with pytest.raises(AttributeError), world.work() as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock()).gone  # type: ignore[attr-defined]  # noqa: B018
    for _ in range(3):
        with world.work() as uow:
            note(uow, None, Verb.STATUS_VIEW, world.clock())
    with world.work() as uow:
        numbers = list(uow.session.scalars(select(JournalEntry.seq).order_by(JournalEntry.seq)))
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_database_that_cannot_be_written_closes_the_door(world: World) -> None:
    with world.work() as uow:
        uow.session.execute(text("ALTER TABLE journal RENAME TO gone"))
    with pytest.raises(JournalUnavailable), world.work() as uow:
        note(uow, None, Verb.STATUS_VIEW, world.clock())


def test_a_snapshot_changes_nothing(world: World) -> None:
    before = counts(world)["search_feed"]
    with world.house.database.snapshot() as session:
        session.add(SearchFeed(what="unit", object_id="1", words=False))
        session.flush()
    assert counts(world)["search_feed"] == before


def test_naive_times_are_an_error(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(engine)
    row = {"size": 1, "frontier": "", "note": "", "at": datetime(2026, 11, 2)}  # noqa: DTZ001
    with pytest.raises(StatementError, match="naive"), engine.begin() as connection:
        connection.execute(insert(JournalCheckpoint), row)
    engine.dispose()
