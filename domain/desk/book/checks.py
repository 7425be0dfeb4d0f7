"""What can be seen to be wrong in a book before it is loaded: days, stages, sums and reports that do not fit together.

The rules decide when the load acts; here a bank that brings its book in is told everything at once, with rows to mend.
Every check looks at one kind of thing and yields problems; none of them stops the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date

from domain.authority import MAY, Act
from domain.deals import ACT_FOR_STAGE, NEXT_STAGES, InstrumentKind, Stage
from domain.desk.book.lines import INSTRUMENT_FILES, Book, BookLine
from domain.desk.receipts import PART_OF_KIND
from domain.errors import Problem
from domain.money import Money
from domain.parties import Role

PERSON_ACTS = {
    "deals": Act.PROPOSE,
    "drawdowns": Act.PAY_OUT,
    "receipts": Act.RECORD_RECEIPT,
    "revenues": Act.RECORD_RECEIPT,
    "contributions": Act.RECORD_RECEIPT,
    "running_costs": Act.PAY_COST,
    "covenants": Act.SIGN,
    "project_missions": Act.CLASSIFY,
    "co_finance": Act.PROPOSE,
    "reports": Act.SUBMIT_REPORT,
}
ACT_DAYS = {
    "contributions": "received_on",
    "running_costs": "paid_on",
    "deals": "proposed_on",
    "deal_stages": "happened_on",
    "covenants": "agreed_on",
    "drawdowns": "effective_on",
    "revenues": "stated_on",
    "receipts": "effective_on",
    "reports": "submitted_on",
}
"""The files of acts, and the column that says on which day each was done."""


def problems_of(book: Book) -> list[Problem]:
    """Return every problem of a book whose cells, codes and currencies are sound; none means it may be loaded."""
    return [problem for check in CHECKS for problem in check(book)]


def _people(book: Book) -> Iterator[Problem]:
    emails: dict[str, BookLine] = {}
    for line in book.of("people"):
        investee = line.text("role") == Role.INVESTEE
        if investee != bool(line.text("party")):
            yield line.problem("a person of an investee names its party, and nobody else names one", "party")
        if emails.setdefault(line.text("email"), line) is not line:
            yield line.problem(f"“{line.text('email')}” signs in for somebody else already", "email")


def _roles(book: Book) -> Iterator[Problem]:
    """Each act is done by a person whose role may do it, and approved by somebody who did not propose it."""
    for file, act in PERSON_ACTS.items():
        for line in book.of(file):
            yield from _role(book, line, act)
    for line in book.of("deal_stages"):
        yield from _role(book, line, ACT_FOR_STAGE[Stage(line.text("stage"))])
        proposer = book.coded("deals", line.text("deal")).text("by")
        if line.text("stage") == "approved" and line.text("by") == proposer:
            yield line.problem(f"“{proposer}” proposed this deal; expected somebody else to approve it", "by")


def _role(book: Book, line: BookLine, act: Act) -> Iterator[Problem]:
    role = Role(book.coded("people", line.text("by")).text("role"))
    if role not in MAY[act]:
        wanted = " or ".join(sorted(MAY[act]))
        yield line.problem(f"“{line.text('by')}” has the role {role}; to {act} takes {wanted}", "by")


def _days(book: Book) -> Iterator[Problem]:
    """Nothing happens before the fund opened or after its business day."""
    for line in book.of("funds"):
        if line.day("business_day") < line.day("opened_on"):
            yield line.problem("the business day lies before the fund's first day", "business_day")
    for file, column in ACT_DAYS.items():
        for line in book.of(file):
            fund = book.coded("funds", book.fund_of(line))
            if not fund.day("opened_on") <= line.day(column) <= fund.day("business_day"):
                first, last = fund.day("opened_on"), fund.day("business_day")
                yield line.problem(f"“{line.day(column)}”: expected a day of the fund, {first} to {last}", column)


def _targets(book: Book) -> Iterator[Problem]:
    for line in book.of("targets"):
        if line.day("due_on") <= line.day("baseline_on"):
            yield line.problem("the target is due before its baseline; expected a later day", "due_on")
        if line.number("value") == line.number("baseline_value"):
            yield line.problem("the target is the baseline; expected another value", "value")


def _limits(book: Book) -> Iterator[Problem]:
    missions = {line.text("code") for line in book.of("missions")}
    groups = {line.text("group") for line in book.of("parties")} - {""}
    known = {"mission": missions, "group": groups, "instrument": {"loan", "equity", "royalty"}, "ticket": set[str]()}
    for line in book.of("fund_limits"):
        basis, subject = line.text("basis"), line.text("subject")
        if subject and subject not in known[basis]:
            wanted = ", ".join(sorted(known[basis])) or "nothing"
            yield line.problem(f"“{subject}” is no {basis} of this book; expected {wanted}", "subject")


def _projects(book: Book) -> Iterator[Problem]:
    for line in book.of("projects"):
        if (line.cells["total_cost"] is None) != (not line.text("currency")):
            yield line.problem("a cost and its currency stand together or not at all", "total_cost")


def _deals(book: Book) -> Iterator[Problem]:
    with_instruments = {line.text("deal") for line in book.instruments()}
    for line in book.of("deals"):
        if line.text("code") not in with_instruments:
            files = ", ".join(f"{file}.csv" for file in INSTRUMENT_FILES)
            yield line.problem(f"the deal “{line.text('code')}” has no instrument; expected one in {files}", "code")


def _stages(book: Book) -> Iterator[Problem]:
    """Stages follow one another as the bank's table allows, in the order of their days."""
    for deal, lines in book.grouped("deal_stages", "deal").items():
        proposal = book.coded("deals", deal)
        here, since = Stage.PROPOSED, proposal.day("proposed_on")
        for line in sorted(lines, key=lambda line: line.day("happened_on")):
            wanted = Stage(line.text("stage"))
            if wanted not in NEXT_STAGES[here]:
                reachable = " or ".join(sorted(NEXT_STAGES[here])) or "nothing more"
                yield line.problem(f"“{wanted}” does not follow {here}; expected {reachable}", "stage")
                break
            if line.day("happened_on") < since:
                yield line.problem(f"“{wanted}” before {here} ({since}); expected that day or later", "happened_on")
            here, since = wanted, line.day("happened_on")


