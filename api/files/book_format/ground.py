"""The ground of a book: the mission map, who is in it, funds and projects."""

from api.files.book_format.columns import (
    SOURCE,
    BookFile,
    Column,
    Kind,
    Reference,
    amount,
    code,
    day,
    named,
    number,
    person,
    text,
    to,
    words,
)

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
