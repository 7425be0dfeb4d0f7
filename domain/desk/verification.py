"""Verify the whole book: recompute it from its rows, and hold it against heads that were kept on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.errors import Refusal
from domain.store import entry_checks
from domain.store import verification as store
from domain.store.entry_checks import Finding
from domain.store.guards import guards_that_are_off
from domain.store.verification import Cut

Progress = Callable[[int, int], None]
_ON_PAPER = re.compile(r"(?:(?P<chain>[^\s:]+)[:\s]+)?(?:(?P<number>\d{1,18})[:\s]+)?(?P<head>[0-9a-fA-F]{64})")


class HeadNotLegible(Refusal):
    """What was given is not a head as it is printed."""

    def __init__(self, given: str) -> None:
        super().__init__("a head is 64 hexadecimal digits, with its fund and its number before it: FUND:NUMBER:HEAD")
        self.given = given


@dataclass(frozen=True, slots=True)
class Misfit:
    """The first fact that does not fit: its kind and number, and why. ``entry`` is its number where it is an entry.

    What is no fact of a number (a head on paper, the order of all seals) has number 0, which nobody needs to read.
    """

    kind: str
    fact: int
    why: str

    def __str__(self) -> str:
        return f"{self.kind} {self.fact}" if self.fact else self.kind

    @property
    def entry(self) -> int | None:
        """The entry's number, where the misfit is an entry."""
        return self.fact if self.kind == "entry" else None


@dataclass(frozen=True, slots=True)
class PaperHead:
    """A chain's head as a board keeps it: the fund (None: not said), its seal number (None: not said), the hash."""

    chain: str | None
    number: int | None
    head: str

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.chain, self.number, self.head) if part is not None)

    @classmethod
    def parse(cls, given: str) -> PaperHead:
        """Read a head as it was printed, or the hash alone. Refused: anything else (``HeadNotLegible``)."""
        found = _ON_PAPER.fullmatch(given.strip())
        if not found:
            raise HeadNotLegible(given)
        number = found["number"]
        return cls(found["chain"], int(number) if number else None, found["head"].lower())


@dataclass(frozen=True, slots=True)
class Compared:
    """An older head beside the present chain: whether it is a link of it, and where."""

    paper: PaperHead
    chain: str | None
    number: int | None
    sealed_at: datetime | None

    @property
    def known(self) -> bool:
        """Whether the head is a link of the present chain."""
        return self.number is not None


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether every row is as it was sealed, and the heads that a board can keep on paper."""

    sound: bool
    entries: int
    accounts: int
    seals: int
    heads: dict[str, str]
    first: Misfit | None
    paper: tuple[PaperHead, ...] = ()
    against: Compared | None = None


def verify(
    session: Session, *, against: PaperHead | None = None, progress: Progress = lambda _done, _of: None
) -> Verification:
    """Recompute zero sums, balances, leaves, chains and definitions from the rows; name the first that does not fit.

    Leaves are made anew from the rows and never trusted. A fact that carries no seal although its transaction is older
    than everything sealed was slipped in behind the triggers. ``against`` is a head that was kept: it must be a link of
    the present chain. ``progress`` is told how many steps are done, and of how many.
    """
    at = store.cut(session)
    found = _everything(session, at, progress)
    compared = _compare(session, against) if against else None
    if compared and not compared.known:
        found.append(("head", 0, _why_unknown(compared.paper)))
    first = min(found, key=_first_named, default=None)
    paper = tuple(PaperHead(chain.code, chain.number, chain.head.hex()) for chain in at.chains)
    return Verification(
        sound=not found,
        entries=at.entries,
        accounts=at.accounts,
        seals=at.position,
        heads={chain.code: chain.head.hex() for chain in at.chains},
        first=Misfit(*first) if first else None,
        paper=paper,
        against=compared,
    )


def _everything(session: Session, at: Cut, progress: Progress) -> list[Finding]:
    """Look at everything, a stretch at a time; stop where enough does not fit."""
    stretches = list(store.stretches(at.facts))
    links = [(chain, start, end) for chain in at.chains for start, end in store.stretches(chain.number)]
    done, of = 0, 2 * len(stretches) + len(links) + 1
    found: list[Finding] = []

    def step(findings: list[Finding]) -> bool:
        nonlocal done
        found.extend(findings)
        done += 1
        progress(done, of)
        return len(found) < entry_checks.FINDINGS_MAX

    for start, end in stretches:
        if not step(entry_checks.entries_that_do_not_hold(session, start, end)):
            return found
        if not step(store.leaves_that_do_not_fit(session, at, start, end)):
            return found
    for chain, start, end in links:
        if not step(store.links_that_break(session, chain, start, end)):
            return found
    step(
        [
            *entry_checks.entries_outside_the_stretches(session, at.facts),
            *entry_checks.entries_after_an_unsealed_closing(session),
            *entry_checks.keys_used_twice(session),
            *entry_checks.limits_that_were_passed(session),
            *entry_checks.contributions_that_differ(session),
            *store.counts_that_are_off(session, at),
            *store.seals_beyond_their_chain(session, at),
            *store.balances_that_differ(session),
            *store.snapshots_that_differ(session),
            *store.definitions_that_differ(session),
            *store.sign_ins_that_differ(session),
            *guards_that_are_off(session),
        ]
    )
    return found


def _first_named(finding: Finding) -> tuple[int, int, str]:
    """An entry before another fact, a fact before what hangs on many, the lowest number first."""
    kind, number, why = finding
    ranks = {"entry": 0, "balance_snapshot": 2, "account_limit": 2, "seal": 3, "head": 4, "guard": 5}
    return ranks.get(kind, 1), number, why


def _compare(session: Session, paper: PaperHead) -> Compared:
    link = store.link_of(session, bytes.fromhex(paper.head), code=paper.chain)
    if link is None or (paper.number is not None and paper.number != link.number):
        return Compared(paper, None, None, None)
    return Compared(paper, link.chain, link.number, link.sealed_at)


def _why_unknown(paper: PaperHead) -> str:
    chain = f"the chain of {paper.chain}" if paper.chain else "any chain"
    place = f" at seal {paper.number}" if paper.number is not None else ""
    return f"the head on paper is no link of {chain}{place}: what it stood for was taken away or written anew"