def _signed_on(book: Book, deal: str) -> date | None:
    stages = book.under("deal_stages", "deal", deal)
    return min((line.day("happened_on") for line in stages if line.text("stage") == Stage.CONTRACTED), default=None)


def _drawdowns(book: Book) -> Iterator[Problem]:
    """Money leaves after the contract was signed, and never more than was promised."""
    for code, lines in book.grouped("drawdowns", "instrument").items():
        instrument = book.instrument(code)
        signed_on = _signed_on(book, instrument.text("deal"))
        drawn = 0
        for line in sorted(lines, key=lambda line: line.day("effective_on")):
            drawn += line.whole("amount")
            if signed_on is None or line.day("effective_on") < signed_on:
                since = f"{signed_on} or later" if signed_on else "no drawdown, for the deal is not contracted"
                yield line.problem(f"drawn on {line.day('effective_on')}; expected {since}", "effective_on")
            if drawn > instrument.whole("commitment"):
                currency = book.coded("funds", book.fund_of(line)).text("currency")
                over = Money(drawn - instrument.whole("commitment"), currency)
                words = f"with this drawdown “{code}” is drawn {over} above its commitment"
                yield line.problem(f"{words}; expected the sum of drawdowns to stay within it", "amount")


def _receipts(book: Book) -> Iterator[Problem]:
    for line in book.of("receipts"):
        instrument = book.instrument(line.text("instrument"))
        possible = PART_OF_KIND[InstrumentKind(INSTRUMENT_FILES[instrument.file])]
        if line.text("part") not in possible:
            words = f"“{line.text('part')}” does not come from what stands in {instrument.file}.csv"
            yield line.problem(f"{words}; expected {' or '.join(possible)}", "part")
        if (line.text("part") == "sale") != (line.cells["cost"] is not None):
            yield line.problem("a sale, and only a sale, says what the sold part had cost", "cost")
        first = [own.day("effective_on") for own in book.under("drawdowns", "instrument", line.text("instrument"))]
        if not first or line.day("effective_on") < min(first):
            yield line.problem("received before anything was drawn; expected a later day", "effective_on")


def _revenues(book: Book) -> Iterator[Problem]:
    for line in book.of("revenues"):
        if not line.day("period_start") <= line.day("period_end") <= line.day("stated_on"):
            yield line.problem("expected period_start, period_end, stated_on in this order", "period_end")


