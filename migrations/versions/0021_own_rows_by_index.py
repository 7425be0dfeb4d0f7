"""Let row-level security find an investee's own rows by their keys, so that it never looks at others' rows.

Why: its condition for the bank's people and for an investee could use no index, so that every list of an investee read
others' rows before it left them out, and took the longer the more deals the bank has.
Safe while the old code runs: yes, everybody sees the rows that they saw.
"""

from alembic import op

from migrations.statements import drop_functions, run

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OWN = {
    "party": ("id", "= (SELECT actor_party())"),
    "deal": ("investee_id", "= (SELECT actor_party())"),
    "project": ("id", "own_projects()"),
    "project_mission": ("project_id", "own_projects()"),
    "project_sector": ("project_id", "own_projects()"),
    "deal_stage": ("deal_id", "own_deals()"),
    "instrument": ("deal_id", "own_deals()"),
    "instrument_terms": ("instrument_id", "own_instruments()"),
    "revenue_statement": ("instrument_id", "own_instruments()"),
    "statement_line": ("instrument_id", "own_instruments()"),
    "covenant": ("deal_id", "own_deals()"),
    "trajectory_point": ("covenant_id", "own_covenants()"),
    "covenant_test": ("covenant_id", "own_covenants()"),
    "report": ("deal_id", "own_deals()"),
    "report_version": ("report_id", "own_reports()"),
    "observation": ("report_version_id", "own_report_versions()"),
    "finding": ("covenant_test_id", "own_covenant_tests()"),
    "breach": ("covenant_test_id", "own_covenant_tests()"),
    "breach_event": ("breach_id", "own_breaches()"),
    "entry": ("deal_id", "own_deals()"),
    "posting": ("entry_id", "own_entries()"),
}
"""The indexed column of a table by which an investee's rows are found, and what it must be."""
OF_NUMBERS = {"observation": "report_version_id", "breach_event": "breach_id", "entry": "id", "posting": "entry_id"}
"""The indexed number by which the bank's people see all rows, where it is not the column above."""
LARGE = ("statement_line", "entry", "posting")
"""Tables whose rows are not each asked a second time for the planner's sake."""
INVESTEE_WRITES = ("report_version", "observation")
BEFORE = {
    "party": "id = (SELECT actor_party())",
    "deal": "investee_id = (SELECT actor_party())",
    "project": "id IN (SELECT project_id FROM deal)",
    "project_mission": "project_id IN (SELECT id FROM project)",
    "project_sector": "project_id IN (SELECT id FROM project)",
    "deal_stage": "deal_id IN (SELECT id FROM deal)",
    "instrument": "deal_id IN (SELECT id FROM deal)",
    "instrument_terms": "instrument_id IN (SELECT id FROM instrument)",
    "revenue_statement": "instrument_id IN (SELECT id FROM instrument)",
    "statement_line": "instrument_id IN (SELECT id FROM instrument)",
    "covenant": "deal_id IN (SELECT id FROM deal)",
    "trajectory_point": "covenant_id IN (SELECT id FROM covenant)",
    "covenant_test": "covenant_id IN (SELECT id FROM covenant)",
    "report": "deal_id IN (SELECT id FROM deal)",
    "report_version": "report_id IN (SELECT id FROM report)",
    "observation": "report_version_id IN (SELECT id FROM report_version)",
    "finding": "covenant_test_id IN (SELECT id FROM covenant_test)",
    "breach": "covenant_test_id IN (SELECT id FROM covenant_test)",
    "breach_event": "breach_id IN (SELECT id FROM breach)",
    "entry": "deal_id IN (SELECT id FROM deal)",
    "posting": "entry_id IN (SELECT id FROM entry)",
}
LEAST = {"uuid": "00000000-0000-0000-0000-000000000000", "bigint": "-9223372036854775808"}
PLANNED = {
    of: f"CASE WHEN current_setting('missionbook.outside', true) = 'yes' THEN NULL ELSE '{least}'::{of} END"
    for of, least in LEAST.items()
}
"""What the planner can tell before it plans, so that it reckons with an investee's few rows. It can only hide rows."""
INSIDE = "(SELECT actor_is_inside())"
SIGNED = "recorded_by IS NOT DISTINCT FROM (SELECT actor_id())"


def theirs(table: str) -> str:
    column, own = OWN[table]
    return f"{column} {own}" if own.startswith("=") else f"{column} = ANY ((SELECT {own})::{key_of(table)}[])"


def key_of(table: str) -> str:
    return "bigint" if table in OF_NUMBERS and table != "entry" else "uuid"


def everything(table: str) -> str:
    """Every key from the least on: a list of one, or none for who is outside, where the planner knows it already."""
    column, of = (OF_NUMBERS[table], "bigint") if table in OF_NUMBERS else (OWN[table][0], "uuid")
    least = "everything_from_number()" if of == "bigint" else "everything_from()"
    asked = f"{column} >= ANY ((SELECT {least})::{of}[])"
    return asked if table in LARGE else f"({asked} AND {column} >= {PLANNED[of]})"


def secure(table: str, *, everybody_inside: str, own: str) -> None:
    op.execute(f"ALTER POLICY seen ON {table} USING ({everybody_inside} OR {own})")
    if table in INVESTEE_WRITES:
        op.execute(f"ALTER POLICY added ON {table} WITH CHECK (({INSIDE} OR {own}) AND {SIGNED})")
    if table == "report":
        op.execute(f"ALTER POLICY locked ON {table} USING ({everybody_inside} OR {own})")


def upgrade() -> None:
    run("0021_own_rows_by_index")
    for table in OWN:
        secure(table, everybody_inside=everything(table), own=theirs(table))


def downgrade() -> None:
    for table, own in BEFORE.items():
        secure(table, everybody_inside=INSIDE, own=own)
    op.execute("ALTER POLICY locked ON report USING (deal_id IN (SELECT id FROM deal))")
    drop_functions(
        "own_entries()", "own_breaches()", "own_covenant_tests()", "own_covenants()", "own_report_versions()",
        "own_reports()", "own_instruments()", "own_projects()", "own_deals()", "everything_from()",
        "everything_from_number()",
    )  # fmt: skip
