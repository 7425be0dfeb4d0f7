"""Import a statement of positions: all of it in one transaction, and what the ledger then says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session
from uuid_utils.compat import uuid7

from domain.authority import Act, Actor, permit
from domain.calendar import in_words
from domain.desk.funds import open_fund
from domain.desk.night import next_day_with_work
from domain.desk.statement_codes import check_codes, party_code
from domain.errors import NotFound
from domain.ledger import Entry, PeriodClosed, Posting
from domain.money import Money
from domain.positions import (
    FIGURE_NAMES,
    IDENTITIES,
    NOTHING,
    READ_FROM,
    SIGNED_STAGES,
    STATEMENT_ACCOUNTS,
    FundHasDealsOfItsOwn,
    FundInAnotherCurrency,
    Position,
    Statement,
    StatementBeforeFund,
    StatementIsOlder,
    StatementLiesAhead,
    StatementSkipsNights,
    failing,
    movements,
    restated,
    stages_to_add,
    terms,
)
from domain.store import audit, periods
from domain.store import positions as store
from domain.store.funds import FundRow
from domain.store.ledger import open_accounts
from domain.store.positions import Release, StandingPosition
from domain.store.posting import KeyedEntry, post_many


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What an import did: ``changes`` is the number of entries it booked, 0 where the statement was there already."""

    fund: str
    release_id: int
    changes: int
    new: int
    restated: int


@dataclass(frozen=True, slots=True)
class IdentitySummary:
    """For how many loans of a release an identity holds, and for how many it does not."""

    held: int
    failed: int


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """A release as the ledger holds it.

    ``totals`` and ``identities`` are read from the postings of the loans that the release names; ``flags`` counts
    lines by reason. ``vanished`` loans were stated by an earlier release and are not named by this one: they keep
    their positions, which are not in ``totals``.
    """

    fund: str
    source: str
    period_end: date
    rows: int
    flagged: int
    flags: dict[str, int]
    identities: dict[str, IdentitySummary]
    totals: dict[str, Money]
    vanished: int


def import_statement(session: Session, *, statement: Statement, fund_code: str, today: date, by: Actor) -> ImportAnswer:
    """Bring a statement into a fund, which is opened if it does not exist.

    A statement that the fund holds already changes nothing. A later one is booked as movements on the end of its
    period, another one for the same period as restatements. The fund's business day moves to the end of the period.

    Refused, in this order: the role, a period that lies ahead, codes that are none (all at once), a fund in another
    currency, a fund with deals of its own, a period before the fund or before the one it stands at, a day in a closed
    period, a night with work that has not run.
    """
    permit(Act.ADMINISTER, by=by)
    if statement.period_end > today:
        raise StatementLiesAhead(statement.period_end, today)
    check_codes(statement, fund_code=fund_code)
    store.import_alone(session)
    fund = _fund(session, statement=statement, code=fund_code, by=by)
    assert fund.id is not None, "a stored fund has its id"
    before = store.releases(session, fund_id=fund.id, source=statement.source)
    if known := _known(before, statement):
        return ImportAnswer(fund_code, known.id, changes=0, new=0, restated=0)
    last = before[-1] if before else None
    _check_fund(session, fund, statement=statement, last=last)
    open_accounts(session, fund_id=fund.id, currency=statement.currency, extra=STATEMENT_ACCOUNTS)
    done = _Booking(session, fund.id, fund_code, statement, last, by).book()
    store.move_business_day(session, fund_id=fund.id, to=statement.period_end)
    audit.record(
        session,
        by=by,
        act="import a statement",
        subject_kind="statement_release",
        subject=done.release_id,
        fund_id=fund.id,
        detail={"file": statement.file_name, "period_end": statement.period_end, "changes": done.changes},
        before=None if last is None else {"release": last.id, "period_end": last.period_end},
        after={
            "release": done.release_id, "period_end": statement.period_end, "new": done.new, "restated": done.restated,
        },
    )  # fmt: skip
    return done


def _check_fund(session: Session, fund: FundRow, *, statement: Statement, last: Release | None) -> None:
    """Let a statement pass that the fund has a place for, or refuse it."""
    assert fund.id is not None, "a stored fund has its id"
    if own := store.deals_of_its_own(session, fund_id=fund.id):
        raise FundHasDealsOfItsOwn(fund.code, own[0], len(own))
    if statement.period_end < fund.opened_on:
        raise StatementBeforeFund(fund.code, statement.period_end, fund.opened_on)
    if last and statement.period_end < last.period_end:
        raise StatementIsOlder(statement.period_end, last.period_end)
    closed = periods.closed_to(session, fund.id)
    if closed and statement.period_end <= closed:
        raise PeriodClosed(statement.period_end)
    # A promise may stand on a stated loan: what its nights find, they find on their own days.
    night = next_day_with_work(session, fund_id=fund.id, after=fund.business_day, to=statement.period_end)
    if night is not None:
        raise StatementSkipsNights(fund.code, statement.period_end, night)


