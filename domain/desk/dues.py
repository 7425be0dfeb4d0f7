"""What falls due on loans: their schedules, and what of them is still to be paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.deals import InstrumentKind
from domain.loans import open_parts, parse_loan_terms
from domain.money import Money
from domain.schedule import Instalment, schedule
from domain.store import deal_queries, instrument_queries
from domain.store.instrument_queries import InstrumentState


@dataclass(frozen=True, slots=True)
class DueLine:
    """What is still to be paid of a loan's instalment; ``past_due`` is True from the day after it was due."""

    instrument_id: UUID
    instrument: str
    deal_id: UUID
    deal: str
    investee: str
    due_on: date
    principal: Money
    interest: Money
    past_due: bool

    @property
    def total(self) -> Money:
        """Principal and interest together."""
        return self.principal + self.interest


def schedules(
    session: Session, instruments: Sequence[InstrumentState], *, planned_on: Mapping[UUID, date] | None = None
) -> dict[UUID, tuple[Instalment, ...]]:
    """Return the schedules of those instruments that are loans the bank keeps itself, by id.

    A schedule follows what was paid out; before the first drawdown it is the plan: all of the commitment on the day
    of ``planned_on``, else on that from which the terms hold. Where all would be drawn too late, there is no plan.
    """
    loans = [i for i in instruments if i.kind is InstrumentKind.LOAN and i.accrues]
    drawn = instrument_queries.movements(
        session, instrument_ids=[i.id for i in loans], account="loan_principal", kind="drawdown"
    )
    plans = {}
    for loan in loans:
        drawdowns = [(day, minor) for day, minor in drawn[loan.id] if minor > 0]
        terms = parse_loan_terms(loan.terms)
        if not drawdowns:
            day = (planned_on or {}).get(loan.id, loan.valid_from)
            drawdowns = [(day, loan.commitment_minor)] if day < terms.due_days[-1] else []
        plans[loan.id] = schedule(terms=terms, drawdowns=drawdowns)
    return plans


def schedule_of(session: Session, *, instrument_id: UUID) -> tuple[Instalment, ...]:
    """Return the schedule of one loan; an instrument that has none (a stake, a royalty) has an empty one."""
    instrument = instrument_queries.instrument_state(session, instrument_id)
    return schedules(session, [instrument]).get(instrument_id, ())


def due_instalments(
    session: Session, *, as_of: date, fund_id: UUID | None = None, deal_id: UUID | None = None
) -> tuple[DueLine, ...]:
    """Return what is unpaid of each instalment due by a day, and of each loan's next one, in order of days.

    Of one fund, one deal, or of all that this person may see.
    """
    loans = _drawn_loans(session, fund_id=fund_id, deal_id=deal_id)
    ids = [loan.id for loan in loans]
    moved = instrument_queries.movements(session, instrument_ids=ids, account="loan_principal")
    received = instrument_queries.movements(session, instrument_ids=ids, account="interest_receivable", kind="receipt")
    plans = schedules(session, loans)
    names = deal_queries.deal_names(session, [loan.deal_id for loan in loans])
    lines = []
    for loan in loans:
        parts = open_parts(
            terms=parse_loan_terms(loan.terms),
            instalments=plans[loan.id],
            movements=moved[loan.id],
            interest_received_minor=-sum(minor for _, minor in received[loan.id]),
            as_of=as_of,
        )
        deal, investee = names[loan.deal_id]
        lines += [
            DueLine(
                loan.id,
                loan.code,
                loan.deal_id,
                deal,
                investee,
                part.due_on,
                Money(part.principal_minor, loan.currency),
                Money(part.interest_minor, loan.currency),
                part.due_on < as_of,
            )
            for part in parts
        ]
    return tuple(sorted(lines, key=lambda line: (line.due_on, line.instrument)))


def due_days(session: Session, *, fund_id: UUID, after: date, to: date) -> tuple[date, ...]:
    """Return the days after ``after`` and not after ``to`` on which an instalment of a drawn loan falls due."""
    days = {day for loan in _drawn_loans(session, fund_id=fund_id) for day in parse_loan_terms(loan.terms).due_days}
    return tuple(sorted(day for day in days if after < day <= to))


def _drawn_loans(
    session: Session, *, fund_id: UUID | None = None, deal_id: UUID | None = None
) -> list[InstrumentState]:
    loans = instrument_queries.accruing_loans(session, fund_id=fund_id, deal_id=deal_id)
    moved = instrument_queries.movements(session, instrument_ids=[loan.id for loan in loans], account="loan_principal")
    return [loan for loan in loans if moved[loan.id]]
