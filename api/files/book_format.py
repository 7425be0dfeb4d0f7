"""How a book is written down: which files, which columns, what may stand in each cell. One table says it all.

``api/files/book.py`` reads by this table, ``docs/book-format.md`` is made from it (by ``python -m
api.files.book_format``), and a test keeps the two in step. A column that a later edition needs is added here, at the
end of its file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a cell holds; the value is the sentence that says what was expected."""

    CODE = "letters, digits and . _ - (64 at most), beginning with a letter or digit"
    TEXT = "text in one line (2,000 characters at most) that does not begin with = + - or @"
    DAY = "a day as YYYY-MM-DD, 1900 to 2199"
    COUNT = "a whole number from 0 to 100,000, in plain digits"
    AMOUNT = "an amount above 0 in plain digits with a decimal point, such as 1250.00"
    NUMBER = "a number in plain digits with at most 6 decimals, no larger than 1000000000000000"
    SHARE = "a share from 0 to 1 in plain digits with a decimal point, such as 0.0325"
    CURRENCY = "an ISO 4217 code such as EUR"
    EMAIL = "an address in lower case such as officer@bank.example"
    YES_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, whether it may be blank, and the closed list of words if there is one."""

    name: str
    kind: Kind
    says: str
    blank: bool = False
    words: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What may stand in the cell, in words."""
        wanted = "one of " + ", ".join(self.words) if self.words else str(self.kind)
        return f"{wanted}, or nothing" if self.blank else wanted


@dataclass(frozen=True, slots=True)
class Reference:
    """``columns`` name a row of one of the ``files``, where the same values stand in ``named``."""

    columns: tuple[str, ...]
    files: tuple[str, ...]
    named: tuple[str, ...] = ("code",)


@dataclass(frozen=True, slots=True)
class BookFile:
    """One file: what its rows are, its columns, what makes a row itself (``key``), and whom it refers to."""

    name: str
    says: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()

    @property
    def file_name(self) -> str:
        return f"{self.name}.csv"


def code(says: str = "the row's own code; other files refer to it") -> Column:
    return Column("code", Kind.CODE, says)


def named(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.CODE, says, blank)


def words(name: str, says: str, *choices: str) -> Column:
    return Column(name, Kind.CODE, says, words=choices)


def text(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.TEXT, says, blank)


def day(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.DAY, says, blank)


def amount(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.AMOUNT, says, blank)


def number(name: str, says: str, *, blank: bool = False) -> Column:
    return Column(name, Kind.NUMBER, says, blank)


def share(name: str, says: str) -> Column:
    return Column(name, Kind.SHARE, says)


def count(name: str, says: str) -> Column:
    return Column(name, Kind.COUNT, says)


def person(name: str, says: str) -> Column:
    return Column(name, Kind.CODE, says)


def to(column: str, *files: str) -> Reference:
    return Reference((column,), files or (f"{column}s",))


INSTRUMENTS = ("loans", "equity_stakes", "royalties")
"""The three files of instruments; their codes are one series."""

SOURCE = text("source", "where this is written: document and page, or “invented for the demonstration”")

MISSION_MAP = (
    BookFile(
        "grand_challenges",
        "What missions answer.",
        ("code",),
        (code(), text("name", "its name"), SOURCE),
    ),
    BookFile(
        "missions",
        "What shall be reached by a deadline.",
        ("code",),
        (
            code(),
            named("grand_challenge", "the grand challenge it answers"),
            text("name", "the mission in its own words"),
            day("deadline", "the last day to reach it"),
            SOURCE,
        ),
        (to("grand_challenge"),),
    ),
    BookFile(
        "indicators",
        "What is measured.",
        ("code",),
        (
            code(),
            text("name", "its name"),
            text("unit", "what one is, such as homes or t CO2e"),
            words("direction", "which way is good", "increase", "decrease"),
            words("adding", "latest: a project's last value counts; sum: its periods are added", "latest", "sum"),
            text("definition", "what is counted, and what is not"),
            named("iris_id", "its IRIS+ id, if it has one", blank=True),
        ),
    ),
    BookFile(
        "sectors",
        "Sectors of a vocabulary.",
        ("vocabulary", "code"),
        (named("vocabulary", "whose list it is, such as NACE"), code("the sector's code"), text("name", "its name")),
    ),
    BookFile(
        "targets",
        "A mission's measurable targets, its own (fund blank) or those a fund sets itself.",
        ("code",),
        (
            code(),
            named("fund", "the fund that set it; blank is the mission's own", blank=True),
            named("mission", "the mission"),
            named("indicator", "what is measured"),
            number("baseline_value", "where it started"),
            day("baseline_on", "on which day"),
            number("value", "what shall be reached"),
            day("due_on", "by which day, after baseline_on"),
            SOURCE,
        ),
        (to("fund"), to("mission"), to("indicator")),
    ),
)

