"""A fund's money: what stands behind its missions, by kind of instrument, and what others put beside it.

Every instrument stands once in a total, also where its project helps two missions; money under a mission is therefore
never added up over missions. Amounts of two currencies are never added: what is in another currency is listed apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.money import Money, to_places


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """One instrument's money, in the fund's currency, and the missions that its project helps.

    ``committed`` is signed less cancelled, ``drawn`` is paid out, ``outstanding`` is what is still owed or carried at
    cost, ``returned`` is everything that came in. ``entry_ids`` are the ledger's entries that the four are made of.
    """

    deal: str
    project: str
    instrument: str
    kind: str
    missions: tuple[str, ...]
    committed: Money
    drawn: Money
    outstanding: Money
    returned: Money
    entry_ids: tuple[int, ...] = ()
    project_name: str = ""


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """Money by kind of instrument (``all`` for the total), with how many instruments and projects it stands for."""

    kind: str
    committed: Money
    drawn: Money
    outstanding: Money
    returned: Money
    instruments: int
    projects: int


@dataclass(frozen=True, slots=True)
class CoFinance:
    """What somebody else committed to a project of the fund."""

    code: str
    project: str
    co_investor: str
    kind: str
    amount: Money
    committed_on: date
    fact_id: int = 0
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class CoFinanceKindLine:
    """Others' money of one kind."""

    kind: str
    amount: Money


@dataclass(frozen=True, slots=True)
class CrowdingIn:
    """Others' money against the fund's, on commitments.

    ``ratio`` is others ÷ bank to two places, None where the fund committed nothing. ``left_out`` are commitments in
    another currency, which are never added up.
    """

    others: Money
    bank: Money
    ratio: Decimal | None
    by_kind: tuple[CoFinanceKindLine, ...]
    made_of: tuple[CoFinance, ...]
    left_out: tuple[CoFinance, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the committed money somebody has classified by mission, and which projects are still to come."""

    committed: Money
    unclassified: Money
    share_classified: Decimal | None
    unclassified_projects: tuple[str, ...]


def money_by_kind(lines: Iterable[InstrumentLine], *, currency: str) -> tuple[MoneyLine, ...]:
    """Add up instruments by kind; the last line, ``all``, is the total. Every instrument stands in one kind."""
    lines = list(lines)
    kinds = [(kind, [line for line in lines if line.kind == kind]) for kind in sorted({line.kind for line in lines})]
    return tuple(_money(kind, part, currency) for kind, part in [*kinds, ("all", lines)])


def crowding_in(co_finance: Iterable[CoFinance], *, committed_minor: int, currency: str) -> CrowdingIn:
    """Set what others committed to the fund's projects against what the fund committed to them."""
    everything = list(co_finance)
    same = [one for one in everything if one.amount.currency == currency]
    others = sum(one.amount.minor for one in same)
    by_kind = {
        kind: sum(one.amount.minor for one in same if one.kind == kind) for kind in sorted({o.kind for o in same})
    }
    return CrowdingIn(
        others=Money(others, currency),
        bank=Money(committed_minor, currency),
        ratio=to_places(Fraction(others, committed_minor), 2) if committed_minor > 0 else None,
        by_kind=tuple(CoFinanceKindLine(kind, Money(minor, currency)) for kind, minor in by_kind.items()),
        made_of=tuple(same),
        left_out=tuple(one for one in everything if one.amount.currency != currency),
    )


def coverage_of(lines: Sequence[InstrumentLine], *, currency: str) -> Coverage:
    """Tell how much committed money stands behind projects that help no mission yet."""
    committed = sum(line.committed.minor for line in lines)
    missing = [line for line in lines if not line.missions]
    unclassified = sum(line.committed.minor for line in missing)
    return Coverage(
        committed=Money(committed, currency),
        unclassified=Money(unclassified, currency),
        share_classified=to_places(Fraction(committed - unclassified, committed), 4) if committed > 0 else None,
        unclassified_projects=tuple(sorted({line.project for line in missing})),
    )


def _money(kind: str, lines: Sequence[InstrumentLine], currency: str) -> MoneyLine:
    return MoneyLine(
        kind=kind,
        committed=Money(sum(line.committed.minor for line in lines), currency),
        drawn=Money(sum(line.drawn.minor for line in lines), currency),
        outstanding=Money(sum(line.outstanding.minor for line in lines), currency),
        returned=Money(sum(line.returned.minor for line in lines), currency),
        instruments=len(lines),
        projects=len({line.project for line in lines}),
    )
