"""Reading and writing deals: where each stands, what it takes of the fund's limits, what stops its drawdowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from domain.calendar import in_words
from domain.deals import COMMITTED_STAGES, Stage
from domain.errors import NotFound
from domain.limits import CommittedDeal


@dataclass(frozen=True, slots=True)
class DealState:
    """A deal with the stage it stands in.

    ``proposed_by`` is the person who prepared it (None: the programme), ``proposed_for`` who lent them the act.
    """

    id: UUID
    code: str
    title: str
    purpose: str
    fund_id: UUID
    fund_code: str
    fund_name: str
    currency: str
    project_id: UUID
    project_code: str
    project_name: str
    investee_id: UUID
    investee_code: str
    investee_name: str
    stage: Stage
    stage_on: date
    signed_on: date | None
    proposed_by: UUID | None
    proposed_for: UUID | None = None

    @property
    def prepared_by(self) -> tuple[UUID | None, UUID | None]:
        """The people who prepared the deal and so do not decide it."""
        return self.proposed_by, self.proposed_for


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage that a deal reached: the day, why, and who said so."""

    stage: Stage
    happened_on: date
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class DealEntryLine:
    """An entry of a deal. ``amount_minor`` is the cash that moved, or what was booked where none did.

    A reversal has the sign that undoes what it reverses.
    """

    id: int
    booked_on: date
    effective_on: date
    kind: str
    reason: str
    amount_minor: int
    currency: str
    reverses_id: int | None
    reversed_by: int | None
    seal: int | None


class DrawStopKind(StrEnum):
    """Why nothing is paid out: a promise that is broken, one whose time to be mended has run out, an exit trigger."""

    OPEN_BREACH = "open breach"
    UNREMEDIED_BREACH = "unremedied breach"
    EXIT_TRIGGER = "exit trigger"


@dataclass(frozen=True, slots=True)
class DrawStopLine:
    """One cause: ``since`` is the day a breach was opened or a trigger raised; ``covenant`` the promise behind it."""

    deal: str
    kind: DrawStopKind
    covenant: str
    clause: str
    since: date

    def __str__(self) -> str:
        happened = "raised" if self.kind is DrawStopKind.EXIT_TRIGGER else "opened"
        return f"the {self.kind} of covenant {self.covenant} ({self.clause}), {happened} on {in_words(self.since)}"


_STATE = """SELECT d.id, d.code, d.title, d.purpose, d.fund_id, f.code AS fund_code, f.name AS fund_name,
           f.currency, d.project_id,
           j.code AS project_code, j.name AS project_name, d.investee_id, p.code AS investee_code,
           p.name AS investee_name, s.stage, s.happened_on AS stage_on,
           (SELECT c.happened_on FROM deal_stage c WHERE c.deal_id = d.id AND c.stage = 'contracted'
            ORDER BY c.id DESC LIMIT 1) AS signed_on,
           (SELECT c.recorded_by FROM deal_stage c WHERE c.deal_id = d.id AND c.stage = 'proposed'
            ORDER BY c.id LIMIT 1) AS proposed_by,
           (SELECT c.recorded_for FROM deal_stage c WHERE c.deal_id = d.id AND c.stage = 'proposed'
            ORDER BY c.id LIMIT 1) AS proposed_for
    FROM deal d JOIN fund f ON f.id = d.fund_id JOIN project j ON j.id = d.project_id
    JOIN party p ON p.id = d.investee_id
    JOIN LATERAL (SELECT stage, happened_on FROM deal_stage WHERE deal_id = d.id ORDER BY id DESC LIMIT 1) s ON true"""


_KEPT_HERE = "(k.accrues OR k.kind <> 'loan')"
"""An instrument ``k`` that the bank services itself, as ``domain.desk.days.require_kept_here`` tells it."""


