"""Parts of the deal page: figures, project, instruments with their schedules, limits, ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from urllib.parse import quote

from sqlmodel import Session

from api.pages.parts import Cell, Facts, Figure, Link, Mark, More, Panel, Part, Summary, Table, Text, line, table
from api.pages.reader import Reader
from api.pages.words import BASIS_WORDS, ENTRY_WORDS, INSTRUMENT_WORDS, say, terms_in_words
from domain.authority import INSIDE, Act, Actor, ConflictOfInterest, Permission, SamePersonPreparedAndDecides
from domain.deals import NEXT_STAGES, PAYING_STAGES, SIGNED_STAGES
from domain.desk import missions, parties
from domain.desk.authority import may_on_deal
from domain.desk.deals import DealDetail, DealEntryLine, InstrumentLine
from domain.desk.statements import EVERY_ACCOUNT
from domain.errors import NotFound
from domain.limits import Headroom, LimitBasis
from domain.money import Money

SCHEDULE_OPEN_ROWS_MAX = 8
ENTRIES_OPEN_MAX = 12
STATED_KINDS = ("opening_position", "statement_movement")
"""Entries that post twelve figures at once: their debits add up to no amount that anybody paid or promised."""


def summary(reader: Reader, detail: DealDetail) -> Summary:
    """Return a deal's money over all of its instruments."""
    _ = reader.gettext
    nothing = Money(0, detail.deal.currency)

    def total(name: str) -> str:
        return reader.money(sum((getattr(one.figures, name) for one in detail.instruments), nothing))

    return Summary(
        (
            Figure(_("Committed"), total("committed"), _("signed, less cancelled"))
            if detail.signed
            else Figure(_("Asked for"), total("asked"), _("no contract is signed")),
            Figure(_("Drawn"), total("drawn"), _("paid out")),
            Figure(_("Undrawn"), total("undrawn"), _("may still be paid out")),
            Figure(_("Outstanding"), total("outstanding"), _("principal or cost, without interest")),
            Figure(_("Returned"), total("returned"), _("all cash that came back")),
        )
    )


def project_parts(session: Session, reader: Reader, detail: DealDetail, *, inside: bool) -> tuple[Part, ...]:
    """Return what the money is for, which missions it helps, and who receives it."""
    _ = reader.gettext
    state = detail.deal
    names = {one.code: one.name for challenge in missions.mission_map(session) for one in challenge.missions}
    helped = missions.project_by_code(session, state.project_code).missions
    facts = [
        Figure(_("Project"), state.project_name, state.project_code),
        Figure(_("Investee"), state.investee_name),
    ]
    if inside:
        party = parties.party_by_code(session, code=state.investee_code)
        facts.append(Figure(_("Kind of investee"), party.kind.value.replace("_", " ")))
        if party.group_code:
            facts.append(Figure(_("Group"), party.group_code))
    said = ", ".join(names.get(code, code) for code in helped) or _("none yet: nobody has classified this project")
    facts.append(Figure(_("Missions"), said))
    return (Facts(tuple(facts)),)


def instrument_panels(session: Session, reader: Reader, by: Actor, detail: DealDetail) -> tuple[Part, ...]:
    """Return a panel for each instrument."""
    if not detail.instruments:
        return (Text(reader.gettext("This deal has no instrument.")),)
    acts = {act: may_on_deal(session, act, by=by, deal=detail.deal) for act in (Act.RECORD_RECEIPT, Act.PAY_OUT)}
    return tuple(_panel(reader, by, detail, one, acts) for one in detail.instruments)