WHO = (
    BookFile(
        "parties",
        "Investees and contributors. No natural persons.",
        ("code",),
        (
            code(),
            text("name", "its name"),
            words(
                "kind", "what it is to the bank", "business", "charity", "public_body", "intermediary", "contributor"
            ),
            text("country", "ISO 3166 code of its country, such as GB", blank=True),
            named("group", "parties of one group share this word; limits by group add them up", blank=True),
        ),
    ),
    BookFile(
        "people",
        "Who acts. They sign in only when somebody gives them a password.",
        ("code",),
        (
            code(),
            text("name", "how pages call this person"),
            Column("email", Kind.EMAIL, "their sign-in"),
            words("role", "what they are", "officer", "risk", "board", "auditor", "steward", "investee"),
            named("party", "an investee's party; blank for the bank's own people", blank=True),
        ),
        (to("party", "parties"),),
    ),
)

FUNDS = (
    BookFile(
        "funds",
        "The bank's pools of money.",
        ("code",),
        (
            code(),
            text("name", "its name"),
            Column("currency", Kind.CURRENCY, "the currency of everything in this fund"),
            text("mandate", "what it is for"),
            words("recycling", "what may be lent again", "full", "partial", "capped", "forbidden"),
            day("opened_on", "its first day"),
            day("business_day", "the day up to which the load runs its nights; nothing in the book lies after it"),
        ),
    ),
    BookFile(
        "fund_missions",
        "Which missions a fund's mandate names.",
        ("fund", "mission"),
        (named("fund", "the fund"), named("mission", "the mission")),
        (to("fund"), to("mission")),
    ),
    BookFile(
        "fund_limits",
        "What binds the fund from a day on.",
        ("fund", "basis", "subject", "valid_from"),
        (
            named("fund", "the fund"),
            words("basis", "what is added up", "ticket", "group", "mission", "instrument"),
            named(
                "subject",
                "for mission its code, for instrument loan, equity or royalty, for group its word; blank is every one",
                blank=True,
            ),
            amount("amount", "the most that may be committed, in the fund's currency"),
            day("valid_from", "from which day"),
            SOURCE,
        ),
        (to("fund"),),
    ),
    BookFile(
        "contributions",
        "Capital paid into a fund.",
        ("code",),
        (
            code(),
            named("fund", "the fund"),
            named("party", "who paid"),
            amount("amount", "how much, in the fund's currency"),
            day("received_on", "the day it arrived"),
            person("by", "the person who recorded it"),
        ),
        (to("fund"), to("party", "parties"), to("by", "people")),
    ),
    BookFile(
        "running_costs",
        "What running the fund cost.",
        ("code",),
        (
            code(),
            named("fund", "the fund"),
            amount("amount", "how much, in the fund's currency"),
            day("paid_on", "the day it was paid"),
            text("reason", "what for"),
            person("by", "the person who recorded it"),
        ),
        (to("fund"), to("by", "people")),
    ),
)

PROJECTS = (
    BookFile(
        "projects",
        "What the money makes happen, once, however many deals finance it.",
        ("code",),
        (
            code(),
            text("name", "its name"),
            text("description", "what happens", blank=True),
            text("place", "where", blank=True),
            text("country", "ISO 3166 code", blank=True),
            amount("total_cost", "what all of it costs", blank=True),
            Column("currency", Kind.CURRENCY, "the currency of total_cost", blank=True),
        ),
    ),
    BookFile(
        "project_missions",
        "Which missions a project helps.",
        ("project", "mission"),
        (
            named("project", "the project"),
            named("mission", "the mission it helps"),
            person("by", "the officer who classified it"),
        ),
        (to("project"), to("mission"), to("by", "people")),
    ),
    BookFile(
        "project_sectors",
        "Which sectors a project belongs to.",
        ("project", "vocabulary", "sector"),
        (
            named("project", "the project"),
            named("vocabulary", "the sector's vocabulary"),
            named("sector", "the sector's code"),
        ),
        (to("project"), Reference(("vocabulary", "sector"), ("sectors",), ("vocabulary", "code"))),
    ),
    BookFile(
        "co_finance",
        "What others committed to a project beside the bank.",
        ("code",),
        (
            code(),
            named("project", "the project"),
            text("co_investor", "who"),
            words("kind", "whose money it is", "private", "public", "philanthropic", "own"),
            amount("amount", "how much"),
            Column("currency", Kind.CURRENCY, "in which currency"),
            day("committed_on", "the day it was committed"),
            person("by", "the person who recorded it"),
        ),
        (to("project"), to("by", "people")),
    ),
)