def _covenants(book: Book) -> Iterator[Problem]:
    """A covenant is agreed after its deal was proposed, has a trajectory, and is tested within it."""
    points = book.grouped("trajectories", "covenant")
    tests = book.grouped("covenant_tests", "covenant")
    for line in book.of("covenants"):
        code, deal = line.text("code"), book.coded("deals", line.text("deal"))
        if line.day("agreed_on") < deal.day("proposed_on"):
            yield line.problem("agreed before its deal was proposed; expected a later day", "agreed_on")
        days = sorted(point.day("expected_on") for point in points.get(code, ()))
        if not days:
            yield line.problem(f"“{code}” has no trajectory; expected a row or more in trajectories.csv", "code")
        if code not in tests:
            yield line.problem(f"“{code}” is never tested; expected a row or more in covenant_tests.csv", "code")
        for test in tests.get(code, ()) if days else ():
            if not days[0] <= test.day("period_end") <= days[-1]:
                words = f"“{test.day('period_end')}” lies outside the trajectory; expected {days[0]} to {days[-1]}"
                yield test.problem(words, "period_end")


def _tests(book: Book) -> Iterator[Problem]:
    """One report answers all of a deal's covenants for a period: so their tests agree on the period's days."""
    first: dict[tuple[str, date], BookLine] = {}
    for line in book.of("covenant_tests"):
        if not line.day("period_start") <= line.day("period_end") <= line.day("due_on"):
            yield line.problem("expected period_start, period_end, due_on in this order", "period_end")
        deal = book.coded("covenants", line.text("covenant")).text("deal")
        other = first.setdefault((deal, line.day("period_end")), line)
        if any(other.day(column) != line.day(column) for column in ("period_start", "due_on")):
            words = f"another covenant of {deal} is tested as of this day with other days (row {other.row})"
            yield line.problem(f"{words}; expected the same period_start and due_on", "due_on")


def _reports(book: Book) -> Iterator[Problem]:
    """A report answers a period that is owed, comes after it, by the investee's own person, versions in order."""
    asked = _indicators_asked(book)
    answers: dict[tuple[str, date, int], set[str]] = defaultdict(set)
    for value in book.of("report_values"):
        answers[_version(value)].add(value.text("indicator"))
    versions: dict[tuple[str, date], int] = {}
    submitted: dict[tuple[str, date], date] = {}
    for line in sorted(book.of("reports"), key=_version):
        deal, period_end = line.text("deal"), line.day("period_end")
        wanted = asked.get((deal, period_end))
        if wanted is None:
            words = f"{deal} owes no report for a period that ends on {period_end}; expected one of its covenant_tests"
            yield line.problem(words, "period_end")
            continue
        number = versions.get((deal, period_end), 0) + 1
        if line.whole("version") != number:
            yield line.problem(f"“{line.whole('version')}”: expected version {number}", "version")
        versions[deal, period_end] = line.whole("version")
        since = submitted.get((deal, period_end), period_end)
        if line.day("submitted_on") < since:
            yield line.problem(f"“{line.day('submitted_on')}”: expected {since} or later", "submitted_on")
        submitted[deal, period_end] = line.day("submitted_on")
        investee = book.coded("deals", deal).text("investee")
        if book.coded("people", line.text("by")).text("party") != investee:
            yield line.problem(f"“{line.text('by')}” is no person of {investee}; expected one", "by")
        given = answers[_version(line)]
        if given != wanted:
            words = f"values for {', '.join(sorted(given)) or 'nothing'}"
            yield line.problem(f"{words}; expected report_values for {', '.join(sorted(wanted))}", "version")


def _indicators_asked(book: Book) -> dict[tuple[str, date], set[str]]:
    asked: dict[tuple[str, date], set[str]] = defaultdict(set)
    for line in book.of("covenant_tests"):
        covenant = book.coded("covenants", line.text("covenant"))
        asked[covenant.text("deal"), line.day("period_end")].add(covenant.text("indicator"))
    return asked


def _version(line: BookLine) -> tuple[str, date, int]:
    return line.text("deal"), line.day("period_end"), line.whole("version")


CHECKS: tuple[Callable[[Book], Iterator[Problem]], ...] = (
    _people, _roles, _days, _targets, _limits, _projects, _deals, _stages, _drawdowns, _receipts, _revenues,
    _covenants, _tests, _reports,
)  # fmt: skip
