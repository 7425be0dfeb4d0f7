"""What you may do, and why not: the table with your column, your ties, and the acts that you lent or borrowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages.authority_table import known_of, may_table
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, see, wrong_by
from api.pages.parts import Button, Cell, Choice, Field, Form, Link, Mark, Page, Part, Section, Tabs, Text, line, table
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.words import ROLE_WORDS
from api.refusals import TOLD_TO_THE_AUDIT
from domain.authority import AUTHORITY, AWAITED, LENDABLE, Act, Actor, permit
from domain.delegations import Delegation
from domain.desk import authority, parties
from domain.desk.authority import ConflictLine
from domain.errors import InputRefused, NotFound, Problem, Refusal
from domain.money import Money
from domain.parties import Role

ALL = "all"
PLACES = {"conflict": "tie-", "lend": "lend-"}
router = APIRouter(include_in_schema=False)
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/authority")
def what_you_may_do(
    request: Request, visitor: Visitor, session: PageTransaction, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show who may do what, and what binds this person."""
    permit(Act.READ_BOOK, by=visitor.actor)
    reader = reader_of(request)
    return show(request, "page.html", authority_page(session, reader, visitor.actor, done=done), reader=reader)


@router.post("/authority/conflicts", dependencies=FORM_GUARDS)
def declare(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed) -> Response:
    """Declare a tie to a party."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        since = read_day(reader, typed.get("since", ""), where="since")
        said = typed.get("party", "").strip()[:100]
        missing = [] if said else [Problem("party", reader.gettext("Say which party"))]
        if not typed.get("words", "").strip():
            missing.append(Problem("words", reader.gettext("Say what the tie is")))
        if missing:
            raise InputRefused(missing, subject="the form")
        party = parties.party_by_code(session, code=said)
        email = typed.get("person", "") or None
        words = typed.get("words", "")
        authority.declare_conflict(session, party_id=party.id, since=since, words=words, by=by, email=email)
        return "/authority?done=declared#ties"

    return _done(request, session, reader, by, typed, "conflict", act)


@router.post("/authority/conflicts/{number}/end", dependencies=FORM_GUARDS)
def end_conflict(
    request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, number: Number
) -> Response:
    """End somebody's tie: for stewards."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        authority.end_conflict(session, conflict_id=number, words=typed.get("words", ""), by=by)
        found = authority.conflicts(session, by=by)
        (ended,) = (one for one in found if one.id == number)
        whose = (ended.user_id, ended.party_id)
        more = any((one.user_id, one.party_id) == whose and not one.ended_at for one in found)
        return f"/authority?done={'one-tie-ended' if more else 'tie-ended'}#ties"

    return _done(request, session, reader, by, typed, "conflict", act)


