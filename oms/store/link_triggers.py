"""What tells that a record has to be compared anew, on PostgreSQL; SQLite has the same triggers from migration 0025.

The functions run with the owner's rights: a person tells of a change whether or not they see what it is compared with.
"""

from __future__ import annotations

ITEMS = (
    *("full_name", "other_names", "birth_date", "sex", "birth_place", "home_place", "permanent_residence"),
    *("current_residence", "citizen_id", "old_id", "staff_code", "party_card_no", "family", "party_joined_on", "unit"),
)
"""Items of a record that tell persons apart."""
_CADRE = ("full_name", "other_names", "birth_date", "sex", "home_place", "citizen_id", "old_id")
_DOSSIER = ("cadre_id", "block", "unit_id", "secrecy", "compartment", "state")
_FACT = ("ended_at", "secrecy", "compartment", "dossier_id")


def _differs(*columns: str) -> str:
    return f"({', '.join(f'NEW.{column}' for column in columns)}) IS DISTINCT FROM " + (
        f"({', '.join(f'OLD.{column}' for column in columns)})"
    )


def _function(name: str, body: str) -> str:
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = pg_catalog, public, pg_temp AS $$ BEGIN {body}; RETURN NULL; END $$"
    )


def _wait(cadre: str, where: str = "WHERE") -> str:
    return (
        f"INSERT INTO link_waiting (cadre_id) SELECT {cadre} {where} "  # noqa: S608 - names of our own
        f"NOT EXISTS (SELECT 1 FROM link_waiting WHERE cadre_id = {cadre})"
    )


def _of_dossier(row: str) -> str:
    return _wait("dossiers.cadre_id", f"FROM dossiers WHERE dossiers.id = {row}.dossier_id AND")


def _linked(row: str) -> str:
    """As :func:`_of_dossier`, only for records that are linked: whatever of them changes is compared again."""
    return (
        "INSERT INTO link_waiting (cadre_id) SELECT dossiers.cadre_id FROM dossiers "  # noqa: S608 - names of our own
        f"JOIN link_persons ON link_persons.cadre_id = dossiers.cadre_id WHERE dossiers.id = {row}.dossier_id "
        "AND NOT EXISTS (SELECT 1 FROM link_waiting WHERE cadre_id = dossiers.cadre_id)"
    )


_EVERY_LINKED = (
    "INSERT INTO link_waiting (cadre_id) SELECT cadre_id FROM link_persons "
    "WHERE cadre_id NOT IN (SELECT cadre_id FROM link_waiting)"
)
_TOLD = "INSERT INTO search_feed (what, object_id, words) "

FUNCTIONS = (
    _function("oms_link_cadre", _wait("NEW.id")),
    _function("oms_link_dossier_in", _wait("NEW.cadre_id")),
    _function("oms_link_dossier", f"{_wait('OLD.cadre_id')}; {_wait('NEW.cadre_id')}"),
    _function("oms_link_fact", _of_dossier("NEW")),
    _function("oms_link_fact_out", _of_dossier("OLD")),
    _function("oms_link_turn", f"{_wait('NEW.left_id')}; {_wait('NEW.right_id')}"),
    _function("oms_link_linked", _linked("NEW")),
    _function("oms_link_linked_out", _linked("OLD")),
    _function("oms_link_rules", _EVERY_LINKED),
    _function("oms_link_person", f"{_TOLD}VALUES ('cadre', NEW.cadre_id, false)"),
    _function("oms_link_person_out", f"{_TOLD}VALUES ('cadre', OLD.cadre_id, false)"),
    # whether everybody may learn that a dossier is there: asked with the owner's rights, answers one yes or no
    """CREATE FUNCTION oms_link_open(dossier text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, public, pg_temp AS
       $$ SELECT EXISTS (SELECT 1 FROM dossiers
            WHERE id = dossier AND secrecy = 0 AND compartment = '' AND state <> 'disposed') $$""",
    # the records that would be one person if these two were linked, with their blocks: also those the asker cannot see,
    # for a block knows a person once whoever asks
    """CREATE FUNCTION oms_link_component(one text, other text) RETURNS TABLE (cadre_id text, block text)
       LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
       $$ WITH RECURSIVE members(id) AS (
            SELECT unnest(ARRAY[one, other]) UNION
            SELECT CASE WHEN left_id = members.id THEN right_id ELSE left_id END FROM members
              JOIN link_candidates ON state = 'linked' AND members.id IN (left_id, right_id))
          SELECT DISTINCT dossiers.cadre_id::text, dossiers.block::text
            FROM members JOIN dossiers ON dossiers.cadre_id = members.id WHERE dossiers.state <> 'disposed' $$""",
)

_RELEVANT = "item IN (" + ", ".join(f"'{item}'" for item in ITEMS) + ")"
_TRIGGERS = (
    ("cadres_link_in", "INSERT ON cadres", "", "oms_link_cadre"),
    ("cadres_link", f"UPDATE OF {', '.join(_CADRE)} ON cadres", _differs(*_CADRE), "oms_link_cadre"),
    ("dossiers_link_in", "INSERT ON dossiers", "", "oms_link_dossier_in"),
    ("dossiers_link", f"UPDATE OF {', '.join(_DOSSIER)} ON dossiers", _differs(*_DOSSIER), "oms_link_dossier"),
    ("facts_link_in", "INSERT ON facts", f"NEW.{_RELEVANT}", "oms_link_fact"),
    (
        "facts_link",
        f"UPDATE OF {', '.join(_FACT)} ON facts",
        f"NEW.{_RELEVANT} AND {_differs(*_FACT)}",
        "oms_link_fact",
    ),
    ("facts_link_out", "DELETE ON facts", f"OLD.{_RELEVANT}", "oms_link_fact_out"),
    ("facts_linked_in", "INSERT ON facts", "", "oms_link_linked"),
    ("facts_linked", f"UPDATE OF {', '.join(_FACT)} ON facts", _differs(*_FACT), "oms_link_linked"),
    ("facts_linked_out", "DELETE ON facts", "", "oms_link_linked_out"),
    ("changes_linked", "UPDATE OF state ON changes", _differs("state"), "oms_link_linked"),
    ("catalogue_linked_in", "INSERT ON catalogue_rows", "NEW.list_code = 'doi_chieu_khoi'", "oms_link_rules"),
    (
        "catalogue_linked",
        "UPDATE OF ended_at ON catalogue_rows",
        "NEW.list_code = 'doi_chieu_khoi'",
        "oms_link_rules",
    ),
    ("link_candidates_turn", "UPDATE OF state ON link_candidates", _differs("state"), "oms_link_turn"),
    ("link_persons_feed_in", "INSERT ON link_persons", "", "oms_link_person"),
    ("link_persons_feed", "UPDATE OF person_id ON link_persons", _differs("person_id"), "oms_link_person"),
    ("link_persons_feed_out", "DELETE ON link_persons", "", "oms_link_person_out"),
)


def statements() -> list[str]:
    """The triggers as SQL."""
    return [
        f"CREATE TRIGGER {name} AFTER {when} FOR EACH ROW {f'WHEN ({only}) ' if only else ''}"
        f"EXECUTE FUNCTION {function}()"
        for name, when, only, function in _TRIGGERS
    ]
