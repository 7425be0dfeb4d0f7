"""The parties of a deal and the people who act: what kinds there are."""

from __future__ import annotations

from enum import StrEnum


class PartyKind(StrEnum):
    """What a party is to the bank; the same party may be an investee here and a co-investor there."""

    BUSINESS = "business"
    CHARITY = "charity"
    PUBLIC_BODY = "public_body"
    INTERMEDIARY = "intermediary"
    CONTRIBUTOR = "contributor"


class Role(StrEnum):
    """What a person is in this deployment. One person has one role, so nobody can prepare and decide."""

    OFFICER = "officer"
    RISK = "risk"
    BOARD = "board"
    AUDITOR = "auditor"
    STEWARD = "steward"
    INVESTEE = "investee"
