"""Guards of tables that only grow, as PostgreSQL's triggers; SQLite has them from the migrations, by the same names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """Refuses an act on a table's rows with these words, where ``when`` holds (always, if empty)."""

    table: str
    act: str
    words: str
    name: str
    when: str = ""

    def sql(self) -> str:
        """The trigger. What it raises is an integrity error, as on SQLite."""
        when = f"WHEN ({self.when}) " if self.when else ""
        words = self.words.replace("'", "''")
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.act} ON {self.table} FOR EACH ROW {when}"
            f"EXECUTE FUNCTION oms_refuse('{words}')"
        )


_NOT_DISPOSED = {
    "page_readings": "NOT oms_disposing('page', OLD.page_id)",
    "word_corrections": "NOT oms_disposing('page', OLD.page_id)",
    "document_fields": "NOT oms_disposing('document', OLD.document_id)",
    "facts": "NOT oms_disposing('dossier', OLD.dossier_id)",
    "case_events": "NOT oms_disposing('case', OLD.case_id)",
}
"""Rows that leave when their dossier is disposed of, and only then (see migrations 0008 and 0029)."""

ONLY_GROW = (
    *("journal", "checkpoints", "page_readings", "word_corrections", "document_fields", "scan_signatures", "facts"),
    *("classifications", "secret_copies", "secret_copy_ends", "usage_register"),
    *("anchors", "anchor_sheets", "prunings", "review_notes", "link_decisions", "case_events", "task_reports"),
)
"""Tables from which no row is taken and which are never emptied."""

_VERSION_WORDS = "code, version, kind, field, title, body, valid_from, owner_unit_id, state"
_FACT_WORDS = (
    "id, dossier_id, item, body, raw, text, folded, number, starts, ends, source, document_id, page_id, box, "
    "source_words, entered_by, entered_at, change_id"
)


def _only_added_to(table: str) -> list[Guard]:
    words = f"{table} can only be added to"
    found = [Guard(table, "DELETE", words, f"{table}_no_delete", _NOT_DISPOSED.get(table, ""))]
    return found if table == "facts" else [*found, Guard(table, "UPDATE", words, f"{table}_no_update")]


def _falling(name: str, table: str, *objects: tuple[str, str]) -> list[Guard]:
    """A level falls only where the newest row of ``classifications`` on one of the objects says so (migration 0013)."""
    lowered = " OR ".join(
        f"oms_lowered('{kind}', OLD.{column}, NEW.secrecy, NEW.compartment, OLD.compartment)"
        for kind, column in objects
    )
    falls = "NEW.secrecy < OLD.secrecy OR (OLD.compartment <> '' AND NEW.compartment <> OLD.compartment)"
    words = "a level falls only by a decision"
    return [Guard(table, "UPDATE OF secrecy, compartment", words, name, f"({falls}) AND NOT ({lowered})")]


GUARDS: tuple[Guard, ...] = (
    *(guard for table in ONLY_GROW for guard in _only_added_to(table)),
    Guard(
        "journal", "INSERT", "journal can only be added to", "journal_in_order", "NEW.seq <> oms_newest('journal') + 1"
    ),
    Guard(
        *("checkpoints", "INSERT", "checkpoints can only be added to", "checkpoints_in_order"),
        "NEW.size <= oms_newest('checkpoints')",
    ),
    Guard(
        *("procedure_versions", f"UPDATE OF {_VERSION_WORDS}", "a published version is not rewritten"),
        *("procedure_versions_published", "OLD.state = 'published'"),
    ),
    Guard("facts", f"UPDATE OF {_FACT_WORDS}", "facts can only be added to", "facts_no_rewrite"),
    *_falling("documents_fall_by_decision", "documents", ("document", "id")),
    *_falling("dossiers_fall_by_decision", "dossiers", ("dossier", "id")),
    *_falling("facts_only_rise", "facts", ("document", "document_id"), ("dossier", "dossier_id")),
    Guard("facts", "UPDATE OF ended_at", "a fact ends once", "facts_end_once", "OLD.ended_at IS NOT NULL"),
    Guard(
        "facts",
        "UPDATE OF confirmed_by",
        "a fact is confirmed once",
        "facts_confirm_once",
        "OLD.confirmed_by IS NOT NULL",
    ),
)

FUNCTIONS = (
    """CREATE FUNCTION oms_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
       BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation'; END $$""",
    # asked with the rights of whoever deletes: what they do not see is not being disposed of by them
    """CREATE FUNCTION oms_disposing(kind text, of text) RETURNS boolean LANGUAGE sql STABLE
       SET search_path = pg_catalog, public, pg_temp AS $$
       SELECT EXISTS (SELECT 1 FROM disposals WHERE state = 'doing' AND dossier_id = CASE kind
         WHEN 'dossier' THEN of
         WHEN 'case' THEN (SELECT cases.dossier_id FROM cases WHERE cases.id = of)
         WHEN 'document' THEN (SELECT documents.dossier_id FROM documents WHERE documents.id = of)
         ELSE (SELECT documents.dossier_id FROM pages JOIN documents ON documents.id = pages.document_id
               WHERE pages.id = of) END) $$""",
    """CREATE FUNCTION oms_lowered(kind text, of text, to_level int, to_area text, from_area text) RETURNS boolean
       LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
       SELECT coalesce((SELECT act = 'lower' AND level <= to_level AND (compartment = to_area OR to_area = from_area)
         FROM classifications WHERE object_kind = kind AND object_id = of ORDER BY id DESC LIMIT 1), false) $$""",
    # with the owner's rights: who appends may not see the last row; VOLATILE: rows of the same statement count
    """CREATE FUNCTION oms_newest(kind text) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS $$
       SELECT CASE kind WHEN 'journal' THEN (SELECT coalesce(max(seq), 0) FROM journal)
         ELSE (SELECT coalesce(max(size), 0) FROM checkpoints) END $$""",
    # with the owner's rights: a dossier that leaves one's units takes its head along
    """CREATE FUNCTION oms_heads_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS $$
       BEGIN
         UPDATE record_heads SET unit_id = NEW.unit_id, block = NEW.block, secrecy = NEW.secrecy,
           compartment = NEW.compartment, state = NEW.state WHERE dossier_id = NEW.id;
         RETURN NULL;
       END $$""",
)

_HEADS_FOLLOW = (
    "CREATE TRIGGER heads_follow AFTER UPDATE OF unit_id, block, secrecy, compartment, state ON dossiers "
    "FOR EACH ROW EXECUTE FUNCTION oms_heads_follow()"
)


def statements() -> list[str]:
    """Every trigger as SQL: a row's change or removal, and the emptying of a table that only grows."""
    emptied = [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
        f"EXECUTE FUNCTION oms_refuse('{table} can only be added to')"
        for table in ONLY_GROW
    ]
    return [*(guard.sql() for guard in GUARDS), *emptied, _HEADS_FOLLOW]
