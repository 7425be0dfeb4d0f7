"""Answers already given: a request that is sent twice with one key is done once and answered twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from domain.authority import Actor
from domain.errors import Refusal
from domain.ledger import KeyUsedForAnotherRequest
from domain.store import people_queries as store


class ActStillRuns(Refusal):
    """The first request with this key has not come to its end."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the act with the key “{key[:80]}” is still being done; ask again in a moment")
        self.key = key[:80]


@dataclass(frozen=True, slots=True)
class ActAnswer:
    """What an act was answered: the status of its door and the body."""

    status: int
    body: dict[str, Any]


def claim(session: Session, *, by: Actor, route: str, key: str, body_hash: bytes) -> ActAnswer | None:
    """Claim a key for this transaction's act, or return what the first act with it was answered.

    A race waits for the first one's COMMIT. Refused: the same key with another body (``KeyUsedForAnotherRequest``).
    """
    scope = str(by.id)
    if store.claim_answer(session, scope=scope, route=route, key=key, body_hash=body_hash):
        return None
    stored = store.stored_answer(session, scope=scope, route=route, key=key)
    if stored is None or stored.status is None or stored.body is None:
        raise ActStillRuns(key)
    if stored.body_hash != body_hash:
        raise KeyUsedForAnotherRequest(key)
    return ActAnswer(stored.status, stored.body)


def keep(session: Session, *, by: Actor, route: str, key: str, answer: ActAnswer) -> None:
    """Keep the answer of a claimed act: it stands or falls with the act's transaction."""
    store.keep_answer(session, scope=str(by.id), route=route, key=key, status=answer.status, body=answer.body)
