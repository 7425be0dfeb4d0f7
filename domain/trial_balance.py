"""Every account's balance at the start of a span, what moved it, and its balance at the end: as debits and credits.

Debits equal credits in each currency three times: at the start, in the span, at the end; the memorandum accounts by
themselves. Opening balance, plus debits, less credits is the closing balance of each account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.ledger import CHART, AccountKind
from domain.money import Money
from domain.statements import Balances, Kinds

Movements = Mapping[tuple[str, str], tuple[int, int]]
"""Minor units debited and credited by account code and currency, both above zero."""


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    """An account's balance at the end, as a debit or as a credit, and how it came there from ``opening``."""

    code: str
    kind: str
    balance: Money
    opening: Money
    debited: Money
    credited: Money

    @property
    def debit(self) -> Money | None:
        """The balance where it is a debit; nothing is neither."""
        return debit_of(self.balance)

    @property
    def credit(self) -> Money | None:
        """The balance where it is a credit, as an amount above zero."""
        return debit_of(-self.balance)

    @property
    def shown(self) -> bool:
        """Whether a printed statement shows the account: it holds or held something, or moved."""
        return any(one.minor for one in (self.balance, self.opening, self.debited, self.credited))

    @property
    def difference(self) -> Money:
        """What the account lacks of adding up: zero."""
        return self.opening + self.debited - self.credited - self.balance


@dataclass(frozen=True, slots=True)
class TrialBalanceSum:
    """Debits and credits of one currency: at the end, at the start (``opening_``), and in the span."""

    debit: Money
    credit: Money
    opening_debit: Money
    opening_credit: Money
    debited: Money
    credited: Money

    @property
    def differences(self) -> tuple[Money, ...]:
        """By how much debits exceed credits at the end, at the start and in the span: zero."""
        return self.debit - self.credit, self.opening_debit - self.opening_credit, self.debited - self.credited


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account, memorandum apart; debits equal credits in each currency of each."""

    lines: tuple[TrialBalanceLine, ...]
    sums: tuple[TrialBalanceSum, ...]
    memorandum: tuple[TrialBalanceLine, ...]
    memorandum_sums: tuple[TrialBalanceSum, ...]

    @property
    def difference(self) -> tuple[Money, ...]:
        """What sums and accounts lack of adding up: zero, each of them."""
        of_sums = [gap for one in (*self.sums, *self.memorandum_sums) for gap in one.differences]
        return (*of_sums, *(one.difference for one in (*self.lines, *self.memorandum)))


def debit_of(balance: Money) -> Money | None:
    """Return a balance where it is a debit; None for a credit and for nothing."""
    return balance if balance.minor > 0 else None


def trial_balance(balances: Balances, kinds: Kinds, *, opening: Balances, moved: Movements) -> TrialBalance:
    """Return every account with its balance, by code and currency in the order of the chart.

    ``opening`` are the balances on the evening before the span, ``moved`` what was debited and credited in it.
    """
    order = {code: number for number, code in enumerate(CHART)}
    accounts = sorted(balances, key=lambda one: (order.get(one[0], len(order)), one))
    lines = [
        TrialBalanceLine(
            code,
            kinds[code, of],
            Money(balances[code, of], of),
            Money(opening.get((code, of), 0), of),
            *(Money(minor, of) for minor in moved.get((code, of), (0, 0))),
        )
        for code, of in accounts
    ]
    real = tuple(one for one in lines if one.kind != AccountKind.MEMORANDUM)
    apart = tuple(one for one in lines if one.kind == AccountKind.MEMORANDUM)
    return TrialBalance(real, _sums(real), apart, _sums(apart))


def _sums(lines: Sequence[TrialBalanceLine]) -> tuple[TrialBalanceSum, ...]:
    currencies = sorted({one.balance.currency for one in lines})
    return tuple(_sum_of([one for one in lines if one.balance.currency == of], of) for of in currencies)


def _sum_of(lines: Sequence[TrialBalanceLine], currency: str) -> TrialBalanceSum:
    return TrialBalanceSum(
        debit=_total(currency, (one.debit for one in lines)),
        credit=_total(currency, (one.credit for one in lines)),
        opening_debit=_total(currency, (debit_of(one.opening) for one in lines)),
        opening_credit=_total(currency, (debit_of(-one.opening) for one in lines)),
        debited=_total(currency, (one.debited for one in lines)),
        credited=_total(currency, (one.credited for one in lines)),
    )


def _total(currency: str, amounts: Iterable[Money | None]) -> Money:
    return sum((one for one in amounts if one is not None), Money(0, currency))