@router.post("/authority/delegations", dependencies=FORM_GUARDS)
def lend(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed) -> Response:
    """Lend acts to somebody for a time."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        said = typed.get("act", "")
        acts = [str(one) for one in lendable(by)] if said == ALL else [said] if said else []
        from_day = read_day(reader, typed.get("from_day", ""), where="from_day")
        to_day = read_day(reader, typed.get("to_day", ""), where="to_day")
        at_most = typed.get("amount", "").strip()
        asked = Delegation(acts, from_day, to_day, reader.read_minor(at_most, "EUR") if at_most else None)
        missing = [] if typed.get("to", "").strip() else [Problem("to", reader.gettext("Say to whom"))]
        if not acts:
            missing.append(Problem("acts", reader.gettext("Choose an act")))
        if missing:
            raise InputRefused(missing, subject="the form")
        authority.lend(session, to=typed.get("to", ""), asked=asked, by=by)
        return "/authority?done=lent#lent"

    return _done(request, session, reader, by, typed, "lend", act)


@router.post("/authority/delegations/{number}/end", dependencies=FORM_GUARDS)
def end_delegation(
    request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, number: Number
) -> Response:
    """End a delegation before its last day."""
    reader, by = reader_of(request), visitor.actor

    def act(_key: str) -> str:
        authority.end_delegation(session, delegation_id=number, by=by)
        found = authority.delegations(session, by=by)
        (ended,) = (one for one in found if one.id == number)
        more = any(
            (one.lender_id, one.borrower_id) == (ended.lender_id, ended.borrower_id)
            and not one.ended_at
            and one.to_day >= authority.today(session)
            and not {*one.acts}.isdisjoint(ended.acts)
            for one in found
        )
        return f"/authority?done={'one-back' if more else 'back'}#lent"

    return _done(request, session, reader, by, typed, "lend", act)


def _done(
    request: Request,
    session: Session,
    reader: Reader,
    by: Actor,
    typed: Mapping[str, str],
    form: str,
    act: Callable[[str], str],
) -> Response:
    fields = {"since": "since", "party": "party", "words": "words", "to": "to", "acts": "act",
              "from_day": "from_day", "to_day": "to_day", "amount": "amount"}  # fmt: skip
    try:
        with session.begin_nested():
            return see(done_once(session, by=by, route=request.url.path, typed=typed, act=act))
    except Refusal as refusal:
        if isinstance(refusal, TOLD_TO_THE_AUDIT) and not isinstance(refusal, NotFound):
            raise
        ends = request.url.path.endswith("/end")
        wrong = wrong_by(refusal, fields={} if ends else fields, place=PLACES[form])
        page = authority_page(session, reader, by, typed=typed, wrong={form: wrong})
        return show(request, "page.html", page, status=422, reader=reader)


def lendable(by: Actor) -> tuple[Act, ...]:
    """Return the acts that a person may lend, in the order of the table."""
    return tuple(act for act, roles in AUTHORITY.items() if act in LENDABLE - AWAITED and by.role in roles)


def authority_page(
    session: Session,
    reader: Reader,
    by: Actor,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, Wrong] | None = None,
) -> Page:
    """Return the page with the table, the person's ties and the acts that are lent."""
    _ = reader.gettext
    typed, wrong = typed or {}, wrong or {}
    today = authority.today(session)
    of_ties = {
        "declared": _("Declared. From its day on it binds on every deal of that party."),
        "tie-ended": _("Ended. It binds no longer."),
        "one-tie-ended": _("Ended. Another tie of theirs to that party is in the list, and binds from its day on."),
    }
    of_lent = {
        "lent": _("Lent. Both names stand on what is done with it."),
        "back": _("Ended. Nothing of it is lent now."),
        "one-back": _("Ended. Another loan between the two is in the list, with some of the same acts."),
    }
    role = _(ROLE_WORDS[by.role]) if by.role else ""
    ways = (
        ("#ties", _("Conflicts of interest")),
        ("#lent", _("Acts that are lent")),
        ("#table", _("What each role may do")),
    )
    return Page(
        _("What you may do"),
        lead=_("You are signed in as {role}. Your column is marked; amounts are in the currency of the fund.").format(
            role=role.lower()
        ),
        parts=(Tabs(_("On this page"), tuple(Link(to, words) for to, words in ways)),),
        sections=(
            Section(
                _("Conflicts of interest"),
                _told(of_ties, done)
                + _ties(session, reader, by, today=today, typed=typed, wrong=wrong.get("conflict", RIGHT)),
                anchor="ties",
                note=_("Whoever has a tie to a party does nothing on its deals. Reading stays. A steward ends it."),
            ),
            Section(
                _("Acts that are lent"),
                _told(of_lent, done)
                + _lent(session, reader, by, today=today, typed=typed, wrong=wrong.get("lend", RIGHT)),
                anchor="lent",
                note=_("For at most 90 days. Who borrows decides neither what they nor what the lender prepared."),
            ),
            Section(_("What each role may do"), may_table(reader, by, known_of(session, by)), anchor="table"),
        ),
    )


def _told(said: Mapping[str, str], done: str) -> tuple[Part, ...]:
    """Return what was just done, in the section that it was done in."""
    return (Text(said[done], "good"),) if done in said else ()


def _ties(
    session: Session, reader: Reader, by: Actor, *, today: date, typed: Mapping[str, str], wrong: Wrong
) -> tuple[Part, ...]:
    _ = reader.gettext
    found = authority.conflicts(session, by=by)
    ends = {
        one.id: _("End the tie of {person} to {party}").format(person=one.person, party=one.party)
        for one in found
        if by.role is Role.STEWARD and not one.ended_at and one.user_id != by.id
    }
    rows = [
        line(
            one.person,
            Cell(one.party, note=one.party_code),
            reader.day(one.since),
            one.words,
            Cell(mark=_tie_mark(reader, one), note=one.ended_by),
            *_end_cell(reader, ends, f"/authority/conflicts/{one.id}/end", one.id, asks=True),
        )
        for one in found
    ]
    shown = table(
        _("Declared ties to parties"),
        (_("Person"), _("Party"), _("Since"), _("What it is"), _("State"), *([""] if ends else [])),
        rows,
        empty=_("Nothing is declared."),
    )
    return shown, _declare_form(session, reader, by, today=today, typed=typed, wrong=wrong)


def _tie_mark(reader: Reader, one: ConflictLine) -> Mark:
    _ = reader.gettext
    if one.ended_at:
        return Mark(_("Ended"), "quiet")
    return Mark(_("Binds"), "warn") if one.binds else Mark(_("Binds from its day on"), "quiet")


