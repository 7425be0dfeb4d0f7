"""What funds share, brought in from a book: the mission map, parties, people, projects; and opening a fund."""

from __future__ import annotations

from collections.abc import Callable

from domain.authority import NIGHT
from domain.desk import funds, missions, parties
from domain.desk.book.acts import BookLoad
from domain.desk.book.lines import BookLine
from domain.errors import InputRefused
from domain.store import people_queries

"""No password fits this: who comes in with a book signs in only when somebody gives them a password."""


def open_fund(here: BookLoad, line: BookLine) -> None:
    """Open a fund on its first day; the nights of the load bring it to its business day."""
    code = line.text("code")
    here.funds[code] = funds.open_fund(
        here.session,
        code=code,
        name=line.text("name"),
        currency=line.text("currency"),
        mandate=line.text("mandate"),
        recycling=line.text("recycling"),
        opened_on=line.day("opened_on"),
        business_day=line.day("opened_on"),
        missions=[own.text("mission") for own in here.book.under("fund_missions", "fund", code)],
        by=here.by,
    )


def _grand_challenge(here: BookLoad, line: BookLine) -> None:
    here.came(
        line,
        missions.add_grand_challenge(
            here.session, code=line.text("code"), name=line.text("name"), source=line.text("source"), by=NIGHT
        ),
    )


def _mission(here: BookLoad, line: BookLine) -> None:
    here.came(
        line,
        missions.add_mission(
            here.session,
            code=line.text("code"),
            grand_challenge_id=here.id_of("grand_challenges", line.text("grand_challenge")),
            name=line.text("name"),
            deadline=line.day("deadline"),
            source=line.text("source"),
            by=NIGHT,
        ),
    )


def _indicator(here: BookLoad, line: BookLine) -> None:
    here.came(
        line,
        missions.add_indicator(
            here.session,
            code=line.text("code"),
            name=line.text("name"),
            unit=line.text("unit"),
            direction=line.text("direction"),
            adding=line.text("adding"),
            definition=line.text("definition"),
            iris_id=line.text("iris_id") or None,
            by=NIGHT,
        ),
    )


def _sector(here: BookLoad, line: BookLine) -> None:
    here.came(
        line,
        missions.add_sector(
            here.session, vocabulary=line.text("vocabulary"), code=line.text("code"), name=line.text("name"), by=NIGHT
        ),
    )


def _party(here: BookLoad, line: BookLine) -> None:
    here.came(
        line,
        parties.add_party(
            here.session,
            code=line.text("code"),
            name=line.text("name"),
            kind=line.text("kind"),
            country=line.text("country"),
            group_code=line.text("group"),
            by=NIGHT,
        ),
    )


def _person(here: BookLoad, line: BookLine) -> None:
    party = line.text("party")
    user_id = people_queries.add_user(
        here.session,
        email=line.text("email"),
        name=line.text("name"),
        role=line.text("role"),
        party_id=here.id_of("parties", party) if party else None,
        password_hash=people_queries.NO_PASSWORD,
    )
    assert user_id is not None, "the comparison has looked for this email before"
    here.came(line, user_id)
    here.meet(line)


def _project(here: BookLoad, line: BookLine) -> None:
    code = line.text("code")
    sectors = here.book.under("project_sectors", "project", code)
    here.came(
        line,
        missions.add_project(
            here.session,
            code=code,
            name=line.text("name"),
            description=line.text("description"),
            place=line.text("place"),
            country=line.text("country"),
            total_cost_minor=line.whole_or_none("total_cost"),
            currency=line.text("currency") or None,
            sector_ids=[here.id_of("sectors", f"{own.text('vocabulary')} · {own.text('sector')}") for own in sectors],
            by=NIGHT,
        ),
    )


def _project_sector(here: BookLoad, line: BookLine) -> None:
    """A project's sectors come with it; one for a project that is there already would change it."""
    project = line.text("project")
    if project not in here.new_in("projects"):
        raise InputRefused(
            [line.problem(f"the project “{project}” is there without this sector", "sector")], subject="the book"
        )


def _project_mission(here: BookLoad, line: BookLine) -> None:
    missions.classify(
        here.session,
        project_id=here.id_of("projects", line.text("project")),
        mission_id=here.id_of("missions", line.text("mission")),
        helps=True,
        fund_id=None,
        by=here.person(line),
    )


def _co_finance(here: BookLoad, line: BookLine) -> None:
    missions.add_co_finance(
        here.session,
        code=line.text("code"),
        project_id=here.id_of("projects", line.text("project")),
        co_investor=line.text("co_investor"),
        kind=line.text("kind"),
        amount_minor=line.whole("amount"),
        currency=line.text("currency"),
        committed_on=line.day("committed_on"),
        by=here.person(line),
    )


def _target(here: BookLoad, line: BookLine) -> None:
    fund = line.text("fund")
    missions.add_target(
        here.session,
        code=line.text("code"),
        mission_id=here.id_of("missions", line.text("mission")),
        indicator_id=here.id_of("indicators", line.text("indicator")),
        baseline_value=line.number("baseline_value"),
        baseline_on=line.day("baseline_on"),
        value=line.number("value"),
        due_on=line.day("due_on"),
        source=line.text("source"),
        fund_id=here.funds[fund] if fund else None,
        by=NIGHT,
    )


def limit(here: BookLoad, line: BookLine) -> None:
    """Set a limit of a fund that the book opens."""
    funds.set_limit(
        here.session,
        fund_id=here.funds[line.text("fund")],
        basis=line.text("basis"),
        subject=line.text("subject"),
        amount_minor=line.whole("amount"),
        valid_from=line.day("valid_from"),
        source=line.text("source"),
        by=here.by,
    )


SHARED_ACTS: dict[str, Callable[[BookLoad, BookLine], None]] = {
    "grand_challenges": _grand_challenge,
    "missions": _mission,
    "indicators": _indicator,
    "sectors": _sector,
    "parties": _party,
    "people": _person,
    "targets": _target,
    "projects": _project,
    "project_sectors": _project_sector,
    "project_missions": _project_mission,
    "co_finance": _co_finance,
}
"""What brings each shared thing in, in the order in which they refer to each other."""

FUND_ACTS: dict[str, Callable[[BookLoad, BookLine], None]] = {"fund_limits": limit, "targets": _target}
"""What a fund gets when it is opened."""
