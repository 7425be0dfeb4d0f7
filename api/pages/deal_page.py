"""The deal page: the one place that tells all of a deal, and its next steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from api.deps import PageTransaction, Visitor
from api.pages import deal_parts, deal_promises, deal_statement
from api.pages.forms import FORM_GUARDS, RIGHT, Typed, Wrong, done_once, new_key, read_day, read_id, see, wrong_by
from api.pages.parts import (
    Button,
    Cell,
    Choice,
    Field,
    Figure,
    Form,
    Link,
    More,
    Page,
    Part,
    Section,
    Text,
    line,
    table,
)
from api.pages.reader import Reader, reader_of
from api.pages.rendering import show
from api.pages.requests import asked_notices
from api.pages.words import STAGE_WORDS, STEP_WORDS, mark, say, stop_words
from api.refusals import TOLD_TO_THE_AUDIT, StaleEdit
from domain.authority import INSIDE, Actor
from domain.deals import ACT_FOR_STAGE, PAYING_STAGES, REASONED_STAGES, Stage
from domain.desk import deals, edits
from domain.desk.authority import may_on_deal
from domain.desk.deals import DealDetail
from domain.errors import Refusal

QUIET_STEPS = (Stage.DECLINED, Stage.WITHDRAWN, Stage.CLOSED)
router = APIRouter(include_in_schema=False)


@router.get("/deals/{code:path}")
def deal(
    request: Request, visitor: Visitor, session: PageTransaction, code: str, done: Annotated[str, Query()] = ""
) -> Response:
    """Show a deal by its code or its id; another investee's does not exist."""
    reader = reader_of(request)
    detail = deals.deal_detail(session, deal_id=find_deal(session, code))
    notes: tuple[Part, ...] = ()
    if done in set(Stage):
        said = reader.gettext("Recorded: the deal is now %s.") % mark(reader, STAGE_WORDS, Stage(done)).words.lower()
        notes = (Text(said, "good"),)
    return show(request, "page.html", deal_page(session, reader, visitor.actor, detail, notes=notes), reader=reader)


@router.post("/deals/{code:path}", dependencies=FORM_GUARDS)
def advance(request: Request, visitor: Visitor, session: PageTransaction, typed: Typed, code: str) -> Response:
    """Bring a deal to its next stage, once however often the form is sent."""
    reader = reader_of(request)
    deal_id, by = find_deal(session, code), visitor.actor

    def act(_key: str) -> str:
        stage, day = _asked(reader, typed)
        if str(edits.lock_deal(session, deal_id=deal_id, by=by)) != typed.get("version", ""):
            raise StaleEdit(typed.get("version", ""))
        reason = typed.get("reason", "").strip()[:2000]
        deals.advance(session, deal_id=deal_id, to=stage, happened_on=day, reason=reason, by=by)
        address = "/board/approvals" if typed.get("from") == "approvals" else f"/deals/{quote(code)}"
        return f"{address}?done={stage.value}"

    try:
        with session.begin_nested():
            address = done_once(session, by=by, route=f"stage {deal_id}", typed=typed, act=act)
    except TOLD_TO_THE_AUDIT:
        raise
    except Refusal as refusal:
        wrong = wrong_by(refusal, fields={"stage": "stage", "day": "day", "reason": "reason"})
        detail = deals.deal_detail(session, deal_id=deal_id)
        page = deal_page(session, reader, by, detail, wrong=wrong, typed=typed)
        return show(request, "page.html", page, status=409 if isinstance(refusal, StaleEdit) else 422, reader=reader)
    return see(address)


def find_deal(session: Session, code: str) -> UUID:
    """Return a deal's id by its code or its id. Refused: one that this person may not know of (``NotFound``)."""
    return read_id(code) or deals.deal_by_code(session, code.replace("\x00", ""))


def _asked(reader: Reader, typed: Mapping[str, str]) -> tuple[Stage, date]:
    from domain.errors import InputRefused, Problem

    if typed.get("stage") not in set(Stage):
        what = reader.gettext("Choose the step that was taken")
        raise InputRefused([Problem("stage", what)], subject="the form")
    return Stage(typed["stage"]), read_day(reader, typed.get("day", ""), where="day")


