"""Authority mended: to be filled by its maker.

Why: to be filled.
Safe while the old code runs: yes, it does nothing yet.
"""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
