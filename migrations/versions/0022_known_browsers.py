"""Know a browser that a person signed in with, so that nobody keeps its owner out at another address.

Why: who guesses from many addresses took every free minute of a person's own wait, and an owner who came from a new
address waited behind them; and nobody who is signed in needs a hash any more.
Safe while the old code runs: yes. It asks neither function, and asks for hashes only while nobody is signed in.
"""

from migrations.statements import drop_functions, run, run_one

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("0022_known_browsers")


def downgrade() -> None:
    drop_functions("sign_in_place(bytea, bytea, bytea)", "know_place(uuid, bytea)")
    run_one("0017_rights_mended", "CREATE OR REPLACE FUNCTION sign_in_of", ends="END;")