def _fund(session: Session, *, statement: Statement, code: str, by: Actor) -> FundRow:
    """Return the fund; open one that starts with the oldest approval where there is none of that name."""
    fund = store.fund_by_code(session, code)
    if fund is None:
        approvals = [p.approved_on for p in statement.positions if p.approved_on]
        open_fund(
            session,
            code=code,
            name=code,
            currency=statement.currency,
            mandate=f"positions in the statements of {statement.source}",
            recycling="full",
            opened_on=min([*approvals, statement.period_end]),
            business_day=statement.period_end,
            missions=(),
            by=by,
            cash_floor_minor=None,
        )
        fund = store.fund_by_code(session, code)
        assert fund is not None, "it was opened just now"
    if fund.currency != statement.currency:
        raise FundInAnotherCurrency(code, fund.currency, statement.currency)
    return fund


def _known(before: Sequence[Release], statement: Statement) -> Release | None:
    """Return the release with the same content, unless the fund has since been told otherwise for that period."""
    for release in reversed(before):
        if release.content_hash == statement.content_hash:
            return release
        if release.period_end <= statement.period_end:
            return None
    return None


def statement_summary(session: Session, *, fund_code: str, release_id: int) -> StatementSummary:
    """Read a release back from the book. Refused: a fund or a release that is not there (``NotFound``)."""
    fund = store.fund_by_code(session, fund_code)
    if fund is None or fund.id is None:
        raise NotFound("fund", fund_code)
    source, period_end = store.release_said(session, fund_id=fund.id, release_id=release_id)
    sums = store.account_sums(session, fund_id=fund.id, release_id=release_id)
    flags = store.flags_of(session, release_id)
    none = store.AccountSum(0, 0)
    return StatementSummary(
        fund=fund_code,
        source=source,
        period_end=period_end,
        rows=flags.lines,
        flagged=flags.flagged,
        flags=flags.by_flag,
        identities={
            identity.name: IdentitySummary(flags.lines - failed, failed)
            for identity in IDENTITIES
            for failed in (sums.get(identity.gap_account, none).loans,)
        },
        totals={
            name: Money(sign * sum(sums.get(account, none).balance_minor for account in accounts), fund.currency)
            for name, (accounts, sign) in READ_FROM.items()
        },
        vanished=store.not_named(session, fund_id=fund.id, source=source, release_id=release_id),
    )


