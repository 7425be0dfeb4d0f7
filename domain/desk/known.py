"""The cut through the book that a report reads: a fund, a day, and what was known at a seal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.calendar import in_words
from domain.errors import InputRefused, NotFound, Problem
from domain.periods import open_day
from domain.store import impact as store
from domain.store import periods, seals
from domain.store.seals import Known


@dataclass(frozen=True, slots=True)
class Cut:
    """Which fund, as of which day, as known at which seal; whoever reads by the same cut sees the same.

    ``reached`` is how far the fund's book goes towards that day: the day itself, or the business day where the book
    has not come so far. It is the one thing that is true at the moment of asking only.
    ``seal_asked`` tells whether somebody named the seal.
    """

    fund_id: UUID
    fund_code: str
    fund_name: str
    currency: str
    opened_on: date
    as_of: date
    reached: date
    known: Known
    seal_asked: bool = False


def cut_of(session: Session, *, fund_code: str, as_of: date, seal: int | None = None) -> Cut:
    """Return the cut; ``seal`` None is the fund's last one. Refused: an unknown fund, a seal beyond the head.

    The last seal cuts where it stands, as it will when somebody asks for its number later: what other chains sealed
    after it (a mission's own target, another fund's report) counts from the fund's next seal on.
    """
    fund = store.fund(session, fund_code)
    if fund is None:
        raise NotFound("fund", fund_code)
    number = seals.known_at(session, fund.id).number if seal is None else seal
    known = seals.known_at(session, fund.id, number)
    reached = min(as_of, fund.business_day)
    return Cut(fund.id, fund.code, fund.name, fund.currency, fund.opened_on, as_of, reached, known, seal is not None)


def require_reached(session: Session, fund_id: UUID, *, code: str, reached: date, day: date, where: str) -> None:
    """Refuse (``InputRefused``) a booking day of which the book can tell nothing yet: one after its open day."""
    if day > reached and day > open_day(business_day=reached, closed_to=periods.closed_to(session, fund_id)):
        told = f"the book of {code} has reached {in_words(reached)}; ask for that day or an earlier one"
        raise InputRefused([Problem(where, told)], subject="the statement")