DEALS = (
    BookFile(
        "deals",
        "Financing decisions. A deal is proposed here; what became of it stands in deal_stages.csv.",
        ("code",),
        (
            code(),
            named("fund", "the fund"),
            named("project", "the project"),
            named("investee", "the party that receives finance"),
            text("title", "its title"),
            text("purpose", "what the money is for", blank=True),
            day("proposed_on", "the day it was proposed"),
            person("by", "the officer who proposed it"),
        ),
        (to("fund"), to("project"), to("investee", "parties"), to("by", "people")),
    ),
    BookFile(
        "loans",
        "Fixed-rate loans under a deal.",
        ("code",),
        (
            code("the instrument's code, once over loans, equity stakes and royalties"),
            named("deal", "the deal"),
            amount("commitment", "how much is promised, in the fund's currency"),
            share("rate", "interest per year: 0.0325 is 3.25 %"),
            words("day_count", "how days of interest are counted", "30E/360", "ACT/365F", "ACT/360"),
            words("repayment", "how it is repaid", "annuity", "linear", "bullet"),
            day("first_due_on", "the first day on which an instalment is due"),
            count("months_between", "months from one instalment to the next"),
            count("instalments", "how many instalments"),
        ),
        (to("deal"),),
    ),
    BookFile(
        "equity_stakes",
        "Equity stakes under a deal, at cost.",
        ("code",),
        (
            code("the instrument's code, once over loans, equity stakes and royalties"),
            named("deal", "the deal"),
            amount("commitment", "the price, in the fund's currency"),
            text("share_class", "which shares"),
            share("stake", "the share of the investee: 0.12 is 12 %"),
        ),
        (to("deal"),),
    ),
    BookFile(
        "royalties",
        "Royalties on revenue under a deal.",
        ("code",),
        (
            code("the instrument's code, once over loans, equity stakes and royalties"),
            named("deal", "the deal"),
            amount("commitment", "what is paid out, in the fund's currency"),
            share("share_of_revenue", "0.03 is 3 % of revenue"),
            amount("cap", "the most that all royalties together come to"),
            day("until", "the last day of revenue that counts"),
        ),
        (to("deal"),),
    ),
    BookFile(
        "deal_stages",
        "The stages a deal reached after it was proposed.",
        ("deal", "stage"),
        (
            named("deal", "the deal"),
            words(
                "stage",
                "the stage it reached",
                *("appraised", "approved", "contracted", "active", "exiting", "closed", "declined", "withdrawn"),
            ),
            day("happened_on", "the day it reached it"),
            text("reason", "why", blank=True),
            person("by", "who did it: approved and declined take a board member, who did not propose it"),
        ),
        (to("deal"), to("by", "people")),
    ),
    BookFile(
        "drawdowns",
        "Commitments paid out.",
        ("code",),
        (
            code(),
            named("instrument", "the instrument"),
            amount("amount", "how much, in the fund's currency"),
            day("effective_on", "the value day"),
            person("by", "the officer who paid it out"),
        ),
        (to("instrument", *INSTRUMENTS), to("by", "people")),
    ),
    BookFile(
        "revenues",
        "Revenue that an investee stated for a royalty's period.",
        ("instrument", "period_end"),
        (
            named("instrument", "the royalty"),
            day("period_start", "first day of the period"),
            day("period_end", "last day of the period"),
            amount("revenue", "the period's revenue, in the fund's currency"),
            day("stated_on", "the day it was stated"),
            person("by", "the officer who recorded it"),
        ),
        (to("instrument", "royalties"), to("by", "people")),
    ),
    BookFile(
        "receipts",
        "Money that came back. The book splits a debt service into interest and principal itself.",
        ("code",),
        (
            code(),
            named("instrument", "the instrument"),
            words("part", "what it is", "debt_service", "royalty", "dividend", "sale"),
            amount("amount", "how much, in the fund's currency"),
            amount("cost", "for a sale: what the sold part had cost", blank=True),
            day("effective_on", "the value day"),
            person("by", "the officer who recorded it"),
        ),
        (to("instrument", *INSTRUMENTS), to("by", "people")),
    ),
)

