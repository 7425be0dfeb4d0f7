"""``missionbook statement``: a fund's trial balance, balance sheet, income, cash flow, and an account's postings."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from api.commands.printing import plain
from api.commands.reading import reach_words, sealed_book
from api.commands.writing import (
    DAY,
    FileFormat,
    FileFormatOption,
    FundOption,
    OutOption,
    SealOption,
    day_of,
    write_file,
    write_json,
    writing,
)

if TYPE_CHECKING:
    from sqlmodel import Session

    from api.files.sheets import Sheet, Value
    from domain.desk.statements import StatementHead

FirstOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAY, help="The span's first day; without it, the first of the year."),
]
AccountFirstOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=DAY, help="The first day; without it, the account's first posting."),
]
LastDayOption = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=DAY, help="The last day that is told; without it, the fund's business day."),
]
CompareOption = Annotated[
    datetime | None,
    typer.Option("--compare", formats=DAY, help="The last day of what stands beside it; without it, a year earlier."),
]
ByOption = Annotated[bool, typer.Option("--by-value-day", help="Go by value day instead of booking day.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Draw up a statement of a fund's ledger.")
    group.command("trial-balance")(trial_balance)
    group.command("balance-sheet")(balance_sheet)
    group.command("income")(income)
    group.command("cash-flow")(cash_flow)
    group.command("journal")(journal)
    group.command("account")(account)
    app.add_typer(group, name="statement")


def trial_balance(
    fund: FundOption,
    as_of: LastDayOption = None,
    first: FirstOption = None,
    seal: SealOption = None,
    by_value_day: ByOption = False,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Every account's balance before a span, what moved it, and its balance; memorandum accounts apart."""
    _tell("trial-balance", fund, as_of, format, out, seal=seal, first=day_of(first), by=_by(by_value_day))


