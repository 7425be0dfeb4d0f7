"""What stands on an instrument: promised, paid out, outstanding, come back; read from what was booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from domain.deals import InstrumentKind
from domain.money import Money
from domain.store import instrument_queries
from domain.store.instrument_queries import InstrumentState

PRINCIPAL_ACCOUNT = {
    InstrumentKind.LOAN: "loan_principal",
    InstrumentKind.EQUITY: "equity_at_cost",
    InstrumentKind.ROYALTY: "royalty_at_cost",
}
"""Where an instrument's money stands: principal of a loan, cost of a stake or a royalty."""

RECEIVABLE_ACCOUNT = {InstrumentKind.LOAN: "interest_receivable", InstrumentKind.ROYALTY: "royalty_receivable"}
"""Where income stands that is earned and has not come in."""


@dataclass(frozen=True, slots=True)
class InstrumentFigures:
    """An instrument's figures on a day, each with its label.

    ``asked`` is what the terms say; ``committed`` is what the contract promises less what was ``cancelled``, nothing
    before it is signed; ``drawn`` was paid out, ``undrawn`` may
    still be; ``outstanding`` is principal or cost still out; ``returned`` is all cash that came back; ``receivable`` is
    interest or royalty earned and not yet received. Of a position that a statement tells, all is as the statement says.
    """

    kind: InstrumentKind
    asked: Money
    committed: Money
    cancelled: Money
    drawn: Money
    undrawn: Money
    outstanding: Money
    returned: Money
    receivable: Money


def figures_of(
    session: Session, instruments: Sequence[InstrumentState], *, as_of: date = date.max
) -> dict[UUID, InstrumentFigures]:
    """Return the figures of some instruments as booked up to a day, by id."""
    if not instruments:
        return {}
    sums = instrument_queries.booked_sums(session, instrument_ids=[i.id for i in instruments], as_of=as_of)
    return {i.id: _figures(i, sums[i.id]) for i in instruments}


def _figures(instrument: InstrumentState, booked: dict[tuple[str, str], int]) -> InstrumentFigures:
    principal = PRINCIPAL_ACCOUNT[instrument.kind]
    receivable = RECEIVABLE_ACCOUNT.get(instrument.kind)

    def on_account(*accounts: str | None) -> int:
        return sum(minor for (_, code), minor in booked.items() if code in accounts)

    # What a statement of positions says stands on accounts of its own (domain/positions.py).
    cancelled = on_account("statement_cancelled") - booked.get(("cancellation", "commitments_undrawn"), 0)
    drawn = booked.get(("drawdown", principal), 0) - on_account("statement_disbursed")
    returned = booked.get(("receipt", "cash"), 0) + on_account("statement_repaid", "statement_sold")

    if instrument.kind is InstrumentKind.LOAN and not instrument.accrues:
        signed = not on_account("approved_unsigned")
    else:
        signed = bool(booked.get(("commitment", "commitments_undrawn")))

    def money(minor: int) -> Money:
        return Money(minor, instrument.currency)

    return InstrumentFigures(
        kind=instrument.kind,
        asked=money(instrument.commitment_minor),
        committed=money(instrument.commitment_minor - cancelled if signed else 0),
        cancelled=money(cancelled),
        drawn=money(drawn),
        undrawn=money(on_account("commitments_undrawn")),
        outstanding=money(on_account(principal)),
        returned=money(returned),
        receivable=money(on_account(receivable)),
    )
