"""Functions of the store that read records and take no ``Visibility``, each with the reason why it may.

Everything else in the store that reads a table of records starts from a ``Visibility``; ``tests/unit/test_store_rules``
holds it so. Put a function here only when the reason it stands under is true of every caller.
"""

from __future__ import annotations

OF_WHAT_WAS_SEEN = frozenset(
    {
        "cases.events_of",
        "cases.papers_of",
        "cases.drafts_of",
        "cases.opinions_of",
        "cases.hands_of",
        "cases.of_subject",
        "packages.last_sent",
        "packages.leaving_transfer",
        "packages.links_of",
        "packages.records_of",
        "changes.fact_rows",
        "changes.item_counts",
        "changes.items_of",
        "changes.papers",
        "checks.findings",
        "checks.had_no_hand",
        "checks.of_document",
        "checks.to_draw_from",
        "components.kind_said",
        "consultations.entries_of",
        "consultations.handed",
        "consultations.papers_of",
        "copies.latest",
        "copies.signatures",
        "desk.newest_change",
        "destruction.disposals_of",
        "dossiers.heading_of",
        "dossiers.pages_of_dossier",
        "dossiers.readers_of",
        "dues.overrides_of",
        "facts.cadres_of",
        "facts.heads",
        "facts.spoken_of",
        "facts.with_facts",
        "found.pages_of",
        "keeping.holds_of",
        "keeping.open_change",
        "keeping.open_loans",
        "keeping.open_transfer",
        "keeping.transfers_of",
        "links.decisions_of",
        "papers.changes_of",
        "papers.corrections",
        "papers.documents_of_scan",
        "papers.newest_fields",
        "papers.page_counts",
        "papers.pages_of_document",
        "papers.pages_of_scan",
        "papers.proposals",
        "papers.readings",
        "papers.scans_of",
        "pile.files_of_batch",
        "pile.pages_named",
        "pile.prints_of_batch",
        "pile.tallies",
        "saved_lists.of_kind",
        "search_feed.pages_of_texts",
        "secrecy._secret",
        "secrecy._with_ends",
        "secrecy.history",
        "secrecy.newest",
        "subject_requests.objects_of",
        "supplements.of_dossier",
    }
)
"""Parts of records named by ids that the caller has just read under its own visibility."""

PIECES_OF_A_CONDITION = frozenset(
    {
        "packages._of_kin",
        "changes._handled_by",
        "checks._untouched",
        "components._rows",
        "consultations._rows",
        "criteria._by_facts",
        "criteria._condition",
        "criteria._facts",
        "criteria._held_when",
        "criteria._still_held",
        "criteria._under",
        "criteria.find",
        "criteria.persons",
        "dossiers._either",
        "dossiers._fitting",
        "dues._at_own_level",
        "emergencies._rows",
        "keeping._loan_state",
        "search_feed.changed",
        "search_source.of_persons",
        "search_source.person_key",
        "supplements._state",
    }
)
"""Build a condition or a page of a statement that a function with a ``Visibility`` puts together and runs."""

OF_THE_ASKER_ALONE = frozenset(
    {
        "consultations.asked",
        "consultations.mine",
        "consultations.papers_lent",
        "dossiers.live_opening",
        "dossiers.live_openings",
        "emergencies.past_of",
        "emergencies.running",
        "learning.confirmed_number",
        "notices.find",
        "notices.listed",
        "notices.unread",
        "saved_searches.find",
        "saved_searches.of_account",
    }
)
"""Rows that belong to the account that asks: nobody else's are read."""

NUMBERS_AND_YES_OR_NO = frozenset(
    {
        "cases.next_serial",
        "packages.counts",
        "approvals.open_for",
        "catalogues.open_bearers",
        "catalogues.open_dues",
        "checks.unfinished",
        "consultations.next_line",
        "consultations.next_number",
        "consultations.running_number",
        "copies.counts",
        "desk.open_papers_of_batch",
        "destruction.elsewhere",
        "dossiers.next_serial",
        "dossiers.number_taken",
        "emergencies.waiting",
        "imports.numbers_taken",
        "keeping.closed_periods",
        "keeping.next_loan_number",
        "keeping.stocktake_running",
        "papers.filed_count",
        "papers.level_of_scan",
        "papers.reading_progress",
        "papers.totals",
        "pile.next_number",
        "pile.open_documents",
        "resting.proposed_on",
        "secrecy.next_entry",
        "secrecy.pixels_above_nothing",
        "subject_requests.number_taken",
    }
)
"""Give a bare number or a yes or no that keeps the house in order (numbers given once, nothing left open)."""

