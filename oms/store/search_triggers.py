"""What writes the search's feed on PostgreSQL; SQLite has the same triggers from migrations 0021, 0023 and
0024, by the same names.

The functions run with the owner's rights: what a person moves out of their own sight has to be told all the same.
They read no paper, only which paper a page belongs to: the walls stay forced on the owner. So a page of a paper that is
not filed is told too, and the indexer passes over it.
"""

from __future__ import annotations

from oms.store import server

_ADD = "INSERT INTO search_feed (what, object_id, words) "
_MARKS = ("state", "dossier_id", "unit_id", "secrecy", "compartment", "type_code", "issued_on")
_WORDS = ("title", "number", "person_name")
_DOSSIER = ("block", "number", "cadre_id", "unit_id", "secrecy", "compartment")
_CADRE = ("full_name", "folded_name", "other_names", "birth_date", "citizen_id")


def _differs(*columns: str) -> str:
    return f"({', '.join(f'NEW.{column}' for column in columns)}) IS DISTINCT FROM " + (
        f"({', '.join(f'OLD.{column}' for column in columns)})"
    )


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN {body}; RETURN NULL; END $$"
    )


_PAPER_WORDS = f"({_differs('state', 'dossier_id', *_WORDS)} OR (NEW.secrecy = 0) <> (OLD.secrecy = 0))"
_DOSSIER_WORDS = f"({_differs('number', 'cadre_id')} OR (NEW.secrecy = 0) <> (OLD.secrecy = 0))"
_OF_PAGE = (
    f"{_ADD}SELECT 'document', document_id, true FROM pages "  # noqa: S608 - names of our own
    "WHERE id = NEW.page_id AND document_id IS NOT NULL"
)

FUNCTIONS = (
    _function("oms_feed_paper_in", f"{_ADD}VALUES ('document', NEW.id, true)"),
    _function("oms_feed_paper", f"{_ADD}VALUES ('document', NEW.id, {_PAPER_WORDS})"),
    _function("oms_feed_paper_out", f"{_ADD}VALUES ('document', OLD.id, true)"),
    _function("oms_text_out", "DELETE FROM document_texts WHERE document_id = NEW.id"),
    _function("oms_feed_dossier", f"{_ADD}VALUES ('dossier', NEW.id, {_DOSSIER_WORDS})"),
    _function("oms_feed_cadre", f"{_ADD}VALUES ('cadre', NEW.id, {_differs('full_name', 'other_names')})"),
    _function("oms_feed_unit", f"{_ADD}VALUES ('unit', NEW.id::text, false)"),
    _function("oms_feed_page_in", f"{_ADD}VALUES ('document', NEW.document_id, true)"),
    _function(
        "oms_feed_page",
        f"{_ADD}SELECT 'document', told.id, true "  # noqa: S608 - names of our own
        "FROM (SELECT NEW.document_id AS id UNION SELECT OLD.document_id) AS told WHERE told.id IS NOT NULL",
    ),
    _function("oms_feed_of_page", _OF_PAGE),
    _function(
        "oms_feed_token",
        "UPDATE search_feed SET token = (random() * 9007199254740991)::bigint WHERE number = NEW.number",
    ),
    _function("oms_feed_told", f"PERFORM pg_notify('{server.FEED}', '')"),
)

TOLD = "search_feed_told"
"""Wakes the indexers of all hosts when the change is there to be read; SQLite's looks for itself."""
_FILED = "(OLD.state = 'filed' OR NEW.state = 'filed')"
_TRIGGERS = (
    ("documents_feed_in", "INSERT ON documents", "NEW.state = 'filed'", "oms_feed_paper_in"),
    (
        "documents_feed",
        f"UPDATE OF {', '.join(_MARKS + _WORDS)} ON documents",
        f"{_FILED} AND {_differs(*_MARKS, *_WORDS)}",
        "oms_feed_paper",
    ),
    ("documents_feed_out", "DELETE ON documents", "OLD.state = 'filed'", "oms_feed_paper_out"),
    (
        "documents_text_out",
        "UPDATE OF state ON documents",
        "OLD.state = 'filed' AND NEW.state <> 'filed'",
        "oms_text_out",
    ),
    (
        "dossiers_feed",
        f"UPDATE OF {', '.join(_DOSSIER)} ON dossiers",
        _differs(*_DOSSIER),
        "oms_feed_dossier",
    ),
    ("cadres_feed", f"UPDATE OF {', '.join(_CADRE)} ON cadres", _differs(*_CADRE), "oms_feed_cadre"),
    ("units_feed", "UPDATE OF path ON units", "NEW.path <> OLD.path", "oms_feed_unit"),
    ("pages_feed_in", "INSERT ON pages", "NEW.document_id IS NOT NULL", "oms_feed_page_in"),
    (
        "pages_feed",
        "UPDATE OF document_id, position, reading ON pages",
        _differs("document_id", "position", "reading"),
        "oms_feed_page",
    ),
    ("page_readings_feed", "INSERT ON page_readings", "", "oms_feed_of_page"),
    ("word_corrections_feed", "INSERT ON word_corrections", "", "oms_feed_of_page"),
    ("search_feed_token", "INSERT ON search_feed", "NEW.token IS NULL", "oms_feed_token"),
)


def statements() -> list[str]:
    """The triggers as SQL."""
    told = f"CREATE TRIGGER {TOLD} AFTER INSERT ON search_feed FOR EACH STATEMENT EXECUTE FUNCTION oms_feed_told()"
    return [told] + [
        f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW {f'WHEN ({only}) ' if only else ''}"
        f"EXECUTE FUNCTION {function}()"
        for name, when, only, function in _TRIGGERS
    ]
