"""Row-level security on PostgreSQL: the second wall, bound from the same :class:`Visibility` as the first.

The store's own conditions (``oms.store.visible``) are the first wall. This one stands in the database: a statement that
forgot its condition still shows a bound person nothing beyond their rights, and with nobody bound shows nothing.
It guards against a forgotten condition. It does not guard against somebody who runs statements of their own as the
program's role: they could bind themselves, as the program does.

``WALLED`` says for every table which of its rows one may see; ``OPEN`` why a table has no wall. A table in neither is
given to nobody (see ``oms.store.postgres``), and a test fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import ARRAY, Text, cast, func, literal, select
from sqlalchemy.orm import Session

from oms.domain.access import EMERGENCY_LEVEL, Action, Principal, Visibility, permits, widest
from oms.domain.approvals import OFFICES

_EMERGENCY = int(EMERGENCY_LEVEL)


def _among(column: str, name: str) -> str:
    """Whether a column is among a bound set; the set is taken once a statement, not once a row."""
    return f"{column} = ANY((SELECT oms_bound('{name}'))::text[])"


def _in_units(column: str) -> str:
    return f"{column} = ANY((SELECT oms_units())::int[])"


def _covered(path: str) -> str:
    """The units' clause for a row that bears a path in place of a unit's id."""
    return (
        "EXISTS (SELECT 1 FROM unnest((SELECT oms_bound('units'))::text[]) AS scope "  # noqa: S608
        f"WHERE {path} = scope OR starts_with({path}, scope || '/'))"
    )


def _through(table: str, column: str, above: str) -> str:
    """The row is seen when the row it belongs to is; that one's own wall is asked."""
    return f"EXISTS (SELECT 1 FROM {above} AS above WHERE above.id = {table}.{column})"  # noqa: S608


def _rule(table: str, inside: str, *, dossier: str = "", compartment: bool = True, state: bool = False) -> str:
    """The clauses of ``visible.visible`` around the one that says which units or papers a row may be of."""
    reached = f"(({inside}) AND {table}.secrecy <= (SELECT oms_level()))"
    clauses = [reached]
    if dossier:
        urgent = f"({_among(dossier, 'emergency')} AND {table}.secrecy <= {_EMERGENCY})"
        clauses = [f"({reached} OR {urgent})", f"({_among(dossier, 'withheld')}) IS NOT TRUE"]
    if compartment:
        clauses.append(f"({table}.compartment = '' OR {_among(f'{table}.compartment', 'compartments')})")
    if state:
        clauses.append(f"NOT {_among(f'{table}.state', 'barred')}")
    return " AND ".join(clauses)


def _judged(table: str, *, dossier: str = "", document: str = "", compartment: bool = True, state: bool = False) -> str:
    """The whole rule for a row that says itself where it is and how secret."""
    inside = [_in_units(f"{table}.unit_id")]
    if dossier:
        inside.append(f"{dossier} = ANY((SELECT oms_arriving())::text[])")
    if document:
        inside.append(_among(document, "documents"))
    return _rule(table, " OR ".join(inside), dossier=dossier, compartment=compartment, state=state)


def _resting(table: str) -> str:
    """The rule for what lies in a dossier and is where that is, with a level of its own."""
    home = (
        f"EXISTS (SELECT 1 FROM dossiers AS home WHERE home.id = {table}.dossier_id AND "  # noqa: S608
        f"({_in_units('home.unit_id')} OR home.id = ANY((SELECT oms_arriving())::text[])))"
    )
    return f"{_rule(table, home, dossier=f'{table}.dossier_id')} AND {_through(table, 'dossier_id', 'dossiers')}"