PROMISES = (
    BookFile(
        "covenants",
        "Promises in a deal's contract.",
        ("code",),
        (
            code(),
            named("deal", "the deal"),
            text("clause", "the clause in words"),
            words("kind", "what kind", "mission", "conduct", "financial"),
            words(
                "condition_family",
                "which family of conditions",
                *("access", "directionality", "profit_sharing", "reinvestment"),
            ),
            named("indicator", "what is measured"),
            words("direction", "is the trajectory a floor or a ceiling", "at_least", "at_most"),
            share("tolerance", "how far beside the trajectory is still met: 0.05 is 5 %"),
            count("grace_days", "days after the due day before a missing report is found"),
            count("remedy_days", "days to remedy a breach"),
            day("agreed_on", "the day it was agreed"),
            Column("public", Kind.YES_NO, "may the public see it"),
            person("by", "the officer who signed it"),
        ),
        (to("deal"), to("indicator"), to("by", "people")),
    ),
    BookFile(
        "trajectories",
        "What a covenant expects on a day; a straight line between two points.",
        ("covenant", "expected_on"),
        (
            named("covenant", "the covenant"),
            day("expected_on", "the day"),
            number("value", "what is expected on it"),
        ),
        (to("covenant"),),
    ),
    BookFile(
        "covenant_tests",
        "When a covenant is tested, and when the investee's report for that period is due.",
        ("covenant", "period_end"),
        (
            named("covenant", "the covenant"),
            day("period_start", "first day of the period"),
            day("period_end", "last day of the period: the covenant is tested as of it"),
            day("due_on", "the last day to report"),
        ),
        (to("covenant"),),
    ),
    BookFile(
        "reports",
        "What investees submitted; a correction is a new version.",
        ("deal", "period_end", "version"),
        (
            named("deal", "the deal"),
            day("period_end", "the period it answers for: a period_end of the deal's covenant_tests"),
            count("version", "1, 2, …"),
            day("submitted_on", "the day it arrived"),
            text("signed_by", "the office that signed it"),
            text("statement", "what the investee says about it", blank=True),
            text("evidence", "what the figures rest on", blank=True),
            person("by", "the investee's person who submitted it"),
        ),
        (to("deal"), to("by", "people")),
    ),
    BookFile(
        "report_values",
        "The values of a report, one for each indicator that the deal's covenants ask for.",
        ("deal", "period_end", "version", "indicator"),
        (
            named("deal", "the deal"),
            day("period_end", "the report's period"),
            count("version", "the report's version"),
            named("indicator", "what was measured"),
            number("value", "the value; blank: the investee could not say", blank=True),
        ),
        (
            Reference(("deal", "period_end", "version"), ("reports",), ("deal", "period_end", "version")),
            to("indicator"),
        ),
    ),
)

FILES: dict[str, BookFile] = {file.name: file for file in (*MISSION_MAP, *WHO, *FUNDS, *PROJECTS, *DEALS, *PROMISES)}
"""Every file of a book by name, without ``.csv``."""

CHAPTERS = (
    ("The mission map", MISSION_MAP),
    ("Who", WHO),
    ("Funds", FUNDS),
    ("Projects", PROJECTS),
    ("Deals and money", DEALS),
    ("Promises", PROMISES),
)


def _row(column: Column, file: BookFile) -> str:
    links = [
        f"{' or '.join(f'`{name}.csv`' for name in link.files)}"
        for link in file.references
        if column.name in link.columns
    ]
    points = f"; stands in {' and '.join(links)}" if links else ""
    mark = " **key**" if column.name in file.key else ""
    return f"| `{column.name}`{mark} | {column.says} | {column.expected}{points} |"


def columns_in_words() -> str:
    """Write every file and column as Markdown: what ``docs/book-format.md`` holds under its first heading."""
    lines: list[str] = []
    for chapter, files in CHAPTERS:
        lines += [f"## {chapter}", ""]
        for file in files:
            lines += [f"### {file.file_name}", "", file.says, "", "| column | what it is | what may stand there |"]
            lines += ["|---|---|---|", *(_row(column, file) for column in file.columns), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(columns_in_words())
