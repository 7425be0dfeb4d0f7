"""The rates by which a statement turns what a fund holds in other currencies into its own, on one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from domain.currencies import Rate, translate
from domain.desk.known import Cut
from domain.store import rates as store


@dataclass(frozen=True, slots=True)
class DayRates:
    """The rates that held on a day, as known at the statement's seal; ``missing`` are currencies that have none."""

    currency: str
    rates: tuple[Rate, ...]
    missing: tuple[str, ...]

    def translate(self, minor: int, currency: str) -> int | None:
        """Return an amount in the fund's own currency, rounded once; None where there is no rate."""
        if currency == self.currency:
            return minor
        for rate in self.rates:
            if rate.currency == currency:
                return translate(minor, currency, self.currency, rate)
        return None


def day_rates(session: Session, cut: Cut, currencies: Sequence[str], *, on: date) -> DayRates:
    """Return the rates that held on a day for a fund's currencies: of that day, or of the last one before it."""
    others = [one for one in currencies if one != cut.currency]
    found = {
        one: store.rate_on(session, fund_id=cut.fund_id, currency=one, on=on, position=cut.known.position)
        for one in others
    }
    rates = tuple(rate for rate in found.values() if rate is not None)
    return DayRates(cut.currency, rates, tuple(one for one, rate in found.items() if rate is None))