_DOCUMENTS = (
    _judged("documents", dossier="documents.dossier_id", document="documents.id")
    + " AND NOT documents.id = ANY((SELECT oms_taken_for_withheld())::text[])"
)
_PAGES = (
    f"CASE WHEN pages.document_id IS NOT NULL THEN {_through('pages', 'document_id', 'documents')} ELSE "  # noqa: S608
    "EXISTS (SELECT 1 FROM scans JOIN batches ON batches.id = scans.batch_id WHERE scans.id = pages.scan_id) END"
)
_SCANS = f"{_through('scans', 'batch_id', 'batches')} OR EXISTS (SELECT 1 FROM documents WHERE scan_id = scans.id)"  # noqa: S608
_ACCOUNT = "(SELECT oms_account())"
_JOURNAL = (
    f"(SELECT oms_reviews()) OR journal.actor_id = {_ACCOUNT} OR ({_rule('journal', _covered('journal.unit_path'))} "
    f"AND NOT {_among('journal.object_id', 'withheld')})"
)
# who has an office sees the acts of the office, none of which is about a record
_APPROVALS = (
    f"approvals.asked_by = {_ACCOUNT} OR (approvals.dossier_id IS NULL AND (SELECT oms_in_office())) OR "
    f"({_rule('approvals', _covered('approvals.unit_path'), dossier='approvals.dossier_id')})"
)
_CLASSIFICATIONS = (
    f"CASE classifications.object_kind WHEN 'document' THEN {_through('classifications', 'object_id', 'documents')} "
    f"WHEN 'dossier' THEN {_through('classifications', 'object_id', 'dossiers')} ELSE false END"
)


def _further(end: str) -> str:
    """The further side of a pair: seen, or one that everybody may learn of and that is not withheld."""
    dossier = f"link_candidates.{end}_dossier_id"
    return (
        f"({_through('link_candidates', f'{end}_dossier_id', 'dossiers')} OR "
        f"(oms_link_open({dossier}) AND ({_among(dossier, 'withheld')}) IS NOT TRUE))"
    )


# one side seen, the other at least open to be learnt of; what of it is shown, the program decides
_PAIRS = (
    f"({_through('link_candidates', 'left_dossier_id', 'dossiers')} OR "
    f"{_through('link_candidates', 'right_dossier_id', 'dossiers')}) AND {_further('left')} AND {_further('right')}"
)


# a case is seen where it was received and where it is in hand; one about a dossier, where that is seen, too; the desk
# whose work it follows moves it whoever works there (every_case)
_CASES = (
    "(SELECT oms_every_case()) OR ("
    + _rule(
        "cases",
        f"{_in_units('cases.unit_id')} OR {_in_units('cases.step_unit_id')}",
        dossier="cases.dossier_id",
    )
    + f" AND (cases.dossier_id IS NULL OR {_through('cases', 'dossier_id', 'dossiers')}))"
)
# who is given one of its tasks sees where it comes from
_DIRECTIVES = _rule(
    "directives",
    f"{_in_units('directives.unit_id')} OR EXISTS (SELECT 1 FROM tasks WHERE tasks.directive_id = directives.id)",  # noqa: S608
)


def _of(above: str, column: str, tables: Iterable[str]) -> dict[str, str]:
    return {table: _through(table, column, above) for table in tables}


