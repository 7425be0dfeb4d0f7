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


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """What binds a person beside the published table: what is lent to them now, their ties, amounts of funds."""

    lent: tuple[DelegationLine, ...] = ()
    tied_to: tuple[str, ...] = ()
    amounts: tuple[tuple[FundRow, AmountLine], ...] = ()


def known_of(session: Session, by: Actor) -> OwnStanding:
    """Return what the book knows of a person now; of a fund's amounts the last one in force on its business day."""
    standing: dict[tuple[str, str], tuple[FundRow, AmountLine]] = {}
    for fund in funds.funds(session):
        for one in sorted(authority.amounts(session, fund_id=fund.fund_id), key=lambda line: line.valid_from):
            if one.role == by.role and one.valid_from <= fund.business_day:
                standing[fund.code, one.act] = (fund, one)
    return OwnStanding(
        tuple(one for one in authority.delegations(session, by=by) if one.in_force and one.borrower_id == by.id),
        tuple(one.party for one in authority.conflicts(session, by=by) if one.user_id == by.id and one.binds),
        tuple(standing.values()),
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
        every.append(line(words, *(_alone(reader, roles, one) for one in Role)))
    caption = _("Who may do what, and up to how much alone")
    return (
        table(_("What you may do, and up to how much alone"), (_("Act"), mine), own, empty="", side_by_side=True),
        More(
            _("The columns of all roles"),
            (table(caption, (_("Act"), *(_(ROLE_WORDS[one]) for one in Role)), every, empty=""),),
        ),
    )


def _own_cell(
    reader: Reader, act: Act, roles: Mapping[Role, int | None], role: Role | None, known: OwnStanding
) -> Cell:
    """Return whether an act is this person's: by their role, or because somebody lent it; and what bars it."""
    _ = reader.gettext
    lent = [one for one in known.lent if act in one.acts]
    own = role is not None and role in roles
    if act in AWAITED:
        return Cell(mark=Mark(_("No")))
    if not (own or lent):
        who = _(" or ").join(_(WHO_WORDS[one]) for one in roles)
        return Cell(mark=Mark(_("No")), note=_("for %s") % who)
    mark = Mark(_alone(reader, roles, role) if own and role else _("Yes, lent"), "good")
    notes = [
        _("lent by {person} until {day}").format(person=one.lender, day=reader.day(one.to_day))
        + (_(", up to %s") % reader.figure(Money(one.at_most_minor, "EUR")) if one.at_most_minor is not None else "")
        for one in lent
    ]
    if own:
        for fund, line_of in known.amounts:
            if line_of.act == act:
                bound = line_of.amount_minor
                alone = _("without a bound") if bound is None else reader.money(Money(bound, fund.currency))
                notes.append(_("in {fund}: {alone}").format(fund=fund.name, alone=alone))
    if act in LENDABLE and act is not Act.PAY_COST and known.tied_to:
        notes.append(_("not with %s: conflict of interest") % ", ".join(known.tied_to))
    return Cell(mark=mark, note="; ".join(notes))


def _alone(reader: Reader, roles: Mapping[Role, int | None], role: Role) -> str:
    if role not in roles:
        return "–"
    minor = roles[role]
    if minor is None:
        return reader.gettext("Yes")
    return reader.gettext("Up to %s") % reader.figure(Money(minor, "EUR"))