def _panel(reader: Reader, by: Actor, detail: DealDetail, one: InstrumentLine, acts: Mapping[Act, Permission]) -> Panel:
    _ = reader.gettext
    figures, currency = one.figures, detail.deal.currency
    facts = [
        Figure(_("Committed"), reader.money(figures.committed))
        if detail.signed
        else Figure(_("Asked for"), reader.money(figures.asked)),
        Figure(_("Drawn"), reader.money(figures.drawn)),
        Figure(_("Undrawn"), reader.money(figures.undrawn)),
        Figure(_("Outstanding"), reader.money(figures.outstanding)),
        Figure(_("Returned"), reader.money(figures.returned)),
    ]
    if figures.receivable.minor:
        facts.append(Figure(_("Earned, not received"), reader.money(figures.receivable)))
    parts: list[Part] = [Facts(tuple(facts))]
    if by.role in INSIDE and figures.drawn.minor:
        to = f"/ledger/{quote(detail.deal.fund_code)}/accounts/{EVERY_ACCOUNT}?instrument={quote(one.code)}"
        parts.append(Text("", link=Link(to, _("Statement of account of %s") % one.code)))
    kept = not detail.by_statement
    if kept and detail.deal.stage in SIGNED_STAGES and figures.drawn.minor:
        words = _("Record a receipt on %s") % one.code
        parts += _act_or_why(reader, by, acts[Act.RECORD_RECEIPT], Link(f"/instruments/{one.id}/receipt", words))
    if kept and detail.deal.stage in PAYING_STAGES and figures.undrawn.minor:
        words = _("Pay out a drawdown of %s") % one.code
        parts += _act_or_why(reader, by, acts[Act.PAY_OUT], Link(f"/instruments/{one.id}/drawdown", words))
    if one.schedule and (figures.drawn.minor or NEXT_STAGES[detail.deal.stage]):
        words = (
            _("Schedule")
            if figures.drawn.minor
            else _("Plan, as if all were drawn on {day}").format(day=reader.day(one.planned_on))
        )
        plan = schedule_table(reader, one, currency=currency, today=detail)
        parts.append(More(words, (plan,), open=len(one.schedule) <= SCHEDULE_OPEN_ROWS_MAX))
    return Panel(
        heading=f"{one.code} · {say(reader, INSTRUMENT_WORDS, one.kind)}",
        note=terms_in_words(reader, one.kind, one.terms, currency),
        parts=tuple(parts),
        anchor=f"instrument-{one.code}",
    )


def _act_or_why(reader: Reader, by: Actor, found: Permission, link: Link) -> list[Part]:
    """Return the way to an act, or for the bank's own people why it is not theirs."""
    if found.allowed:
        return [Text("", link=link)]
    if by.role not in INSIDE:
        return []
    why = reasons_words(reader, found)
    return [Text(reader.gettext("{act}: not yours ({why}).").format(act=link.words, why=why))] if why else []


def schedule_table(reader: Reader, one: InstrumentLine, *, currency: str, today: DealDetail) -> Table:
    """Return a loan's instalments."""
    _ = reader.gettext

    def figure(minor: int) -> str:
        return reader.figure(Money(minor, currency))

    runs = bool(NEXT_STAGES[today.deal.stage])
    coming = next((row.number for row in one.schedule if runs and row.due_on >= today.fund_business_day), None)
    rows = [
        line(
            str(row.number),
            Cell(reader.day(row.due_on), mark=Mark(_("Next"), "warn") if row.number == coming else None),
            figure(row.interest_minor),
            figure(row.principal_minor),
            figure(row.total_minor),
            figure(row.balance_minor),
        )
        for row in one.schedule
    ]
    return table(
        _("Instalments of {code} ({currency})").format(code=one.code, currency=currency),
        (_("No."), _("Due"), _("Interest"), _("Principal"), _("Total"), _("Left after it")),
        rows,
        figures=(2, 3, 4, 5),
        empty=_("Nothing falls due."),
    )


def limit_subject(reader: Reader, basis: str, subject: str, names: Mapping[str, str]) -> str:
    """Return what a limit adds up by its name: a mission, a group, a kind of instrument; else by its code."""
    if not subject or basis == LimitBasis.INSTRUMENT:
        return say(reader, INSTRUMENT_WORDS, subject)
    return names.get(subject, subject)


def subject_names(session: Session, found: Sequence[Headroom]) -> dict[str, str]:
    """Return the names of the missions and groups that limits add up, by code; a group that is no party has none."""
    names = {one.code: one.name for all_of in missions.mission_map(session) for one in all_of.missions}
    for code in {one.subject for one in found if one.basis is LimitBasis.GROUP and one.subject}:
        with suppress(NotFound):
            names[code] = parties.party_by_code(session, code=code).name
    return names