WALLED: dict[str, str] = {
    "dossiers": _judged("dossiers", dossier="dossiers.id", state=True),
    "record_heads": _judged("record_heads", dossier="record_heads.dossier_id", state=True),
    "documents": _DOCUMENTS,
    "batches": _judged("batches"),
    "exchange_packages": _judged("exchange_packages"),
    **_of("exchange_packages", "package_id", ("exchange_records",)),
    **_of("dossiers", "dossier_id", ("exchange_links",)),
    "import_runs": _judged("import_runs", compartment=False),
    "facts": _resting("facts"),
    "changes": _resting("changes"),
    "cadres": "EXISTS (SELECT 1 FROM dossiers WHERE dossiers.cadre_id = cadres.id)",
    "pages": _PAGES,
    "scans": _SCANS,
    "journal": _JOURNAL,
    "journal_waiting": "false",
    "approvals": _APPROVALS,
    "list_takings": f"list_takings.account_id = {_ACCOUNT}",
    "classifications": _CLASSIFICATIONS,
    "secret_stubs": _judged("secret_stubs", dossier="secret_stubs.dossier_id"),
    "secret_copies": _judged("secret_copies", dossier="secret_copies.dossier_id"),
    **_of("secret_copies", "copy_id", ("secret_copy_ends",)),
    **_of("pages", "page_id", ("page_readings", "word_corrections")),
    **_of("documents", "document_id", ("document_fields", "document_changes", "archival_copies", "proposals")),
    **_of("documents", "document_id", ("checks", "document_texts")),
    **_of("checks", "check_id", ("check_findings",)),
    **_of("batches", "batch_id", ("paper_files",)),
    **_of("scans", "scan_id", ("scan_signatures",)),
    **_of("facts", "fact_id", ("catalogue_others",)),
    **_of("changes", "change_id", ("change_items",)),
    **_of("dossiers", "dossier_id", ("subject_requests", "loans", "holds", "disposals", "stocktake_lines")),
    **_of("dossiers", "dossier_id", ("dues", "due_overrides")),
    "notices": f"notices.account_id = {_ACCOUNT}",
    "consultations": f"(consultations.asked_by = {_ACCOUNT} OR {_in_units('consultations.holder_unit_id')}) AND "
    f"({_among('consultations.dossier_id', 'withheld')}) IS NOT TRUE",
    **_of("consultations", "consultation_id", ("consultation_papers",)),
    "usage_register": f"usage_register.by = {_ACCOUNT} OR {_in_units('usage_register.unit_id')}",
    "emergencies": f"emergencies.account_id = {_ACCOUNT} OR emergencies.behalf_of = {_ACCOUNT} OR "
    f"(SELECT oms_in_office()) OR {_in_units('emergencies.unit_id')}",
    # what the journal says, made ready for its reviewers; the program makes it
    **dict.fromkeys(("review_days", "review_accesses", "review_works", "review_items"), "(SELECT oms_reviews())"),
    **dict.fromkeys(("review_notes", "review_weights"), "(SELECT oms_reviews())"),
    "review_watches": "(SELECT oms_reviews()) OR (SELECT oms_in_office())",
    "openings": f"openings.account_id = {_ACCOUNT} OR {_through('openings', 'dossier_id', 'dossiers')}",
    # the receiver sees what is on its way before the dossier is theirs; the level stands in the dossier
    "transfers": f"{_in_units('transfers.from_unit_id')} OR "
    f"({_in_units('transfers.to_unit_id')} AND transfers.state <> 'draft')",
    "supplements": _in_units("supplements.unit_id"),
    "stocktakes": _in_units("stocktakes.unit_id"),
    "import_mappings": _in_units("import_mappings.unit_id"),
    "tasks": f"({_rule('tasks', _in_units('tasks.unit_id'))}) OR tasks.created_by = {_ACCOUNT} "
    f"OR tasks.owner_id = {_ACCOUNT}",
    **_of("tasks", "task_id", ("task_reports",)),
    "directives": _DIRECTIVES,
    "cases": _CASES,
    **_of("cases", "case_id", ("case_events", "case_papers", "case_drafts", "case_opinions")),
    "count_contests": f"count_contests.account_id = {_ACCOUNT} OR {_in_units('count_contests.unit_id')}",
    "saved_searches": f"saved_searches.account_id = {_ACCOUNT}",
    **_of("saved_searches", "search_id", ("saved_search_hits",)),
    "link_features": _through("link_features", "dossier_id", "dossiers"),
    "link_keys": "false",
    "link_candidates": _PAIRS,
    **_of("link_candidates", "candidate_id", ("link_decisions", "link_conflicts")),
    **_of("cadres", "cadre_id", ("link_persons",)),
    "saved_lists": f"saved_lists.owner_id = {_ACCOUNT} OR saved_lists.shared",
}
"""Table → which of its rows the bound person may see, and may write: a row outside is refused."""

ADDED_FREELY = frozenset({"cadres", "journal", "journal_waiting", "notices", "usage_register"})
"""Tables to which a bound person may add any row: a cadre comes before their dossier; an act is always written down, a
notice goes to others, and who reads in a consultation enters the reading in the register of the unit that lends."""

