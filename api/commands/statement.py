"""``missionbook statement``: a fund's trial balance, balance sheet, income, cash flow, and an account's postings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from api.commands.printing import plain
from api.commands.reading import reach_words, sealed_book

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.files.sheets import Sheet, Value
    from domain.desk.statements import StatementHead


class StatementFormat(StrEnum):
    """How a statement is printed or written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


FundOption = Annotated[str, typer.Option("--fund", help="The fund's code.")]
DayOption = Annotated[datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="The statement's last day.")]
FirstOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="The span's first day; without it, the first of the year."),
]
AccountFirstOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; without it, the account's first posting."),
]
SealOption = Annotated[
    int | None, typer.Option("--seal", min=0, help="Read it as known at this seal; without it, at the fund's last one.")
]
FormatOption = Annotated[StatementFormat, typer.Option("--format", help="How to print or write it.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write to this file instead of standard output.")]
ByOption = Annotated[bool, typer.Option("--by-value-day", help="Go by value day instead of booking day.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Draw up a statement of a fund's ledger.")
    group.command("trial-balance")(trial_balance)
    group.command("balance-sheet")(balance_sheet)
    group.command("income")(income)
    group.command("cash-flow")(cash_flow)
    group.command("account")(account)
    app.add_typer(group, name="statement")


def trial_balance(
    fund: FundOption,
    as_of: DayOption,
    seal: SealOption = None,
    by_value_day: ByOption = False,
    format: FormatOption = StatementFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Every account as a debit or a credit; memorandum accounts apart."""
    from api.files import statements as files
    from api.schemas.statements import AccountBalancesAnswer
    from domain.desk import statements

    with sealed_book(seal) as session:
        found = statements.trial_balance(
            session, fund_code=fund, as_of=as_of.date(), seal=seal, by="effective_on" if by_value_day else "booked_on"
        )
    _tell(found, files.trial_balance_sheet, AccountBalancesAnswer, format, out)


def balance_sheet(
    fund: FundOption,
    as_of: DayOption,
    seal: SealOption = None,
    format: FormatOption = StatementFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Assets against liabilities and capital."""
    from api.files import statements as files
    from api.schemas.statements import BalanceSheetAnswer
    from domain.desk import statements

    with sealed_book(seal) as session:
        found = statements.balance_sheet(session, fund_code=fund, as_of=as_of.date(), seal=seal)
    _tell(found, files.balance_sheet_sheet, BalanceSheetAnswer, format, out)


def income(
    fund: FundOption,
    as_of: DayOption,
    first: FirstOption = None,
    seal: SealOption = None,
    format: FormatOption = StatementFormat.TABLE,
    out: OutOption = None,
) -> None:
    """What a span of days earned and cost."""
    from api.files import statements as files
    from api.schemas.statements import IncomeAnswer
    from domain.desk import statements

    with sealed_book(seal) as session:
        found = statements.income(session, fund_code=fund, first=_day(first), as_of=as_of.date(), seal=seal)
    _tell(found, files.income_sheet, IncomeAnswer, format, out)


def cash_flow(
    fund: FundOption,
    as_of: DayOption,
    first: FirstOption = None,
    seal: SealOption = None,
    format: FormatOption = StatementFormat.TABLE,
    out: OutOption = None,
) -> None:
    """What brought cash in and what it went for."""
    from api.files import statements as files
    from api.schemas.statements import CashFlowAnswer
    from domain.desk import statements

    with sealed_book(seal) as session:
        found = statements.cash_flow(session, fund_code=fund, first=_day(first), as_of=as_of.date(), seal=seal)
    _tell(found, files.cash_flow_sheet, CashFlowAnswer, format, out)


def account(
    code: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's code, such as cash.")],
    fund: FundOption,
    as_of: DayOption,
    first: AccountFirstOption = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Left out: the fund's own.")] = None,
    seal: SealOption = None,
    by_value_day: ByOption = False,
    format: FormatOption = StatementFormat.TABLE,
    out: OutOption = None,
) -> None:
    """Every posting of an account, with the balance after each."""
    from api.files import statements as files
    from domain.desk import statements

    with sealed_book(seal) as session:
        whole = statements.whole_account(
            session, fund_code=fund, code=code, currency=currency, first=_day(first), as_of=as_of.date(), seal=seal,
            by="effective_on" if by_value_day else "booked_on",
        )  # fmt: skip
        if format is StatementFormat.JSON:
            head = {name: value for name, value in plain(whole.head).items() if name != "first"}
            lines = [{**plain(one.posting), "amount": one.amount, "balance": one.balance} for one in whole.lines]
            said = {**head, "from": whole.head.first, "account": whole.account, "opening": whole.opening}
            _print_json({**said, "items": lines}, out)
        else:
            _tell_sheet(files.account_sheet(whole), whole.head, format, out)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _tell(found: Any, sheet: Callable[..., Sheet], model: Any, form: StatementFormat, out: Path | None) -> None:
    from api.files.statements import flat
    from api.schemas.statements import answered

    if form is StatementFormat.JSON:
        _print_json(answered(model, flat(found)).model_dump(mode="json", by_alias=True), out)
    else:
        _tell_sheet(sheet(found, whole=form is not StatementFormat.TABLE), found.head, form, out)
    for difference in getattr(found.figures, "difference", ()):
        if difference.minor:
            typer.echo(f"this does not add up: {difference} are missing; run missionbook verify", err=True)


def _tell_sheet(sheet: Sheet, head: StatementHead, form: StatementFormat, out: Path | None) -> None:
    if form is StatementFormat.TABLE:
        with _writing(out) as file:
            _print_table(sheet, head, file)
        return
    if form is StatementFormat.XLSX and out is None and sys.stdout.isatty():
        raise typer.BadParameter("a workbook is no text: name a file with --out")
    from api.files.downloads import write_sheet

    with _writing(out) as file:
        write_sheet(sheet, file, kind="xlsx" if form is StatementFormat.XLSX else "csv")


def _print_json(told: Any, out: Path | None) -> None:
    import json

    with _writing(out) as file:
        file.write((json.dumps(plain(told), ensure_ascii=False, indent=2) + "\n").encode())


@contextmanager
def _writing(out: Path | None) -> Iterator[IO[bytes]]:
    """Give the file to write to; a file that cannot be written ends the command in words."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        with out.open("wb") as file:
            yield file
        typer.echo(f"written: {out}", err=True)
    except OSError as failure:
        typer.echo(f"refused: {out} cannot be written: {failure.strerror}", err=True)
        raise typer.Exit(1) from failure


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
