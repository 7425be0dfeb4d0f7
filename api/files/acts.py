"""The audit as a file: one line for each act, what it was before and after as JSON in one cell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from api.files.sheets import Column, Sheet
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
    Column("email of who", 28),
    Column("id of who", 38),
)


def acts_sheet(acts: Iterable[ActRecorded]) -> Sheet:
    """Return acts as a table."""
    return Sheet(
        "Audit",
        COLUMNS,
        (
            (
                act.id, act.recorded_at.isoformat(), act.actor_name, act.act, act.subject_kind, act.subject,
                act.outcome, act.fund, act.door, act.came_from, act.request_id, _json(act.before), _json(act.after),
                _json(act.detail), act.email,
                str(act.recorded_by or ""),
            )
            for act in acts
        ),
    )  # fmt: skip


def _json(said: Mapping[str, Any] | None) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else ""
