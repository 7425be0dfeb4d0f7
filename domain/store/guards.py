"""The guards of the ledger in the database, as this program expects them: what a verification looks at beside the rows.

A trigger that is off, gone or made over keeps nothing from being altered and put back into line, so it is a finding by
itself. The list is the program's, where nobody who holds the database can write.
"""

from __future__ import annotations

import json

from sqlalchemy import text
from sqlmodel import Session

Guard = tuple[str, str, str, int, bool]
"""A trigger: its table, its name, its function, its moment as PostgreSQL keeps it, and whether it has a condition."""

FACTS = (
    "audit", "authority_limit", "breach", "breach_event", "co_finance", "conflict_of_interest", "contribution",
    "deal_stage", "definition", "delegation", "entry", "exchange_rate", "exit_trigger", "finding", "fund_limit",
    "instrument_terms", "observation", "period", "project_mission", "report_version", "request", "request_decision",
    "revenue_statement", "statement_line", "statement_release", "target",
)  # fmt: skip
DEFINITIONS = (
    "account", "account_limit", "app_user", "covenant", "covenant_test", "deal", "fund", "fund_mission",
    "grand_challenge", "indicator", "instrument", "mission", "night_refusal", "night_step", "party", "project",
    "project_sector", "report", "sector", "trajectory_point",
)  # fmt: skip
_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE, _TRUNCATE = 1, 2, 4, 8, 16, 32
_NEVER = _BEFORE | _UPDATE | _DELETE | _TRUNCATE

GUARDS: tuple[Guard, ...] = (
    *((table, f"{table}_is_append_only", "refuse_change", _NEVER, False)
      for table in (*FACTS, "posting", "seal", "balance_snapshot")),
    *((table, f"{table}_facts_are_new", "facts_are_new", _INSERT, False) for table in FACTS if table != "entry"),
    *((table, f"{table}_is_digested", "digest_definitions", _INSERT, False) for table in DEFINITIONS),
    *((table, f"{table}_keeps_its_words", "refuse_change", _ROW | _BEFORE | _UPDATE, True) for table in DEFINITIONS),
    *((table, f"{table}_stays", "refuse_change", _BEFORE | _DELETE | _TRUNCATE, False)
      for table in (*DEFINITIONS, "seal_horizon", "seal_chain")),
    ("entry", "entries_arrive", "entries_arrive", _INSERT, False),
    ("entry", "entry_is_whole_at_commit", "entry_is_whole", _ROW | _INSERT, True),
    ("entry", "entries_are_written_read_committed", "refuse_old_snapshot", _BEFORE | _INSERT, True),
    ("posting", "postings_belong_to_their_entry", "postings_belong", _INSERT, False),
    ("account_limit", "limit_begins_with_the_balance", "limit_begins_with_the_balance",
     _ROW | _BEFORE | _INSERT, False),
    ("period", "period_closes_alone", "period_closes_alone", _ROW | _BEFORE | _INSERT, False),
    ("period", "period_keeps_closing_balances", "keep_closing_balances", _ROW | _INSERT, False),
    ("period", "periods_are_closed_read_committed", "refuse_old_snapshot", _BEFORE | _INSERT, True),
)  # fmt: skip

FUNCTIONS = {
    "digest_definitions": "49406591928557e3c8989fba2d548644c9b836e4d38e06aa4cf83811e1224756",
    "entries_arrive": "cf625134411fb0bd944d63645b9ad27468ab9b004506a3f854ebb728cd9120fa",
    "entry_is_whole": "380d1caa7dbdd097a6974f90c0a0cfe64d92926c70764fcc69521d89f5617f16",
    "facts_are_new": "27465a806296315a94ae908ad7eb89a5e5652904a042c926684438b83730f166",
    "keep_closing_balances": "db5ba59f8bca2bde38a5a80be340b6a97612980d002f42669d1d272cf453cfc7",
    "limit_begins_with_the_balance": "ee54d7dc7b3a3934294d07d24b92116cf337fc93c05eca266eaa43fb3cb7d61b",
    "next_link": "e9d8dba3d3126f81a762d20f741ce499841a7626647ade6f4125ec15f1190e97",
    "period_closes_alone": "21bc6aec7ac66260855d2492f70d31d9b81da3e09c4d2f58479781048be64286",
    "post_entry": "655ccf70d089b984379da76c0bb150183f1532ae4f6d5d9d58e581aa6f0259f2",
    "postings_belong": "24872e3e3cc17cdc00614d999ba6f4f8a7751bdde31e4d7ee51c7e3bbe4652c2",
    "refuse_change": "40aef30ca1ea797a88311af30758ede4c4ae14f25472cb4ddf93e245b03dde45",
    "refuse_old_snapshot": "144d6cf3052b397a14e920ee1abb802b6793a8782b04c34ddc383811c42175a6",
    "require_whole": "35011c86f548c25f174a595860e161b9f218aea7e3efaa3b0ec0e5170ec5c7da",
    "seal_facts": "bb322ce6a04b27ea533e4b450ee422de5cddff4e600ba5298b3b8a1ca1f25edb",
}
"""The SHA-256 of what each function of the guards and of the sealer does, beside its settings and whose rights it has.

A migration that makes one over writes its new number here: the test that holds the list beside the database tells it.
"""


def guards_that_are_off(session: Session) -> list[tuple[str, int, str]]:
    """Return the guards that are gone, off or made over, as findings that belong to no one fact."""
    expected = [dict(zip(("t", "name", "f", "moment", "asks"), guard, strict=True)) for guard in GUARDS]
    rows = session.execute(
        text(
            """SELECT told FROM (
                 SELECT format(CASE WHEN g.oid IS NULL THEN 'the trigger %s on %s is gone'
                                    ELSE 'the trigger %s on %s was made over' END, e.name, e.t) AS told
                 FROM jsonb_to_recordset(CAST(:guards AS jsonb)) AS e(t text, name text, f text, moment int, asks bool)
                 LEFT JOIN pg_trigger g ON g.tgname = e.name AND g.tgrelid = to_regclass('public.' || e.t)
                 WHERE (g.tgfoid = to_regproc('public.' || e.f) AND g.tgtype = e.moment AND g.tgattr = ''
                        AND (g.tgqual IS NOT NULL) = e.asks) IS NOT TRUE
                 UNION ALL
                 SELECT format('the trigger %s on %s is off', g.tgname, c.relname)
                 FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
                 WHERE c.relnamespace = 'public'::regnamespace AND g.tgenabled <> 'O'
                 UNION ALL
                 SELECT format('the function %s was made over', e.key)
                 FROM jsonb_each_text(CAST(:functions AS jsonb)) e
                 LEFT JOIN pg_proc p ON p.oid = to_regproc('public.' || e.key)
                 WHERE encode(sha256(convert_to(concat_ws(' ', p.prosecdef, p.proconfig::text, p.prosrc), 'UTF8')),
                              'hex') IS DISTINCT FROM e.value) found ORDER BY told"""
        ),
        {"guards": json.dumps(expected), "functions": json.dumps(FUNCTIONS)},
    )
    return [("guard", 0, told) for (told,) in rows]