OPEN: dict[str, str] = {
    "alembic_version": "the number of the schema",
    "units": "the tree of units is known to everybody; the rule itself is read from it",
    "unit_successions": "the history of units is known to everybody",
    "unit_acts": "the history of units is known to everybody",
    "accounts": "read before anybody is bound, to know who signs in; no record",
    "account_scopes": "the rule itself, read before anybody is bound",
    "account_compartments": "the rule itself, read before anybody is bound",
    "account_sensitive": "the rule itself, read before anybody is bound",
    "account_grants": "the rule itself, read before anybody is bound",
    "delegations": "the rule itself, read before anybody is bound",
    "account_kin": "the rule itself, read before anybody is bound",
    "access_policy": "dated values of the access policy, known to everybody; no record",
    "passkeys": "read before anybody is bound, to know who signs in; no record",
    "passkey_challenges": "read before anybody is bound, to know who signs in; no record",
    "totp_factors": "read before anybody is bound, to know who signs in; no record",
    "recovery_codes": "read before anybody is bound, to know who signs in; hashes",
    "sign_in_attempts": "written before anybody is bound; keyed hashes",
    "sessions": "read before anybody is bound; hashes of tokens",
    "api_tokens": "read before anybody is bound; hashes of tokens",
    "api_answers": "keys, hashes and addresses of requests of programs; no record",
    "exchange_partners": "other installations and their public keys; no record",
    "exchange_codes": "unit codes of other installations; no record",
    "procedure_versions": "procedures, regulations and rules by version; no record",
    "procedure_proposals": "what staff propose of procedures, for everybody to read; no record",
    "catalogue_rows": "code lists, rules and forms; no record",
    "checkpoints": "signed heads of the journal, meant to be shown; no record",
    "anchors": "heads of the journal that are kept outside; no record",
    "anchor_sheets": "numbers of printed heads of the journal; no record",
    "prunings": "which entries of the journal two persons let go; no record",
    "journal_inbox": "how far the inbox was taken; no record",
    "leases": "random ids of work in hand and names of hosts; no record",
    "search_feed": "random ids of what changed, and when beside what; no record",
    "link_waiting": "random ids of records to be compared; no record",
    "review_progress": "how far the journal is taken in for review: a number and a day",
}
"""Tables without a wall, each with its reason."""