@dataclass(slots=True)
class _Booking:
    """One statement on its way into the book: gathers all rows, then copies table by table."""

    session: Session
    fund_id: UUID
    fund_code: str
    statement: Statement
    last: Release | None
    by: Actor
    release_id: int = 0
    restated: int = 0
    party_codes: dict[tuple[str, str], str] = field(default_factory=dict)
    parties: dict[str, tuple[object, ...]] = field(default_factory=dict)
    projects: dict[str, tuple[object, ...]] = field(default_factory=dict)
    deals: list[tuple[object, ...]] = field(default_factory=list)
    instruments: list[tuple[object, ...]] = field(default_factory=list)
    versions: list[tuple[object, ...]] = field(default_factory=list)
    stages: list[tuple[object, ...]] = field(default_factory=list)
    lines: list[tuple[UUID, Position, list[str]]] = field(default_factory=list)
    entries: list[KeyedEntry] = field(default_factory=list)

    def book(self) -> ImportAnswer:
        """Gather and copy everything."""
        statement = self.statement
        same_period = self.last is not None and self.last.period_end == statement.period_end
        self.release_id = store.add_release(
            self.session,
            {
                "fund_id": self.fund_id,
                "recorded_by": self.by.id,
                "source": statement.source,
                "period_end": statement.period_end,
                "file_name": statement.file_name,
                "file_hash": statement.content_hash,
                "row_count": len(statement.positions),
                "restates_id": self.last.id if self.last and same_period else None,
            },
        )
        stands = store.standing(self.session, fund_id=self.fund_id) if self.last else {}
        self._gather_parties_and_projects([p for p in statement.positions if self._code(p) not in stands])
        for position in statement.positions:
            self._gather(position, stands.get(self._code(position)), same_period=same_period)
        return self._copy()

    def _code(self, position: Position) -> str:
        return f"{self.fund_code}-{position.loan_number}"

    def _party_code(self, position: Position) -> str:
        said = (position.country_code or position.country, position.investee)
        if said not in self.party_codes:
            self.party_codes[said] = party_code(source=self.statement.source, country=said[0], investee=said[1])
        return self.party_codes[said]

    def _project_code(self, position: Position) -> str:
        return position.project_code or self._code(position)

    def _gather_parties_and_projects(self, positions: Sequence[Position]) -> None:
        """Note parties and projects; those that the book has already keep their rows."""
        for p in positions:
            party, project = self._party_code(p), self._project_code(p)
            country = p.country_code or p.country
            if party not in self.parties:
                self.parties[party] = (uuid7(), party, p.investee, "public_body", country, "")
            if project not in self.projects:
                name = p.project_name or f"{p.loan_number} {p.investee}"
                self.projects[project] = (uuid7(), project, name, "", p.country, country)

    def _gather(self, position: Position, stands: StandingPosition | None, *, same_period: bool) -> None:
        """Note what one line adds to the book."""
        code, day = self._code(position), self.statement.period_end
        deal_id = stands.deal_id if stands else uuid7()
        instrument_id = stands.instrument_id if stands else uuid7()
        if stands is None:
            title = position.project_name or position.investee
            party, project = self._party_code(position), self._project_code(position)
            self.deals.append((deal_id, code, self.fund_id, project, party, title, ""))
            self.instruments.append((instrument_id, code, deal_id, "loan", self.statement.currency, False))
        before = stands.figures if stands else NOTHING
        taken_back = restated(before=before, now=position.figures, same_period=same_period) if stands else ()
        self.restated += bool(taken_back)
        told = stages_to_add(position, period_end=day, reached=stands.stage if stands else None)
        self.stages += [(self.fund_id, deal_id, stage, on, reason) for stage, on, reason in told]
        was_signed = stands is not None and stands.signed
        is_signed = was_signed or any(stage in SIGNED_STAGES for stage, _, _ in told)
        self._gather_terms(position, stands, instrument_id)
        flags = [*failing(position.figures), *(["restated"] if taken_back else [])]
        self.lines.append((instrument_id, position, flags))
        postings = tuple(
            Posting(account, minor, self.statement.currency, instrument_id)
            for account, minor in movements(
                before=before, now=position.figures, was_signed=was_signed, is_signed=is_signed
            )
        )
        if postings:
            entry = Entry(
                kind="statement_movement" if stands else "opening_position",
                reason=self._reason(known=stands is not None, taken_back=taken_back),
                booked_on=day,
                effective_on=day,
                postings=postings,
                deal_id=deal_id,
                source_ref=f"{self.statement.source} {day} {position.loan_number}",
            )
            self.entries.append(KeyedEntry(f"{self.statement.source} {self.release_id} {position.loan_number}", entry))

    def _reason(self, *, known: bool, taken_back: Sequence[str]) -> str:
        """Say why an entry is booked."""
        day = self.statement.period_end
        if taken_back:
            return f"restatement in the statement of {in_words(day)}: {', '.join(taken_back).replace('_', ' ')}"
        if known and self.last:
            return f"movement between the statements of {in_words(self.last.period_end)} and {in_words(day)}"
        return f"position in the statement of {in_words(day)}"

    def _gather_terms(self, position: Position, stands: StandingPosition | None, instrument_id: UUID) -> None:
        """Note a version of the terms if this line says something new about the contract."""
        said, commitment_minor = terms(position), position.figures.original_principal
        if stands and (stands.terms, stands.commitment_minor) == (said, commitment_minor):
            return
        day = self.statement.period_end
        valid_from = day if stands else min(position.signed_on or day, day)
        version = stands.terms_version + 1 if stands else 1
        self.versions.append((self.fund_id, instrument_id, version, valid_from, commitment_minor, json.dumps(said)))

    def _lines(self) -> Iterator[tuple[object, ...]]:
        """Yield the rows of the statement's lines; the database takes them in while they are made."""
        for instrument_id, position, flags in self.lines:
            figures = json.dumps({name: getattr(position.figures, name) for name in FIGURE_NAMES})
            columns = json.dumps(position.columns, ensure_ascii=False)
            yield (
                self.fund_id,
                self.release_id,
                instrument_id,
                position.status,
                json.dumps(flags),
                figures,
                columns,
            )

    def _copy(self) -> ImportAnswer:
        """Copy table by table, each after those that it refers to."""
        session = self.session
        parties = self._copy_new("party", ("id", "code", "name", "kind", "country", "group_code"), self.parties)
        projects = self._copy_new("project", ("id", "code", "name", "description", "place", "country"), self.projects)
        for table, columns, rows in (
            (
                "deal",
                "id code fund_id project_id investee_id title purpose",
                [(d[0], d[1], d[2], projects[str(d[3])], parties[str(d[4])], *d[5:]) for d in self.deals],
            ),
            ("instrument", "id code deal_id kind currency accrues", self.instruments),
            ("instrument_terms", "fund_id instrument_id version valid_from commitment_minor terms", self.versions),
            ("deal_stage", "fund_id deal_id stage happened_on reason", self.stages),
            ("statement_line", "fund_id release_id instrument_id status flags figures columns", self._lines()),
        ):
            store.copy_rows(session, table, columns.split(), rows)
        posted = post_many(
            session,
            self.entries,
            fund_id=self.fund_id,
            recorded_by=self.by.id,
            scope=f"{self.by.name} statements",
        )
        return ImportAnswer(self.fund_code, self.release_id, len(posted), new=len(self.deals), restated=self.restated)

    def _copy_new(self, table: str, columns: Sequence[str], rows: dict[str, tuple[object, ...]]) -> dict[str, object]:
        """Copy those of the rows whose code is new, and return the ids of all by code."""
        ids: dict[str, object] = dict(store.ids_by_code(self.session, table, list(rows)))
        new = {code: row for code, row in rows.items() if code not in ids}
        store.copy_rows(self.session, table, columns, new.values())
        return ids | {code: row[0] for code, row in new.items()}
