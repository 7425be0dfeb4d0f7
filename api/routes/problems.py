"""What the ``type`` of a problem means: the address that every refusal names, for anybody to read."""

from __future__ import annotations

import inspect
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from api.problems import TOLD_WORDS
from api.refusals import TABLE
from api.schemas.common import PROBLEMS
from domain.errors import NotFound

router = APIRouter(tags=["problems"])


class ProblemMeaning(BaseModel):
    """A type of problem: its title, the HTTP statuses it comes with, and what it means, a sentence for each cause."""

    type: str
    title: str
    status: list[int]
    meaning: list[str]


@router.get("/problems/{word}", responses=PROBLEMS)
def problem(word: str) -> ProblemMeaning:
    """Explain a type of problem."""
    causes = [(status, refusal) for refusal, (status, its) in TABLE.items() if its == word]
    meaning = [TOLD_WORDS[word]] if word in TOLD_WORDS else []
    meaning += [_first_paragraph(refusal) for _, refusal in causes]
    if not meaning:
        raise NotFound("problem", word[:100])
    return ProblemMeaning(
        type=f"/problems/{word}",
        title=word.replace("-", " ").capitalize(),
        status=sorted({int(HTTPStatus(status)) for status, _ in causes}),
        meaning=meaning,
    )


def _first_paragraph(refusal: type) -> str:
    return " ".join((inspect.getdoc(refusal) or "").split("\n\n")[0].split())
