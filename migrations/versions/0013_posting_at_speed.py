"""Post at speed: what the ledger guarantees is looked at once per statement.

Why: a check per row, a lock on the fund's row for every foreign key and three round trips for one entry cost more than
the entry. Beside that, holes are closed: a reversal that is no mirror, a line added after the check at COMMIT was made
early, a temporary table in the place of one of the book's.
Safe while the old code runs: yes, it posts as before; what does not come through the function is checked at COMMIT.
"""

from alembic import op

from migrations.facts import refuse_to_lose
from migrations.statements import drop_functions, run, run_one

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEYS = {"entry": ("fund_id", "deal_id", "reverses_id"), "posting": ("entry_id", "account_id", "instrument_id")}


def upgrade() -> None:
    run("0013_posting_at_speed")


def downgrade() -> None:
    """Put the checks per row back. Entries that arrived whole lose the column that says so, and their seals a leaf:
    refused where there are any.
    """
    refuse_to_lose(
        "entries that arrived whole",
        "EXISTS (SELECT FROM entry e JOIN seal s ON s.fact_id = e.id WHERE e.arrived_whole)",
    )
    op.execute("DROP FUNCTION post_entry")
    drop_functions(
        "limit_begins_with_the_balance()",
        "postings_belong()",
        "entries_arrive()",
        "entry_is_whole()",
        "require_whole(bigint, bigint, bigint)",
    )
    op.execute("DROP TRIGGER fund_stays ON fund")
    for table, columns in KEYS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER CONSTRAINT {table}_{column}_fkey ENFORCED")
    op.drop_index("entry_is_reversed_once", "entry")
    op.create_unique_constraint("entry_is_reversed_once", "entry", ["reverses_id"])
    op.drop_index("entry_by_deal", "entry")
    op.create_index("entry_by_deal", "entry", ["deal_id"])
    op.drop_column("entry", "arrived_whole")
    for begins, ends in (
        ("CREATE FUNCTION entry_is_whole()", "END $$;"),
        ("CREATE CONSTRAINT TRIGGER entry_is_whole_at_commit", ";"),
        ("CREATE FUNCTION postings_belong()", "END $$;"),
        ("CREATE TRIGGER postings_belong_to_their_entry", ";"),
        ("CREATE FUNCTION entries_lie_in_open_periods()", "END $$;"),
        ("CREATE TRIGGER entries_lie_in_an_open_period", ";"),
    ):
        run_one("0004_ledger", begins, ends=ends)
    op.execute(
        "CREATE TRIGGER entry_facts_are_new AFTER INSERT ON entry REFERENCING NEW TABLE AS arrived "
        "FOR EACH STATEMENT EXECUTE FUNCTION facts_are_new()"
    )
    op.execute("REVOKE ALL ON FUNCTION entry_is_whole(), postings_belong(), entries_lie_in_open_periods() FROM PUBLIC")
