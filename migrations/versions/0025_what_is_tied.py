"""Tie in the database what only the rule tied: funds of facts, reversals, rates, contributions, amounts, answers given.

Why: NULL passed for a fund, so a period could be closed of none, twice; a reversal could take effect on any day; a
contribution could point at another fund's entry; amounts could sum to more than a balance holds; an answer that was
kept for a repeated request could be written over.
Safe while the old code runs: yes, nothing that it writes is refused by it. Rows that are there are not looked at: what
they say stays said, and every new one is held to it.
"""

from alembic import op

from migrations.statements import drop_functions, run, run_one

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

OF_A_FUND = (
    "breach",
    "breach_event",
    "contribution",
    "deal_stage",
    "exit_trigger",
    "finding",
    "fund_limit",
    "instrument_terms",
    "observation",
    "period",
    "report_version",
    "request",
    "request_decision",
    "revenue_statement",
    "statement_line",
    "statement_release",
)
"""Kinds of facts that belong to a fund, each; entries, rates and amounts of authority were held to it before."""
NAME_AN_ENTRY = ("revenue_statement", "request", "request_decision")
OWN = (
    "rate_is_of_its_fund()",
    "entry_named_is_of_the_fund()",
    "contribution_is_what_its_entry_booked()",
    "business_day_goes_forwards()",
)
DAY = "BETWEEN '1900-01-01' AND '2199-12-31'"
CHECKS = {
    "entry": {"entry_that_reverses_is_a_reversal": "(kind = 'reversal') = (reverses_id IS NOT NULL)"},
    "posting": {"posting_amount_is_of_the_book": "amount BETWEEN -100000000000000000 AND 100000000000000000"},
    "fund": {"fund_days_are_in_the_book": f"opened_on {DAY} AND business_day {DAY}"},
    "answer": {"answer_is_whole": "(status IS NULL) = (body IS NULL)"},
}


def upgrade() -> None:
    run("0025_what_is_tied")
    for table in OF_A_FUND:
        _hold(table, f"{table}_belongs_to_a_fund", "fund_id IS NOT NULL")
    for table, checks in CHECKS.items():
        for name, condition in checks.items():
            _hold(table, name, condition)
    for table in NAME_AN_ENTRY:
        op.execute(
            f"CREATE TRIGGER {table}_names_an_entry_of_its_fund AFTER INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION entry_named_is_of_the_fund()"
        )


def _hold(table: str, name: str, condition: str) -> None:
    """Hold what is written from now on to a condition; an old row that breaks it does not stop the step."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    op.execute("DROP TRIGGER answer_stays ON answer")
    op.execute("DROP TRIGGER answer_is_final ON answer")
    for table, checks in CHECKS.items():
        for name in checks:
            op.drop_constraint(name, table)
    for table in OF_A_FUND:
        op.drop_constraint(f"{table}_belongs_to_a_fund", table)
    drop_functions(*OWN)
    op.execute("DROP FUNCTION post_entry")
    drop_functions("entries_arrive()")
    for begins, ends in (
        ("CREATE FUNCTION entries_arrive()", "END $$;"),
        ("CREATE TRIGGER entries_arrive", ";"),
        ("CREATE FUNCTION post_entry", "END $$;"),
    ):
        run_one("0013_posting_at_speed", begins, ends=ends)
    op.execute("REVOKE ALL ON FUNCTION entries_arrive, post_entry FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION post_entry TO missionbook_app, missionbook_night")
