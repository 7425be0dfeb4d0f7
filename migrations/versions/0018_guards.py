"""Guard what definitions say and what everything hangs on, and give the book's days an end.

Why: an owner's plain UPDATE of a person's role or of an account's floor left a lawful digest behind, so that nothing
told of it; the row that the sealer goes by could be taken away; a slip of the hand in a year moved other accounts'
balances and could never be read again.
Safe while the old code runs: yes, nothing of it changes what is refused now; a day outside the book is refused in words
by the new code only.
"""

from alembic import op

from migrations.facts import digested_tables, words_are_kept, words_may_change

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

DAY = "BETWEEN '1900-01-01' AND '2199-12-31'"
STAY = ("seal_horizon", "seal_chain")
"""Tables whose rows change, and never go."""


def upgrade() -> None:
    for table in ("entry", "posting"):
        op.create_check_constraint(f"{table}_days_are_in_the_book", table, f"booked_on {DAY} AND effective_on {DAY}")
    op.create_check_constraint("seal_form_is_known", "seal", "form IN (1, 2)")
    for table in digested_tables():
        # A digest was written anew after every UPDATE: it washed what an owner did.
        op.execute(f"DROP TRIGGER IF EXISTS {table}_is_digested_again ON {table}")
        words_are_kept(table)
    for table in STAY:
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in STAY:
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
    for table in digested_tables():
        words_may_change(table)
    op.drop_constraint("seal_form_is_known", "seal")
    for table in ("posting", "entry"):
        op.drop_constraint(f"{table}_days_are_in_the_book", table)