def deal_page(
    session: Session,
    reader: Reader,
    by: Actor,
    detail: DealDetail,
    *,
    wrong: Wrong = RIGHT,
    typed: Mapping[str, str] | None = None,
    notes: tuple[Part, ...] = (),
) -> Page:
    """Return the page of a deal; people outside the bank read it without limits and without the ledger."""
    _ = reader.gettext
    state, inside = detail.deal, by.role in INSIDE
    stops = "; ".join(stop_words(reader, one) for one in detail.stops) if state.stage in PAYING_STAGES else ""
    stopped = (Text(_("No drawdown now: %s.") % stops, "warn"),) if stops else ()
    stated = deal_statement.statement_panels(reader, detail)
    step = (Section(_("Next step"), next_step(session, reader, by, detail, wrong=wrong, typed=typed), anchor="next"),)
    names = deal_parts.subject_names(session, detail.limits)
    limits = (Section(_("Limits"), (deal_parts.limits_table(reader, detail, names),), anchor="limits"),)
    ledger = (Section(_("Ledger"), deal_parts.ledger_parts(reader, detail), anchor="ledger"),)
    ledger_of = f"/ledger/{quote(state.fund_code)}/balance-sheet"
    early = not any(one.figures.drawn.minor for one in detail.instruments)
    return Page(
        title=state.title,
        mark=mark(reader, STAGE_WORDS, state.stage),
        lead=state.purpose,
        trail=(Link("/deals", _("Deals")),),
        facts=(
            Figure(_("Deal"), state.code),
            Figure(_("Fund"), state.fund_name, href=ledger_of if inside else ""),
            Figure(_("Business day"), reader.day(detail.fund_business_day)),
            Figure(_("Contract signed"), reader.day(state.signed_on)),
        ),
        parts=(
            *notes,
            *stopped,
            *(deal_parts.conflict_notice(session, reader, by, detail) if inside else ()),
            *(deal_parts.taken_back_notice(reader, detail) if inside else ()),
            *(asked_notices(session, reader, by, deal_id=state.id) if inside else ()),
            deal_parts.summary(reader, detail),
        ),
        sections=(
            *(step if inside and wrong.top else ()),
            Section(
                _("Project and people"),
                deal_parts.project_parts(session, reader, detail, inside=inside),
                anchor="project",
            ),
            *(step if inside and not wrong.top else ()),
            *(limits if inside and early and detail.limits else ()),
            Section(_("Instruments"), deal_parts.instrument_panels(session, reader, by, detail), anchor="instruments"),
            *((Section(_("What the statement says"), stated, anchor="statement"),) if stated else ()),
            *deal_promises.sections(session, reader, detail, inside=inside),
            Section(_("Stages"), (_stages_table(reader, detail, inside=inside),), anchor="stages"),
            *(limits if inside and not early and detail.limits else ()),
            *(ledger if inside else ()),
        ),
    )


def _stages_table(reader: Reader, detail: DealDetail, *, inside: bool) -> Part:
    """Return the stages with their days; who said so and why stays inside the bank."""
    _ = reader.gettext
    return table(
        _("How the deal came here"),
        (_("Day"), _("Stage"), *((_("By"), _("Reason")) if inside else ())),
        [
            line(
                reader.day(one.happened_on),
                mark_cell(reader, one.stage),
                *((one.by, one.reason or "–") if inside else ()),
            )
            for one in detail.stages
        ],
        empty=_("The deal has no stage yet."),
    )


def mark_cell(reader: Reader, stage: Stage) -> Cell:
    """Return a stage as a cell."""
    return Cell(mark=mark(reader, STAGE_WORDS, stage))