def lock_deal(session: Session, deal_id: UUID) -> DealState:
    """Take a deal for this transaction alone and return it as it then stands; else ``NotFound``."""
    session.execute(text("SELECT FROM deal WHERE id = :id FOR UPDATE"), {"id": deal_id})
    return deal_state(session, deal_id)


def lock_deals(session: Session, deal_ids: Sequence[UUID]) -> None:
    """Take some deals for this transaction alone, in the order of their ids."""
    session.execute(
        text("SELECT FROM deal WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": sorted(set(deal_ids))}
    )


def deal_names(session: Session, deal_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return the code and the investee's name of some deals, by id."""
    rows = session.execute(
        text("SELECT d.id, d.code, p.name FROM deal d JOIN party p ON p.id = d.investee_id WHERE d.id = ANY(:ids)"),
        {"ids": sorted(set(deal_ids))},
    )
    return {row.id: (row.code, row.name) for row in rows}


def lock_limits(session: Session, fund_id: UUID) -> None:
    """Let one transaction at a time change what a fund has committed; taken after the deal is locked, always."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('limits ' || CAST(:fund_id AS text), 0))"),
        {"fund_id": str(fund_id)},
    )


def deal_state(session: Session, deal_id: UUID) -> DealState:
    """Return a deal as it stands; else ``NotFound``."""
    row = session.execute(text(f"{_STATE} WHERE d.id = :id"), {"id": deal_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("deal", deal_id)
    return _state(row)


def deal_id_by_code(session: Session, code: str) -> UUID:
    """Return a deal's id by its code; else ``NotFound``."""
    row = session.execute(text("SELECT id FROM deal WHERE code = :code"), {"code": code}).one_or_none()
    if row is None:
        raise NotFound("deal", code)
    deal_id: UUID = row.id
    return deal_id


def deal_states(
    session: Session,
    *,
    fund_code: str | None,
    stage: Stage | None,
    search: str | None,
    after: str | None,
    limit: int,
    stages: Sequence[Stage] | None = None,
    kept_here: bool = False,
) -> tuple[DealState, ...]:
    """Return deals by code after the code ``after``; ``search`` looks into code, title, project and investee.

    ``stages`` are those that a deal may stand in; ``kept_here`` leaves out what a statement of positions tells.
    """
    wanted_stages = stages if stage is None else [stage]
    wanted = None if search is None else "%" + search.translate({ord(c): f"\\{c}" for c in "\\%_"}) + "%"
    rows = session.execute(
        text(
            f"""{_STATE}
            WHERE (CAST(:fund AS text) IS NULL OR f.code = :fund)
              AND (CAST(:stages AS text[]) IS NULL OR s.stage = ANY(:stages))
              AND (NOT :kept_here OR d.id IN (SELECT k.deal_id FROM instrument k WHERE {_KEPT_HERE}))
              AND (CAST(:after AS text) IS NULL OR d.code > :after)
              AND (CAST(:wanted AS text) IS NULL OR d.code ILIKE :wanted OR d.title ILIKE :wanted
                   OR p.name ILIKE :wanted OR j.name ILIKE :wanted)
            ORDER BY d.code LIMIT :limit"""
        ),
        {
            "fund": fund_code,
            "stages": None if wanted_stages is None else [str(one) for one in wanted_stages],
            "kept_here": kept_here,
            "after": after,
            "wanted": wanted,
            "limit": limit,
        },
    )
    return tuple(_state(row) for row in rows.mappings())


def _state(row: Mapping[Any, Any]) -> DealState:
    return DealState(**{**row, "stage": Stage(row["stage"])})


def stage_lines(session: Session, deal_id: UUID) -> tuple[StageLine, ...]:
    """Return every stage that a deal reached, in order."""
    rows = session.execute(
        text(
            """SELECT s.stage, s.happened_on, s.reason, coalesce(u.name || coalesce(' for ' || f.name, ''), '') AS by
               FROM deal_stage s LEFT JOIN app_user u ON u.id = s.recorded_by
               LEFT JOIN app_user f ON f.id = s.recorded_for WHERE s.deal_id = :id ORDER BY s.id"""
        ),
        {"id": deal_id},
    )
    return tuple(StageLine(Stage(row.stage), row.happened_on, row.reason, row.by) for row in rows)


def entry_lines(session: Session, deal_id: UUID, *, limit: int) -> tuple[DealEntryLine, ...]:
    """Return a deal's entries, newest first."""
    rows = session.execute(
        text(
            """SELECT e.id, e.booked_on, e.effective_on, e.kind, e.reason, e.reverses_id, r.id AS reversed_by,
                      s.number AS seal,
                      coalesce(nullif(sum(p.amount) FILTER (WHERE a.code = 'cash'), 0),
                               CASE WHEN e.reverses_id IS NULL THEN 1 ELSE -1 END
                                   * sum(p.amount) FILTER (WHERE p.amount > 0))::bigint AS amount_minor,
                      min(p.currency) AS currency
               FROM entry e JOIN posting p ON p.entry_id = e.id JOIN account a ON a.id = p.account_id
               LEFT JOIN seal s ON s.fact_id = e.id LEFT JOIN entry r ON r.reverses_id = e.id
               WHERE e.deal_id = :id GROUP BY e.id, r.id, s.number ORDER BY e.id DESC LIMIT :limit"""
        ),
        {"id": deal_id, "limit": limit},
    )
    return tuple(DealEntryLine(**row) for row in rows.mappings())


def commitment_reversal(session: Session, deal_id: UUID) -> int | None:
    """Return the last entry that took a commitment of a deal back; None where none was."""
    found = session.execute(
        text(
            """SELECT max(e.id) FROM entry e JOIN entry o ON o.id = e.reverses_id
               WHERE e.deal_id = :id AND o.kind = 'commitment'"""
        ),
        {"id": deal_id},
    )
    number: int | None = found.scalar_one()
    return number


def committed_deals(
    session: Session, *, fund_id: UUID, as_of: date, asking: UUID | None = None
) -> dict[UUID, CommittedDeal]:
    """Return by id the deals that take of a fund's limits on a day; ``asking`` is added whatever its stage.

    What a deal takes is the last version of each instrument's terms less what was cancelled, and nothing once its
    commitment was taken back.
    """
    rows = session.execute(
        text(
            """WITH standing AS (
                   SELECT DISTINCT ON (s.deal_id) s.deal_id, s.stage FROM deal_stage s JOIN deal d ON d.id = s.deal_id
                   WHERE d.fund_id = :fund_id AND s.happened_on <= :as_of ORDER BY s.deal_id, s.id DESC),
               cancelled AS (
                   SELECT p.instrument_id, sum(p.amount) AS minor
                   FROM posting p JOIN account a ON a.id = p.account_id JOIN entry e ON e.id = p.entry_id
                   LEFT JOIN entry r ON r.id = e.reverses_id
                   WHERE a.fund_id = :fund_id AND a.code = 'commitments_undrawn' AND p.booked_on <= :as_of
                     AND (coalesce(r.kind, e.kind) = 'cancellation' OR r.kind = 'commitment') GROUP BY p.instrument_id)
               SELECT d.id, d.code, coalesce(nullif(p.group_code, ''), p.code) AS group_code, i.kind,
                      sum(t.commitment_minor + coalesce(c.minor, 0))::bigint AS minor,
                      ARRAY(SELECT m.code FROM mission m JOIN LATERAL (
                                SELECT helps FROM project_mission h WHERE h.project_id = d.project_id
                                  AND h.mission_id = m.id AND (h.fund_id IS NULL OR h.fund_id = d.fund_id)
                                ORDER BY h.id DESC LIMIT 1) said ON said.helps) AS missions
               FROM deal d JOIN party p ON p.id = d.investee_id JOIN standing s ON s.deal_id = d.id
               JOIN instrument i ON i.deal_id = d.id
               JOIN LATERAL (SELECT commitment_minor FROM instrument_terms WHERE instrument_id = i.id
                             ORDER BY version DESC LIMIT 1) t ON true
               LEFT JOIN cancelled c ON c.instrument_id = i.id
               WHERE s.stage = ANY(:stages) OR d.id = :asking
               GROUP BY d.id, d.code, p.group_code, p.code, i.kind ORDER BY d.code"""
        ),
        {"fund_id": fund_id, "as_of": as_of, "asking": asking, "stages": [str(stage) for stage in COMMITTED_STAGES]},
    )
    deals: dict[UUID, CommittedDeal] = {}
    for row in rows:
        before = deals[row.id].by_kind if row.id in deals else {}
        deals[row.id] = CommittedDeal(
            row.code, row.group_code, frozenset(row.missions), {**before, row.kind: row.minor}
        )
    return deals


def draw_stops(
    session: Session, deal_id: UUID | None = None, *, fund_id: UUID | None = None
) -> tuple[DrawStopLine, ...]:
    """Return what blocks the drawdowns of a deal or of a fund's deals, the earliest first.

    These are breaches neither remedied nor waived, and exit triggers. A remedy counts while the finding it rests on is
    its test's last: a correction may take it back.
    """
    rows = session.execute(
        text(
            """SELECT d.code AS deal, c.code AS covenant, c.clause, b.opened_on AS since,
                      CASE WHEN o.outcome IS NULL THEN 'open breach' ELSE 'unremedied breach' END AS kind
               FROM breach b JOIN covenant_test t ON t.id = b.covenant_test_id
               JOIN covenant c ON c.id = t.covenant_id JOIN deal d ON d.id = c.deal_id
               LEFT JOIN LATERAL (
                   SELECT e.outcome FROM breach_event e LEFT JOIN finding f ON f.id = e.finding_id
                   WHERE e.breach_id = b.id AND (e.outcome <> 'remedied' OR NOT EXISTS (
                       SELECT FROM finding newer WHERE newer.covenant_test_id = f.covenant_test_id AND newer.id > f.id))
                   ORDER BY e.id DESC LIMIT 1) o ON true
               WHERE (d.id = :id OR d.fund_id = :fund_id) AND (o.outcome IS NULL OR o.outcome = 'unremedied')
               UNION ALL
               SELECT d.code, c.code, c.clause, x.raised_on, 'exit trigger'
               FROM exit_trigger x JOIN deal d ON d.id = x.deal_id JOIN breach b ON b.id = x.breach_id
               JOIN covenant_test t ON t.id = b.covenant_test_id JOIN covenant c ON c.id = t.covenant_id
               WHERE d.id = :id OR d.fund_id = :fund_id
               ORDER BY since, deal, covenant, kind DESC"""
        ),
        {"id": deal_id, "fund_id": fund_id},
    )
    return tuple(DrawStopLine(**{**row, "kind": DrawStopKind(row["kind"])}) for row in rows.mappings())


def funds_with_deals_kept_here(session: Session) -> frozenset[UUID]:
    """Return the ids of the funds that have a deal which no statement tells."""
    rows = session.execute(
        text(
            f"""SELECT f.id FROM fund f WHERE EXISTS (
                    SELECT FROM deal d JOIN instrument k ON k.deal_id = d.id WHERE d.fund_id = f.id AND {_KEPT_HERE})"""
        )
    )
    return frozenset(rows.scalars())


def taken_instrument_codes(session: Session, codes: Sequence[str]) -> tuple[str, ...]:
    """Return which of these codes instruments have already."""
    rows = session.execute(
        text("SELECT code FROM instrument WHERE code = ANY(:codes) ORDER BY code"), {"codes": list(codes)}
    )
    return tuple(row.code for row in rows)
