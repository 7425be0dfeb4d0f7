"""Reports on a fund: its impact, and how often its money has worked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api.deps import Sealed, SignedIn, Transaction
from api.routes.promises import Seal
from api.schemas.common import PROBLEMS, Code, Day
from api.schemas.impact import EvergreenAnswer, ImpactAnswer
from domain.authority import Act, Actor, permit
from domain.desk import evergreen, funds, impact

router = APIRouter(tags=["reports"], responses=PROBLEMS)


def pulling(actor: SignedIn) -> Actor:
    """Return an actor who may pull reports on a fund, or refuse (``NotAllowed``)."""
    permit(Act.PULL_REPORT, by=actor)
    return actor


Pulling = Annotated[Actor, Depends(pulling)]


@router.get("/funds/{code}/impact-report")
def impact_report(
    _actor: Pulling, _sealed: Sealed, session: Transaction, code: Code, as_of: Day | None = None, seal: Seal = None
) -> ImpactAnswer:
    """Give a fund's impact report as of a day, as known at a seal."""
    day = as_of or funds.fund_by_code(session, code).business_day
    return ImpactAnswer.model_validate(impact.impact_report(session, fund_code=code, as_of=day, seal=seal))


@router.get("/funds/{code}/evergreen-report")
def evergreen_report(
    _actor: Pulling, _sealed: Sealed, session: Transaction, code: Code, as_of: Day | None = None, seal: Seal = None
) -> EvergreenAnswer:
    """Give a fund's evergreen report as of a day, as known at a seal."""
    day = as_of or funds.fund_by_code(session, code).business_day
    return EvergreenAnswer.model_validate(evergreen.evergreen_report(session, fund_code=code, as_of=day, seal=seal))