def balance_sheet(
    fund: FundOption,
    as_of: LastDayOption = None,
    compare: CompareOption = None,
    seal: SealOption = None,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Assets against liabilities and capital, beside those of another day."""
    _tell("balance-sheet", fund, as_of, format, out, seal=seal, compare=day_of(compare))


def income(
    fund: FundOption,
    as_of: LastDayOption = None,
    first: FirstOption = None,
    compare: CompareOption = None,
    seal: SealOption = None,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """What a span of days earned and cost, beside another span of the same length."""
    _tell("income", fund, as_of, format, out, seal=seal, first=day_of(first), compare=day_of(compare))


def cash_flow(
    fund: FundOption,
    as_of: LastDayOption = None,
    first: FirstOption = None,
    seal: SealOption = None,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """What brought cash in and what it went for, in groups."""
    _tell("cash-flow", fund, as_of, format, out, seal=seal, first=day_of(first))


def journal(
    fund: FundOption,
    as_of: LastDayOption = None,
    first: FirstOption = None,
    seal: SealOption = None,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Every entry of a span in the order of its booking, with its postings."""
    from api.files import statements as files
    from api.schemas.statements import journal_entry
    from domain.desk import statements

    with sealed_book(seal) as session:
        whole = statements.whole_journal(
            session, fund_code=fund, first=day_of(first), as_of=_last_day(session, fund, as_of), seal=seal
        )  # fmt: skip
        if format is FileFormat.JSON:
            items = [journal_entry(one).model_dump(mode="json") for one in whole.entries]
            write_json({**_head_said(whole.head), "items": items}, out)
        else:
            _tell_sheet(files.journal_sheet(whole), whole.head, format, out)


def _head_said(head: StatementHead) -> dict[str, Any]:
    """Return what is true of the statement for good; what is of the moment is in no file."""
    from domain.desk.statements import OF_THE_MOMENT

    said = {name: value for name, value in plain(head).items() if name not in ("first", *OF_THE_MOMENT)}
    return {**said, "from": head.first}


def account(
    code: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="The account's code, such as cash; or all, of an instrument.")
    ],
    fund: FundOption,
    as_of: LastDayOption = None,
    first: AccountFirstOption = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Left out: the fund's own.")] = None,
    instrument: Annotated[
        str | None, typer.Option(help="Only this instrument's postings; of the account all: its own statement.")
    ] = None,
    seal: SealOption = None,
    by_value_day: ByOption = False,
    format: FileFormatOption = FileFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Every posting of an account, with the balance after each."""
    from api.files import statements as files
    from domain.desk import statements

    with sealed_book(seal) as session:
        whole = statements.whole_account(
            session, fund_code=fund, code=code, currency=currency, first=day_of(first), seal=seal,
            as_of=_last_day(session, fund, as_of),
            by=_by(by_value_day), instrument=instrument,
        )  # fmt: skip
        if format is FileFormat.JSON:
            lines = [{**plain(one.posting), "amount": one.amount, "balance": one.balance} for one in whole.lines]
            said = {
                **_head_said(whole.head),
                "account": whole.account,
                "instrument": whole.instrument,
                "opening": whole.opening,
            }
            write_json({**said, "items": lines}, out)
        else:
            _tell_sheet(files.account_sheet(whole), whole.head, format, out)


def _last_day(session: Session, fund: str, as_of: datetime | None) -> date:
    from domain.desk import funds

    return day_of(as_of) or funds.fund_by_code(session, fund).business_day


def _by(value_day: bool) -> Any:
    return "effective_on" if value_day else "booked_on"


def _tell(
    name: str, fund: str, as_of: datetime | None, form: FileFormat, out: Path | None, *, seal: int | None, **asked: Any
) -> None:
    """Draw one of the statements and write it; a sum that does not hold is told on standard error."""
    from api.files.statement_kinds import KINDS, StatementAsked

    kind = KINDS[name]
    with sealed_book(seal) as session:
        found = kind.drawn(session, fund, StatementAsked(_last_day(session, fund, as_of), seal=seal, **asked))
    if form is FileFormat.JSON:
        write_json(kind.answered(found).model_dump(mode="json", by_alias=True), out)
    else:
        _tell_sheet(kind.sheet(found, whole=form is not FileFormat.TABLE), found.head, form, out)
    for difference in getattr(found.figures, "difference", ()):
        if difference.minor:
            typer.echo(f"this does not add up: {difference} are missing; run missionbook verify", err=True)


def _tell_sheet(sheet: Sheet, head: StatementHead, form: FileFormat, out: Path | None) -> None:
    if form is FileFormat.TABLE:
        with writing(out) as file:
            _print_table(sheet, head, file)
    else:
        write_file(sheet, form, out)


def _print_table(sheet: Sheet, head: StatementHead, file: IO[bytes]) -> None:
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from domain.calendar import in_words

    text = io.StringIO()
    console = Console(file=text, width=None if sys.stdout.isatty() else 160)
    known = f"as known at seal {head.seal}" + (f" ({in_words(head.sealed_at.date())})" if head.sealed_at else "")
    span = f"{in_words(head.first)} to {in_words(head.as_of)}" if head.first else f"as of {in_words(head.as_of)}"
    console.print(Text(f"{head.fund_name} ({head.fund}): {sheet.title}, {span}, {known}", style="bold"))
    if head.is_old:
        console.print(Text(f"More is known today: the fund's last seal is {head.last_seal}.", style="yellow"))
    if words := reach_words(fund=head.fund, as_of=head.as_of, opened_on=head.opened_on, reached=head.reached):
        console.print(Text(words, style="yellow"))
    table = Table()
    for column in sheet.columns:
        table.add_column(column.heading, justify="right" if column.figure else "left", overflow="fold")
    for row in sheet.rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    console.print(table)
    file.write(text.getvalue().encode())


def _cell(value: Value) -> str:
    from domain.calendar import in_words
    from domain.money import Money

    match value:
        case None:
            return ""
        case Money():
            return str(value)[len(value.currency) + 1 :]
        case date():
            return in_words(value)
        case _:
            return str(value)