FUNCTIONS = (
    # STABLE and a search path of their own: a temporary table of the same name changes nothing
    """CREATE FUNCTION oms_bound(name text) RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(nullif(current_setting('oms.' || name, true), '')::text[], '{}') $$""",
    """CREATE FUNCTION oms_level() RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(nullif(current_setting('oms.level', true), '')::int, -1) $$""",
    """CREATE FUNCTION oms_account() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS $$ SELECT nullif(current_setting('oms.account', true), '') $$""",
    """CREATE FUNCTION oms_reviews() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(current_setting('oms.reviews', true), '') = 'on' $$""",
    """CREATE FUNCTION oms_in_office() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(current_setting('oms.in_office', true), '') = 'on' $$""",
    """CREATE FUNCTION oms_is_program() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(current_setting('oms.program', true), '') = 'on' $$""",
    """CREATE FUNCTION oms_every_case() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, pg_temp AS
       $$ SELECT coalesce(current_setting('oms.every_case', true), '') = 'on' $$""",
    """CREATE FUNCTION oms_units() RETURNS int[] LANGUAGE sql STABLE PARALLEL SAFE
       SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT coalesce(array_agg(id), '{}') FROM units WHERE EXISTS (
            SELECT 1 FROM unnest(oms_bound('units')) AS scope
            WHERE path = scope OR starts_with(path, scope || '/')) $$""",
    # what is on its way to a bound unit, for the outer wall alone; the owner's rights, for it is not yet theirs
    """CREATE FUNCTION oms_arriving() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT coalesce(array_agg(dossier_id), '{}') FROM transfers
          WHERE current_setting('oms.outer', true) = 'on' AND state = 'sealed' AND to_unit_id = ANY(oms_units()) $$""",
    # papers that the machine takes for those of a withheld dossier
    """CREATE FUNCTION oms_taken_for_withheld() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT coalesce(array_agg(document_id), '{}') FROM proposals
          WHERE dossier_id = ANY(oms_bound('withheld')) $$""",
    # own and relatives' dossiers (people.withheld_from): asked before anybody is bound
    """CREATE FUNCTION oms_withheld_from(account text) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS
       $$ WITH kin AS (SELECT * FROM account_kin WHERE account_id = account AND ended_at IS NULL),
          theirs AS (
            SELECT cadres.id FROM kin JOIN cadres USING (citizen_id) WHERE citizen_id <> '' UNION
            SELECT cadres.id FROM kin JOIN cadres USING (folded_name, birth_date)
              WHERE folded_name <> '' AND birth_date <> '')
          SELECT coalesce(array_agg(id), '{}') FROM dossiers WHERE cadre_id IN (SELECT id FROM theirs) $$""",
    # the dossiers a unit holds under a number or of a citizen id: asked by who opens one in an emergency
    """CREATE FUNCTION oms_urgent_named(unit int, named text) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT coalesce(array_agg(dossiers.id), '{}') FROM dossiers JOIN cadres ON cadres.id = dossiers.cadre_id
          WHERE dossiers.unit_id = unit AND (dossiers.number = named OR cadres.citizen_id = named) $$""",
    # which dossiers were opened in emergencies, for those who review that and see no record
    """CREATE FUNCTION oms_urgent_dossiers(ids text[])
       RETURNS TABLE (id text, number text, secrecy int, compartment text, state text) LANGUAGE sql STABLE
       SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT id, number, secrecy, compartment, state FROM dossiers
          WHERE dossiers.id = ANY(ids) AND EXISTS (SELECT 1 FROM emergencies WHERE dossier_id = dossiers.id) $$""",
    # number and name that an approved consultation has told who asked for it: of the bound account's own, nothing else
    """CREATE FUNCTION oms_lent_heading(consultation text) RETURNS TABLE (number text, full_name text) LANGUAGE sql
       STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT dossiers.number, cadres.full_name FROM consultations
          JOIN dossiers ON dossiers.id = consultations.dossier_id JOIN cadres ON cadres.id = dossiers.cadre_id
          WHERE consultations.id = consultation AND consultations.asked_by = oms_account()
            AND consultations.state = 'approved' $$""",
    # the next line of a unit's register of uses: who reads in a consultation enters it there and sees no other
    """CREATE FUNCTION oms_usage_line(unit int, of_year int) RETURNS int LANGUAGE sql VOLATILE
       SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT coalesce(max(line), 0) + 1 FROM usage_register WHERE unit_id = unit AND year = of_year $$""",
    # what the journal's next row follows: rows are added by whoever holds the writers' lock, whatever they may see
    """CREATE FUNCTION oms_journal_newest() RETURNS TABLE (seq int, at text, clock bigint) LANGUAGE sql VOLATILE
       SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT seq, at, clock FROM journal ORDER BY journal.seq DESC LIMIT 1 $$""",
)
"""What the walls ask. Those with the owner's rights answer one narrow question each."""

READ_BY_OWNER = (
    *("transfers", "proposals", "journal", "cadres", "dossiers", "pages", "link_candidates", "link_persons"),
    *("emergencies", "consultations", "usage_register"),
)
"""What the owner's functions read; otherwise the owner, too, sees nothing (FORCE ROW LEVEL SECURITY)."""


SEALED_FROM = ("journal", "journal_waiting")
"""What the sealer reads: the journal and its waiting room."""

PERSONS = "oms_app, oms_worker"
"""Roles that work for a bound person, with that person's rights; the worker does for the watched folder's account."""


