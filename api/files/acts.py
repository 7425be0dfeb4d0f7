"""The audit as a file: one line for each act, what it was before and after as JSON in one cell."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from fastapi.responses import Response

from api.files.sheets import Column, Sheet, write_csv, write_xlsx
from domain.desk.audit import ActRecorded

COLUMNS = (
    Column("number", 10, figure=True),
    Column("moment (UTC)", 26),
    Column("who", 28),
    Column("act", 28),
    Column("what kind", 16),
    Column("what", 38),
    Column("outcome", 10),
    Column("fund", 16),
    Column("door", 10),
    Column("address", 18),
    Column("request", 34),
    Column("before", 40),
    Column("after", 40),
    Column("detail", 60),
)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def acts_sheet(acts: Iterable[ActRecorded]) -> Sheet:
    """Return acts as a table."""
    return Sheet(
        "Audit",
        COLUMNS,
        (
            (
                act.id, act.recorded_at.isoformat(), act.actor_name, act.act, act.subject_kind, act.subject,
                act.outcome, act.fund, act.door, act.came_from, act.request_id, _json(act.before), _json(act.after),
                _json(act.detail),
            )
            for act in acts
        ),
    )  # fmt: skip


def acts_as_file(acts: Iterable[ActRecorded], *, kind: Literal["csv", "xlsx"]) -> Response:
    """Answer with acts as a file that a browser keeps and does not show."""
    sheet = acts_sheet(acts)
    if kind == "csv":
        words = io.StringIO(newline="")
        write_csv(sheet, words)
        content = words.getvalue().encode()
    else:
        made = io.BytesIO()
        write_xlsx([sheet], made)
        content = made.getvalue()
    return Response(
        content,
        media_type=MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="audit.{kind}"'},
    )


def _json(said: Mapping[str, Any] | None) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""
