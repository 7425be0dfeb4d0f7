"""The acts that carry an amount, and how much of them counts: for these a fund sets its own, and one is lent."""

from __future__ import annotations

from collections.abc import Mapping

from domain.authority import Act

MEASURED = frozenset(
    {
        Act.PROPOSE, Act.APPROVE, Act.SIGN, Act.PAY_OUT, Act.APPROVE_PAYOUT, Act.CANCEL, Act.PAY_COST,
        Act.RECORD_RECEIPT, Act.REVERSE, Act.APPROVE_REVERSAL, Act.CONVERT,
    }
)  # fmt: skip
"""Acts that carry an amount: only of these a fund sets one of its own, and only of these one is lent."""

OF_THE_WHOLE_DEAL = frozenset({Act.APPROVE, Act.SIGN})
"""Acts whose amount is all that a deal's instruments commit."""

SUMMED: Mapping[Act, tuple[str, ...]] = {
    Act.PAY_OUT: ("drawdown",),
    Act.APPROVE_PAYOUT: ("drawdown",),
    Act.CANCEL: ("cancellation",),
    Act.PAY_COST: ("running_cost",),
    Act.RECORD_RECEIPT: ("receipt", "contribution", "royalty_due"),
    Act.REVERSE: ("reversal",),
    Act.APPROVE_REVERSAL: ("reversal",),
    Act.CONVERT: ("conversion",),
}
"""The kinds of entries that an act books, which are added up; the other measured acts are done once with a deal."""
