"""A leaf is trimmed as bytes, which says the same and costs less than trimming letters.

Why: sealing and verifying spent a tenth of their time on finding where letters of several bytes begin.
Safe while the old code runs: yes, every leaf stays the same byte for byte.
"""

from migrations.facts import make_view_of_facts

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_view_of_facts()


def downgrade() -> None:
    """Nothing to take back: the view says the same as before."""
