"""``missionbook report impact`` and ``missionbook report evergreen``: what a board reads, and its programs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.commands.printing import Format, FormatOption
from api.commands.reading import reach_words, sealed_book
from api.commands.writing import DayOption, FundOption, OutOption, SealOption, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

    from domain.desk.evergreen import EvergreenReport
    from domain.desk.impact import ImpactReport
    from domain.impact import TargetLine
    from domain.money import Money
    from domain.portfolio import MoneyLine

STATUS_STYLES = {"green": "green", "amber": "yellow", "red": "red"}
WIDTH_IN_A_FILE = 140


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Pull a report of a fund.")
    group.command("impact")(impact)
    group.command("evergreen")(evergreen)
    app.add_typer(group, name="report")


def impact(
    fund: FundOption,
    as_of: DayOption,
    seal: SealOption = None,
    format: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """Missions against targets, money by instrument, crowding-in, covenants, breaches, exit triggers, recycling."""
    from api.schemas.impact import ImpactAnswer
    from domain.desk.impact import impact_report

    with sealed_book(seal) as session:
        told = impact_report(session, fund_code=fund, as_of=as_of.date(), seal=seal)
    if format is Format.JSON:
        write_json(ImpactAnswer.model_validate(told).model_dump(mode="json"), out)
    else:
        with _console(out) as console:
            _print_impact(console, told)


def evergreen(
    fund: FundOption,
    as_of: DayOption,
    seal: SealOption = None,
    format: FormatOption = Format.TABLE,
    out: OutOption = None,
) -> None:
    """What was contributed, deployed and returned, what is there, and how often each part of it has worked."""
    from api.schemas.impact import EvergreenAnswer
    from domain.desk.evergreen import evergreen_report

    with sealed_book(seal) as session:
        told = evergreen_report(session, fund_code=fund, as_of=as_of.date(), seal=seal)
    if format is Format.JSON:
        write_json(EvergreenAnswer.model_validate(told).model_dump(mode="json"), out)
    else:
        with _console(out) as console:
            _print_reach(console, told)
            _print_evergreen(console, told)


@contextmanager
def _console(out: Path | None) -> Iterator[Console]:
    from rich.console import Console

    if out is None:
        yield Console()
        return
    text = io.StringIO()
    yield Console(file=text, width=WIDTH_IN_A_FILE)
    write_text(text.getvalue(), out)


def _print_impact(console: Console, told: ImpactReport) -> None:
    from rich.markup import escape

    known = f"as known at seal {told.seal}" + (f" ({told.sealed_at:%d %b %Y})" if told.sealed_at else "")
    console.print(
        f"[bold]{escape(told.fund_name)}[/bold] ({escape(told.fund)}), as of {told.as_of:%d %b %Y}, {known}\n"
    )
    _print_reach(console, told)
    for mission in told.missions:
        _print_targets(console, mission.name, mission.targets)
        _print_money(console, f"Money behind it, {told.currency}", mission.money)
    console.print(
        f"Green from {told.green_from:%} of what is expected by now, amber from {told.amber_from:%}, red below. "
        "Expected runs straight from baseline to target. A project that helps two missions stands under both.\n"
    )
    _print_money(console, f"The whole fund's money, each project once, {told.currency}", told.money)
    _print_promises(console, told)
    _print_evergreen(console, told.evergreen)


def _print_reach(console: Console, told: ImpactReport | EvergreenReport) -> None:
    from rich.text import Text

    if words := reach_words(fund=told.fund, as_of=told.as_of, opened_on=told.opened_on, reached=told.reached):
        console.print(Text(words + "\n", style="yellow"))


def _print_targets(console: Console, mission: str, lines: Sequence[TargetLine]) -> None:
    from rich.text import Text

    _table(
        console,
        mission,
        ["indicator", "unit", "actual", "expected", "target", "on track"],
        [
            (
                f"{line.indicator_name}, by {line.due_on:%b %Y}" + ("" if line.own else " (the mission's own)"),
                line.unit,
                "–" if line.actual is None else _figure(line.actual),
                _figure(round(line.expected, 2)),
                _figure(line.target),
                _styled(line.status),
            )
            for line in lines
        ],
        right=(2, 3, 4),
    )
    for line in lines:
        if line.left_out:
            told = ", ".join(f"{one.project} {one.period_start} to {one.period_end}" for one in line.left_out)
            console.print(
                Text(f"{line.indicator_name}: left out, over the day of the baseline or the due day: {told}.\n")
            )


def _figure(value: Decimal) -> str:
    """Write a figure with thousands apart and without trailing zeros, as money is written beside it."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(money: Money) -> str:
    return f"{Decimal(money.amount):,}"