def statements() -> list[str]:
    """The walls as SQL: run by the owner's installer in the transaction of the migrations."""
    made = []
    for table, condition in WALLED.items():
        made += [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"]
        if table in ADDED_FREELY:
            made.append(f"CREATE POLICY add_{table} ON {table} FOR INSERT TO {PERSONS} WITH CHECK (true)")
            for act in ("SELECT", "UPDATE", "DELETE"):
                made.append(
                    f"CREATE POLICY {act.lower()}_{table} ON {table} FOR {act} TO {PERSONS} USING ({condition})"
                )
        else:
            made.append(f"CREATE POLICY person_{table} ON {table} TO {PERSONS} USING ({condition})")
        made.append(f"CREATE POLICY program_{table} ON {table} TO oms_worker USING ((SELECT oms_is_program()))")
    made += [f"CREATE POLICY owner_{table} ON {table} FOR SELECT TO oms_owner USING (true)" for table in READ_BY_OWNER]
    made.append("CREATE POLICY owner_record_heads ON record_heads TO oms_owner USING (true)")  # heads_follow
    made.append("CREATE POLICY owner_document_texts ON document_texts TO oms_owner USING (true)")  # documents_text_out
    made += [f"CREATE POLICY sealer_{table} ON {table} TO oms_sealer USING (true)" for table in SEALED_FROM]
    return made


def on_postgres(session: Session) -> bool:
    """Whether this session speaks to PostgreSQL, where the second wall stands."""
    return session.get_bind().dialect.name == "postgresql"


def bind(
    session: Session,
    view: Visibility,
    account_id: str = "",
    *,
    reviews: bool = False,
    in_office: bool = False,
    outer: bool = True,
) -> None:
    """Binds a person's visibility to the running transaction; it ends with it. Nothing to do on SQLite.

    ``reviews``: the whole journal; ``in_office``: acts of an office. ``outer``: the widest of the person's actions,
    with what is on its way to their units; without it the wall is exactly ``view``.
    """
    if not on_postgres(session):
        return
    sets = {
        "units": view.units,
        "compartments": view.compartments,
        "withheld": view.withheld,
        "documents": view.documents,
        "emergency": view.emergency,
        "barred": view.barred,
    }
    values = {"level": str(view.secrecy), "account": account_id, "program": ""}
    for name, on in {"reviews": reviews, "in_office": in_office, "outer": outer}.items():
        values[name] = "on" if on else ""
    bound = [func.set_config(f"oms.{name}", value, True) for name, value in values.items()]
    for name, members in sets.items():
        array = cast(cast(literal(sorted(members), ARRAY(Text)), ARRAY(Text)), Text)
        bound.append(func.set_config(f"oms.{name}", array, True))
    session.execute(select(*bound))


@contextmanager
def for_account(session: Session, account_id: str) -> Iterator[None]:
    """Binds an account alone, for what its own rows say of it, before its rights are known; puts back who was bound."""
    if not on_postgres(session):
        yield
        return
    now = func.coalesce(func.current_setting("oms.account", True), "")
    before = session.scalar(select(now, func.set_config("oms.account", account_id, True)))  # taken from left to right
    yield
    session.execute(select(func.set_config("oms.account", before, True)))


def reach(session: Session, dossier_ids: list[str]) -> None:
    """Lets the wall take dossiers for open in an emergency until the transaction ends: one of them is about to be.

    The level of emergencies, compartments and what is withheld hold as for any that is open.
    """
    before = session.scalar(select(func.oms_bound("emergency"))) or []
    array = cast(cast(literal(sorted({*before, *dossier_ids}), ARRAY(Text)), ARRAY(Text)), Text)
    session.execute(select(func.set_config("oms.emergency", array, True)))


@contextmanager
def every_case(session: Session) -> Iterator[None]:
    """Opens the wall around cases and nothing else, for numbering one and for a desk that moves the case of its work.

    Whoever asks for a consultation sees no case of the unit that is asked; its case is begun all the same. What is
    written inside is in the database when it ends.
    """
    if not on_postgres(session):
        yield
        return
    now = func.coalesce(func.current_setting("oms.every_case", True), "")
    before = session.scalar(select(now, func.set_config("oms.every_case", "on", True)))
    yield
    session.flush()
    session.execute(select(func.set_config("oms.every_case", before, True)))


def bind_program(session: Session) -> None:
    """Says that the program itself works here: counts for its own role alone, never for the one persons come by."""
    if on_postgres(session):
        session.execute(select(func.set_config("oms.program", "on", True)))


def bind_for(session: Session, principal: Principal | None) -> None:
    """Says who works in the running transaction: a person, with the widest of their rights, or the program itself."""
    if not on_postgres(session):
        return
    if principal is None:
        bind_program(session)
        return
    bind(
        session,
        widest(principal),
        principal.account_id,
        reviews=permits(principal, Action.JOURNAL_READ),
        in_office=principal.role in OFFICES,
    )