def _declare_form(
    session: Session, reader: Reader, by: Actor, *, today: date, typed: Mapping[str, str], wrong: Wrong
) -> Form:
    _ = reader.gettext
    place = PLACES["conflict"]
    people = [Choice("", _("myself"))]
    if by.role is Role.STEWARD:
        people += [
            Choice(email, name, typed.get("person") == email) for _id, email, name in authority.people_inside(session)
        ]
    whose = (Field("person", _("Whose"), kind="choice", choices=tuple(people), place=place),) if len(people) > 1 else ()
    named = (
        Choice("", _("choose")),
        *(Choice(one.code, one.name, typed.get("party") == one.code) for one in parties.parties_by_name(session)),
    )
    return Form(
        action="/authority/conflicts#ties",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Declare a conflict of interest"),
        fields=(
            *whose,
            Field("party", _("Party"), kind="choice", choices=named, error=wrong.at("party"), place=place),
            Field(
                "since",
                _("Since"),
                value=typed.get("since", today.isoformat()),
                kind="day",
                error=wrong.at("since"),
                place=place,
            ),
            Field("words", _("What it is"), value=typed.get("words", ""), error=wrong.at("words"), place=place),
        ),
        hidden=(("key", new_key()),),
        buttons=(Button(_("Declare a conflict of interest")),),
        problems=wrong.top,
    )


def _lent(
    session: Session, reader: Reader, by: Actor, *, today: date, typed: Mapping[str, str], wrong: Wrong
) -> tuple[Part, ...]:
    _ = reader.gettext
    found = authority.delegations(session, by=by)
    ends = {
        one.id: _("End what {lender} lent to {borrower}").format(lender=one.lender, borrower=one.borrower)
        for one in found
        if not one.ended_at
        and one.to_day >= today
        and (by.id in (one.lender_id, one.borrower_id) or by.role is Role.STEWARD)
    }
    rows = []
    for one in found:
        mark = Mark(_("In force"), "good") if one.in_force else Mark(_("Ended") if one.ended_at else _("Not in force"))
        gone = _("%s can sign in no more") % one.gone if one.gone and not one.ended_at else ""
        days = _("{start} to {end}").format(start=reader.day(one.from_day), end=reader.day(one.to_day))
        at_most = "–" if one.at_most_minor is None else reader.figure(Money(one.at_most_minor, "EUR"))
        end = _end_cell(reader, ends, f"/authority/delegations/{one.id}/end", one.id)
        state = Cell(mark=mark, note=gone)
        rows.append(line(one.lender, one.borrower, Cell("; ".join(one.acts)), days, at_most, state, *end))
    shown = table(
        _("Acts that are lent, the newest first"),
        (_("Lent by"), _("To"), _("Acts"), _("Days"), _("At most"), _("State"), *([""] if ends else [])),
        rows,
        figures=(4,),
        empty=_("Nothing is lent."),
    )
    if not lendable(by):
        return shown, Text(_("Your role has no act that is lent."))
    return shown, _lend_form(session, reader, by, today=today, typed=typed, wrong=wrong)


def _lend_form(
    session: Session, reader: Reader, by: Actor, *, today: date, typed: Mapping[str, str], wrong: Wrong
) -> Form:
    _ = reader.gettext
    place = PLACES["lend"]
    people = [
        Choice(email, name, typed.get("to") == email)
        for person, email, name in authority.who_may_borrow(session)
        if person != by.id
    ]
    acts = [Choice(str(act), act[:1].upper() + act[1:], typed.get("act") == act) for act in lendable(by)]
    days = (("from_day", _("First day"), today), ("to_day", _("Last day"), today + timedelta(days=14)))
    return Form(
        action="/authority/delegations#lent",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Lend acts of your role"),
        fields=(
            Field(
                "to",
                _("To whom"),
                kind="choice",
                choices=(Choice("", _("choose")), *people),
                error=wrong.at("to"),
                place=place,
            ),
            Field(
                "act",
                _("Act"),
                kind="choice",
                choices=(Choice("", _("choose")), *acts, Choice(ALL, _("All of these"), typed.get("act") == ALL)),
                error=wrong.at("act"),
                place=place,
            ),
            *(
                Field(
                    name, words, value=typed.get(name, day.isoformat()), kind="day", error=wrong.at(name), place=place
                )
                for name, words, day in days
            ),
            Field(
                "amount",
                _("At most"),
                value=typed.get("amount", ""),
                kind="figure",
                required=False,
                hint=_("In the currency of the fund. Left out: as much as you may bring about alone."),
                error=wrong.at("amount"),
                place=place,
            ),
        ),
        hidden=(("key", new_key()),),
        buttons=(Button(_("Lend")),),
        problems=wrong.top,
    )


def _end_cell(
    reader: Reader, ends: Mapping[int, str], action: str, number: int, *, asks: bool = False
) -> tuple[Cell, ...]:
    """Return the last cell of a row: the button that ends it where this person may; no cell where no row has one."""
    if number not in ends:
        return (Cell(),) if ends else ()
    form = Form(
        action=action,
        csrf_token=reader.known.csrf_token if reader.known else "",
        fields=(Field("words", reader.gettext("Why"), place=f"{quote(action)}-"),) if asks else (),
        hidden=(("key", new_key()),),
        buttons=(Button(reader.gettext("End"), quiet=True, label=ends[number]),),
    )
    return (Cell(form=form),)