WORK_SHOWN_TO_NOBODY = frozenset(
    {
        "packages.by_row",
        "packages.kept_files",
        "packages.link",
        "packages.of_package",
        "packages.receipt_for",
        "packages.sent_as",
        "packages.to_send",
        "packages.unanswered",
        "packages.without_receipt",
        "approvals.favours",
        "approvals.overdue",
        "approvals.taken_since",
        "copies.unchecked_scans",
        "copies.unfinished",
        "copies.want",
        "copies.want_missing",
        "desk.restore_fields",
        "desk.restore_page",
        "desk.want_reading",
        "destruction._adopt",
        "destruction._forget_scans",
        "destruction._person",
        "destruction._record",
        "destruction.remove_content",
        "destruction.unfinished",
        "dues.expiring_papers",
        "dues.stale",
        "facts.dossier_ids",
        "facts.kept_for_heads",
        "facts.with_cadres",
        "imports.given_up",
        "imports.in_work",
        "imports.release",
        "imports.waiting",
        "keeping.papers_of",
        "keeping.sealed_lines",
        "learning.confirmed_pages",
        "link_conflicts.blocks_of",
        "link_conflicts.case_states",
        "link_conflicts.facts_compared",
        "link_conflicts.of_pairs",
        "linking.bearers",
        "linking.blocks",
        "linking.decisions",
        "linking.every_feature",
        "linking.every_link",
        "linking.every_pair",
        "linking.features",
        "linking.known",
        "linking.of_persons",
        "linking.openness",
        "linking.pairs_of",
        "linking.persons",
        "linking.set_persons",
        "linking.sharing",
        "linking.want_all",
        "linking.want_outdated",
        "others.undecided",
        "papers.claim_scan",
        "papers.keep_reading",
        "papers.kept_files",
        "papers.open_batch_of_day",
        "papers.unfinished_scans",
        "people.withheld_from",
        "resting.facts_on",
        "resting.rise",
        "saved_searches.forget_removed",
        "saved_searches.newly_indexed",
        "saved_searches.tell",
        "saved_searches.watched",
        "search_feed.filed",
        "search_feed.filed_after",
        "search_feed.findable",
        "search_feed.keep_texts",
        "search_feed.texts_kept",
        "search_feed.there",
        "search_source.marks",
        "search_source.bearers",
        "search_source.texts",
        "secrecy.facts_of_paper",
        "secrecy.facts_without_paper",
        "secrecy.papers_below",
    }
)
"""Work of the machine itself (reading, copying, heads, destruction): what it touches is not answered to anybody."""

SHOWN_BY_ITS_NUMBER = frozenset(
    {
        "packages.waiting_anywhere",
    }
)
"""Packages that nobody here may take, for the administrator who says for which unit they are: of each its number, kind,
sender and unit code are shown, nothing of whom it speaks of."""

ABOUT_NO_RECORD = frozenset(
    {
        "approvals.policy_history",
        "journal_prune.done",
        "packages.active",
        "packages.active_by_key",
        "packages.code",
        "packages.partner",
        "packages.partners",
    }
)
"""Rows beside records in the same table that are about none: values of the access policy with who asked for them, the
numbers of entries that two persons let go."""

OF_THE_REVIEWER = {
    "anchors": "where heads of the journal's tree were taken to",
    "journal": "the journal's own rows",
    "review": "cases, notes and sums about readings: who, when, which ids; no content of a record",
    "review_grounds": "rows that explain a reading (a task, a loan, a consultation), as yes or no",
    "review_history": "habits of readers, counted from the journal",
    "review_reads": "readings, counted from the journal",
}
"""Modules of the security reviewer, who reads the journal in every unit and opens no record."""

UNFILTERED = {
    "of what was seen": OF_WHAT_WAS_SEEN,
    "piece of a condition": PIECES_OF_A_CONDITION,
    "of the asker alone": OF_THE_ASKER_ALONE,
    "a number, or yes or no": NUMBERS_AND_YES_OR_NO,
    "shown to nobody": WORK_SHOWN_TO_NOBODY,
    "shown by its number": SHOWN_BY_ITS_NUMBER,
    "about no record": ABOUT_NO_RECORD,
}