def next_step(
    session: Session,
    reader: Reader,
    by: Actor,
    detail: DealDetail,
    *,
    wrong: Wrong = RIGHT,
    typed: Mapping[str, str] | None = None,
) -> tuple[Part, ...]:
    """Return the steps that this person may take now, as a form, and who may take the others."""
    _ = reader.gettext
    if detail.by_statement:
        return (Text(_("This deal follows the statement it came from; its next release moves it.")),)
    if not detail.next_stages:
        return (Text(_("This deal has come to its end; no step follows.")),)
    may, not_mine = [], []
    for stage in detail.next_stages:
        if stage is Stage.ACTIVE and detail.taken_back:
            continue  # the notice on top says why
        act = ACT_FOR_STAGE[stage]
        decides = stage in (Stage.APPROVED, Stage.DECLINED)
        prepared_by = detail.deal.prepared_by if decides else ()
        found = may_on_deal(session, act, by=by, deal=detail.deal, prepared_by=prepared_by)
        if found.allowed:
            may.append(stage)
        else:
            why = deal_parts.reasons_words(reader, found)
            words = say(reader, STEP_WORDS, stage)
            not_mine.append(_("{step} ({why})").format(step=words, why=why) if why else words)
    parts: list[Part] = []
    if may:
        form = stage_form(reader, detail, may, wrong=wrong, typed=typed or {})
        quiet = detail.deal.stage in (Stage.ACTIVE, Stage.EXITING) and not wrong.top
        parts.append(More(_("Record a step: %s") % _choices_words(reader, may), (form,)) if quiet else form)
    if not_mine:
        parts.append(Text(_("Not yours to take: %s.") % "; ".join(not_mine)))
    return tuple(parts)


def _choices_words(reader: Reader, stages: list[Stage]) -> str:
    return reader.gettext(" or ").join(say(reader, STEP_WORDS, stage).lower() for stage in stages)


def stage_form(
    reader: Reader,
    detail: DealDetail,
    stages: list[Stage],
    *,
    wrong: Wrong = RIGHT,
    typed: Mapping[str, str] | None = None,
    come_from: str = "",
) -> Form:
    """Return the form that brings a deal to one of some stages."""
    _ = reader.gettext
    typed = typed or {}
    place = f"{detail.deal.code}-" if come_from else ""
    come_from = come_from or typed.get("from", "")  # a refused form still leads back to where it was sent from
    buttons = tuple(
        Button(say(reader, STEP_WORDS, stage), "stage", stage.value, quiet=stage in QUIET_STEPS) for stage in stages
    )
    choices = tuple(
        Choice(stage.value, say(reader, STEP_WORDS, stage), chosen=typed.get("stage") == stage) for stage in stages
    )
    # The first button answers the keyboard's Enter: where the board decides, nothing is chosen before somebody chooses.
    picks = len(stages) > 2 or Stage.APPROVED in stages
    none = Choice("", _("choose"), chosen=typed.get("stage", "") == "")
    pick = (Field("stage", _("Step"), kind="choice", choices=(none, *choices), error=wrong.at("stage"), place=place),)
    reasoned = [stage for stage in stages if stage in REASONED_STAGES]
    asks = _("Needed for: %s.") % ", ".join(say(reader, STEP_WORDS, stage) for stage in reasoned) if reasoned else ""
    return Form(
        action=f"/deals/{quote(detail.deal.code)}",
        csrf_token=reader.known.csrf_token if reader.known else "",
        legend=_("Next step of %s") % detail.deal.code,
        fields=(
            *(pick if picks else ()),
            Field(
                "day",
                _("Day"),
                value=typed.get("day", detail.fund_business_day.isoformat()),
                kind="day",
                error=wrong.at("day"),
                place=place,
                hint=_("Not before {since}.").format(since=reader.day(detail.deal.stage_on)),
            ),
            Field(
                "reason",
                _("Reason"),
                value=typed.get("reason", ""),
                kind="area",
                required=len(reasoned) == len(stages),
                hint=asks if len(reasoned) < len(stages) else "",
                error=wrong.at("reason"),
                place=place,
            ),
        ),
        hidden=(
            ("version", str(detail.version)),
            ("key", new_key()),
            *((("from", come_from),) if come_from else ()),
        ),
        buttons=(Button(_("Record this step")),) if picks else buttons,
        problems=wrong.top,
    )