def limits_table(reader: Reader, detail: DealDetail, names: Mapping[str, str]) -> Table:
    """Return what each limit leaves with this deal counted in."""
    _ = reader.gettext
    rows = [
        line(
            Cell(say(reader, BASIS_WORDS, one.basis), note=limit_subject(reader, one.basis, one.subject, names)),
            reader.figure(one.limit),
            reader.figure(one.used),
            reader.figure(one.asked),
            Cell(reader.figure(one.left), mark=Mark(_("Over"), "bad") if one.left.minor < 0 else None),
        )
        for one in detail.limits
    ]
    return table(
        _("The fund's limits with this deal ({currency})").format(currency=detail.deal.currency),
        (_("Limit"), _("At most"), _("Used by others"), _("This deal"), _("Left")),
        rows,
        figures=(1, 2, 3, 4),
        empty=_("No limit of the fund touches this deal."),
    )


def ledger_parts(reader: Reader, detail: DealDetail) -> tuple[Part, ...]:
    """Return a deal's entries, each leading to its postings; the older ones open when somebody asks."""
    older = len(detail.entries) - ENTRIES_OPEN_MAX
    recent = entries_table(reader, detail, slice(ENTRIES_OPEN_MAX))
    if older <= 0:
        return (recent,)
    words = reader.gettext("%s older entries") % reader.number(older)
    return recent, More(words, (entries_table(reader, detail, slice(ENTRIES_OPEN_MAX, None)),))


def entries_table(reader: Reader, detail: DealDetail, shown: slice) -> Table:
    """Return some of a deal's entries."""
    _ = reader.gettext
    rows = [
        line(
            Cell(_("Entry %s") % one.id, f"/entries/{one.id}"),
            reader.day(one.booked_on),
            reader.day(one.effective_on),
            Cell(say(reader, ENTRY_WORDS, one.kind), note=one.reason, onward=_other_entry(reader, one)),
            "–" if one.kind in STATED_KINDS else reader.figure(Money(one.amount_minor, one.currency)),
            reader.number(one.seal) if one.seal else _("not yet"),
        )
        for one in detail.entries[shown]
    ]
    return table(
        _("Entries, newest first ({currency}); money paid out is below zero").format(currency=detail.deal.currency),
        (_("Entry"), _("Booked on"), _("Value day"), _("What"), _("Amount"), _("Seal")),
        rows,
        figures=(4, 5),
        empty=_("Nothing is booked yet. Signing the contract books the commitment.")
        if NEXT_STAGES[detail.deal.stage] and not detail.by_statement
        else _("Nothing was booked."),
    )


def reasons_words(reader: Reader, found: Permission) -> str:
    """Return why an act on a deal is not this person's; a conflict of interest is told once, on top of the page."""
    said = []
    for reason in found.reasons:
        if isinstance(reason, SamePersonPreparedAndDecides) and not reason.lender:
            said.append(reader.gettext("you prepared this, so somebody else decides"))
        elif reason.lender or not isinstance(reason, ConflictOfInterest):
            said.append(str(reason))
    return "; ".join(said)


def conflict_notice(session: Session, reader: Reader, by: Actor, detail: DealDetail) -> tuple[Part, ...]:
    """Return the notice on a deal of a party that this person has a declared tie to."""
    found = may_on_deal(session, Act.READ_BOOK, by=by, deal=detail.deal)
    if not any(isinstance(reason, ConflictOfInterest) for reason in found.reasons):
        return ()
    _ = reader.gettext
    words = _(
        "You have declared a conflict of interest with {party}: somebody else acts on this deal. You may read it."
    )
    said = words.format(party=detail.deal.investee_name)
    return (Text(said, "warn", link=Link("/authority#ties", _("Your ties"))),)


def _other_entry(reader: Reader, one: DealEntryLine) -> Link | None:
    """Return the way from a reversal to what it reverses, and back."""
    _ = reader.gettext
    if one.reverses_id:
        return Link(f"/entries/{one.reverses_id}", _("reverses entry %s") % one.reverses_id)
    if one.reversed_by:
        return Link(f"/entries/{one.reversed_by}", _("reversed by entry %s") % one.reversed_by)
    return None


def taken_back_notice(reader: Reader, detail: DealDetail) -> tuple[Part, ...]:
    """Return the notice on a deal whose commitment was reversed: what that means, and what is left to do."""
    if not detail.taken_back:
        return ()
    _ = reader.gettext
    number = detail.commitment_reversal
    words = _("Entry %s took its commitment back: nothing can be paid out. What is left is to close the deal.") % number
    return (Text(words, "warn", link=Link(f"/entries/{number}", _("Open it"))),)


def deal_link(code: str) -> str:
    """Return the address of a deal's page."""
    return f"/deals/{quote(code)}"