def _print_money(console: Console, title: str, lines: Sequence[MoneyLine]) -> None:
    amounts = [(line, (line.committed, line.drawn, line.outstanding, line.returned)) for line in lines]
    _table(
        console,
        title,
        ["instrument", "committed", "drawn", "outstanding", "returned"],
        [(line.kind, *(_money(money) for money in four)) for line, four in amounts],
        right=(1, 2, 3, 4),
    )


def _print_promises(console: Console, told: ImpactReport) -> None:
    coverage, beside, count = told.coverage, told.crowding_in, told.covenants
    if coverage.unclassified.minor:
        console.print(
            f"{coverage.unclassified} of {coverage.committed} committed helps no mission yet "
            f"({len(coverage.unclassified_projects)} projects)."
        )
    kinds = ", ".join(f"{line.kind} {line.amount}" for line in beside.by_kind) or "nothing"
    console.print(
        f"[bold]Crowding-in[/bold]: {'no ratio' if beside.ratio is None else beside.ratio}. Others committed "
        f"{beside.others} ({kinds}) beside the fund's {beside.bank}.\n"
    )
    console.print(
        f"[bold]Covenant tests[/bold]: {count.met} met, {count.missed} missed, {count.not_reported} not reported, "
        f"{count.unknown} unknown, {count.waived} waived.\n"
    )
    _table(
        console,
        "Open breaches",
        ["deal", "investee", "promise", "opened", "remedy until"],
        [(b.deal, b.investee, b.clause, b.opened_on, b.remedy_until) for b in told.open_breaches],
    )
    _table(
        console,
        "Exit triggers",
        ["deal", "investee", "raised", "because", "ways out"],
        [
            (t.deal, t.investee, t.raised_on, t.rule.replace("_", " "), ", ".join(t.mechanisms).replace("_", " "))
            for t in told.exit_triggers
        ],
    )


def _print_evergreen(console: Console, told: EvergreenReport) -> None:
    _table(
        console,
        f"Evergreen: {told.fund}, as of {told.as_of:%d %b %Y}, seal {told.seal} ({told.rule})",
        ["figure", told.cash.currency],
        [
            ("contributed", _money(told.contributed)),
            ("deployed", _money(told.deployed)),
            ("returned", _money(told.returned)),
            ("  of it principal", _money(told.returned_principal)),
            ("  of it income", _money(told.returned_income)),
            ("costs and distributions", _money(told.costs)),
            ("written off", _money(told.written_off)),
            ("cash", _money(told.cash)),
            *([("converted into other currencies, at cost", _money(told.converted))] if told.converted.minor else []),
            *([("currency result", _money(told.currency_result))] if told.currency_result.minor else []),
            ("signed, not yet drawn", _money(told.undrawn)),
            ("available", "keeps no cash here" if told.available is None else _money(told.available)),
            ("recycling ratio", "–" if told.recycling_ratio is None else told.recycling_ratio),
        ],
        right=(1,),
    )
    _table(
        console,
        "Cash by contribution and generation (how often it has worked)",
        ["contribution", "generation", told.cash.currency],
        [(line.contribution, line.generation, _money(line.amount)) for line in told.pool],
        right=(1, 2),
    )
    if told.difference.minor:
        console.print(
            f"[red]The pool differs from the ledger's cash by {told.difference}: run missionbook verify.[/red]"
        )


def _styled(status: str) -> Text:
    from rich.text import Text

    return Text(status.replace("_", " "), style=STATUS_STYLES.get(status, ""))


def _table(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    right: Sequence[int] = (),
) -> None:
    """Print a section; texts that came from people are shown as they are, never as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(columns):
        table.add_column(name, justify="right" if index in right else "left", overflow="fold", no_wrap=index in right)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else escape(str(cell)) for cell in row))
    if not rows:
        table.caption = "none"
    console.print(table)
