"""Run the plain SQL that lies beside the migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import op

FOLDER = Path(__file__).parent / "sql"


def run(name: str) -> None:
    """Run every statement of ``migrations/sql/NAME.sql`` in the migration's own transaction."""
    run_text((FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def run_one(name: str, begins: str, *, ends: str) -> None:
    """Run the one statement of ``migrations/sql/NAME.sql`` that begins so: what a way down puts back."""
    text = (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    start = text.index(begins)
    run_text(text[start : text.index(ends, start) + len(ends)])


def run_text(statements: str) -> None:
    """Run statements as they stand."""
    # Doubled: the driver takes a lone per cent sign for a parameter.
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))


def drop_functions(*signatures: str) -> None:
    """Drop functions and, with them, the triggers that call them."""
    for signature in signatures:
        op.execute(f"DROP FUNCTION {signature} CASCADE")
