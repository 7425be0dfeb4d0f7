"""``bean-check``, as somebody outside the bank would run it on our export."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

from api.database.roles import Role
from api.database.sessions import Sessions
from api.files.beancount import write_beancount
from domain.desk.export import export_ledger


def exported(sessions: Sessions, fund: str, *, as_of: date | None = None, seal: int | None = None) -> str:
    """Return a fund's export."""
    out = io.BytesIO()
    with sessions.begin(Role.NIGHT) as session:
        write_beancount(export_ledger(session, fund_code=fund, as_of=as_of, seal=seal), out)
    return out.getvalue().decode()


def bean_check(text: str, folder: Path) -> str:
    """Return what ``bean-check`` complains of; nothing where it accepts the text."""
    file = folder / "ledger.beancount"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), "--no-cache", file], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode == 0) == (done.stderr.strip() == ""), done.stderr
    return done.stderr
