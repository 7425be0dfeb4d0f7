"""The published table as one person reads it: their own column first, with what is lent to them and what binds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from api.pages.parts import Cell, Mark, More, Part, line, table
from api.pages.reader import Reader
from api.pages.words import ROLE_WORDS, WHO_WORDS
from domain.authority import AUTHORITY, AWAITED, LENDABLE, NEVER_WHO_PREPARED, Act, Actor
from domain.desk import authority, funds
from domain.desk.authority import AmountLine, DelegationLine
from domain.desk.funds import FundRow
from domain.money import Money
from domain.parties import Role

BY_API = frozenset({Act.PROPOSE, Act.CLASSIFY, Act.VERIFY, Act.SET_AMOUNT, Act.ADD_PARTY, Act.OPEN_CURRENCY})
"""Acts that people do through the API: no page has a form for them."""
BY_COMMAND = frozenset({Act.ADMINISTER, Act.OPEN_FUND})
"""Acts that a steward does with ``missionbook`` on the machine."""


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What binds a person beside the published table: what is lent to them now, their ties, amounts of funds.

    ``amounts`` is every amount of every fund in the order in which they were set; ``held`` those that hold now.
    """

    lent: tuple[DelegationLine, ...] = ()
    tied_to: tuple[str, ...] = ()
    amounts: tuple[tuple[FundRow, AmountLine], ...] = ()
    held: tuple[tuple[FundRow, AmountLine], ...] = ()


def known_of(session: Session, by: Actor) -> OwnStanding:
    """Return what the book knows of a person now; a fund's amount holds by its business day, the last of a day."""
    amounts: list[tuple[FundRow, AmountLine]] = []
    held: dict[tuple[str, str, str], tuple[FundRow, AmountLine]] = {}
    for fund in funds.funds(session):
        of_fund = authority.amounts(session, fund_id=fund.fund_id)
        amounts += [(fund, one) for one in of_fund]
        for one in sorted(of_fund, key=lambda line: line.valid_from):
            if one.valid_from <= fund.business_day:
                held[fund.code, one.act, one.role] = (fund, one)
    return OwnStanding(
        authority.lent_to(session, by=by),
        tuple(one.party for one in authority.conflicts(session, by=by) if one.user_id == by.id and one.binds),
        tuple(amounts),
        tuple(held.values()),
    )


def may_table(reader: Reader, by: Actor, known: OwnStanding) -> tuple[Part, ...]:
    """Return the published table: the reader's own column with what binds them, and all roles for who opens it."""
    _ = reader.gettext
    mine = _("You: %s") % (_(ROLE_WORDS[by.role]) if by.role else "")
    own, every = [], []
    for act, roles in AUTHORITY.items():
        note = _("not in this version") if act in AWAITED else ""
        if act in NEVER_WHO_PREPARED:
            note = _("never {whom}").format(whom=NEVER_WHO_PREPARED[act]) + (f"; {note}" if note else "")
        words = act[:1].upper() + act[1:]
        own.append(line(Cell(words, note=note), _own_cell(reader, act, roles, by.role, known)))
        every.append(line(Cell(words, note=note), *(_role_cell(reader, act, roles, one, known) for one in Role)))
    caption = _("Who may do what, and up to how much alone")
    return (
        table(_("What you may do, and up to how much alone"), (_("Act"), mine), own, empty="", side_by_side=True),
        More(
            _("The columns of all roles"),
            (table(caption, (_("Act"), *(_(ROLE_WORDS[one]) for one in Role)), every, empty=""),),
        ),
        *((More(_("The funds' own amounts"), (_amounts_table(reader, known),)),) if known.amounts else ()),
    )


def _own_cell(
    reader: Reader, act: Act, roles: Mapping[Role, int | None], role: Role | None, known: OwnStanding
) -> Cell:
    """Return whether an act is this person's: by their role, or because somebody lent it; what bars it, and where."""
    _ = reader.gettext
    lent = [one for one in known.lent if act in one.acts]
    own = role is not None and role in roles
    if act in AWAITED:
        return Cell(mark=Mark(_("Not yet") if own else _("No")))
    if not (own or lent):
        who = _(" or ").join(_(WHO_WORDS[one]) for one in roles)
        return Cell(mark=Mark(_("No")), note=_("for %s") % who)
    mark = Mark(_alone(reader, act, roles, role) if own and role else _("Yes, lent"), "good")
    notes = [
        _("lent by {person} until {day}").format(person=one.lender, day=reader.day(one.to_day))
        + (_(", up to %s") % reader.figure(Money(one.at_most_minor, "EUR")) if one.at_most_minor is not None else "")
        for one in lent
    ]
    if own and role:
        notes += _of_funds(reader, act, role, known)
    if act in LENDABLE and act is not Act.PAY_COST and known.tied_to:
        notes.append(_("not with %s: conflict of interest") % ", ".join(known.tied_to))
    if act in BY_API:
        notes.append(_("through the API"))
    if act in BY_COMMAND:
        notes.append(_("by command, on the machine"))
    return Cell(mark=mark, note="; ".join(notes))


def _role_cell(reader: Reader, act: Act, roles: Mapping[Role, int | None], role: Role, known: OwnStanding) -> Cell:
    """Return what the published table gives a role of an act, and what funds give it instead."""
    return Cell(_alone(reader, act, roles, role), note="; ".join(_of_funds(reader, act, role, known)))


def _of_funds(reader: Reader, act: Act, role: Role, known: OwnStanding) -> list[str]:
    return [
        reader.gettext("in {fund}: {alone}").format(fund=fund.name, alone=_bound(reader, fund, one))
        for fund, one in known.held
        if (one.act, one.role) == (act, role)
    ]


def _bound(reader: Reader, fund: FundRow, one: AmountLine) -> str:
    if one.amount_minor is None:
        return reader.gettext("without a bound")
    return reader.money(Money(one.amount_minor, fund.currency))


def _amounts_table(reader: Reader, known: OwnStanding) -> Part:
    """Return every amount of every fund, the last that was set first: from when, by what, when and by whom set."""
    _ = reader.gettext
    rows = []
    for fund, one in reversed(known.amounts):
        holds = any(one is other for _fund, other in known.held)
        later = one.valid_from > fund.business_day
        mark = Mark(_("Holds"), "good") if holds else Mark(_("Begins later") if later else _("Replaced"))
        rows.append(
            line(
                fund.name,
                Cell(one.act[:1].upper() + one.act[1:], note=_(ROLE_WORDS[Role(one.role)])),
                _bound(reader, fund, one),
                Cell(reader.day(one.valid_from), note=_("set after that day") if one.set_late else ""),
                one.source,
                Cell(reader.moment(one.recorded_at), note=one.recorded_by),
                Cell(mark=mark),
            )
        )
    return table(
        _("Amounts of the funds' own, the last that was set first"),
        (_("Fund"), _("Act"), _("Alone up to"), _("From"), _("Rests on"), _("Set"), _("State")),
        rows,
        figures=(2,),
        empty="",
    )


def _alone(reader: Reader, act: Act, roles: Mapping[Role, int | None], role: Role) -> str:
    if role not in roles:
        return "–"
    if act in AWAITED:
        return reader.gettext("Not yet")
    minor = roles[role]
    if minor is None:
        return reader.gettext("Yes")
    return reader.gettext("Up to %s") % reader.figure(Money(minor, "EUR"))
