"""What ``test_every_door`` sends to each door, and which doors it leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api.world import FUND


@dataclass(frozen=True, slots=True)
class Of:
    """Stands in a body for an identifier: Ben's, or one that nobody has."""

    place: str


MONEY = {"amount": "10.00", "currency": "EUR"}
PUBLIC = {"/api/openapi.json", "/healthz", "/readyz", "/metrics", "/problems/{word}", "/static", "/sign-in"}
"""Doors that show nothing of the book and ask nobody for a name."""

OWN = {
    "POST /api/v1/tokens", "POST /api/v1/tokens/rotation", "DELETE /api/v1/tokens/current", "DELETE /api/v1/sign-ins",
    "POST /sign-out", "POST /account/sign-ins", "POST /account/password",
}  # fmt: skip
"""Doors about the caller alone, which would sign the caller out here.

What they do is told in ``test_signing_in``, ``test_sign_ins`` and ``test_own_account``.
"""

BODIES: dict[str, Any] = {
    "POST /api/v1/funds/{code}/days": {"to": "2026-04-01"},
    "PUT /api/v1/projects/{code}/missions": {"missions": []},
    "POST /api/v1/parties": {"code": "NEW", "name": "New", "kind": "charity"},
    "POST /api/v1/deals": {
        "code": "D-NEW", "fund": FUND, "project": Of("projects/{code}"), "investee": Of("parties/{code}"),
        "title": "New",
        "instruments": [{"code": "L-NEW", "kind": "loan", "commitment": MONEY, "valid_from": "2026-03-31",
                         "terms": {}}],
    },
    "POST /api/v1/deals/{deal_id}/stages": {"stage": "active"},
    "POST /api/v1/instruments/{instrument_id}/drawdowns": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/receipts": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/receipts/preview": {"money": MONEY, "effective_on": "2026-03-31"},
    "POST /api/v1/instruments/{instrument_id}/revenues": {
        "revenue": MONEY, "period_start": "2026-01-01", "period_end": "2026-03-31",
    },
    "POST /api/v1/entries/{entry_id}/reversal": {"reason": "x"},
    "POST /api/v1/seals": None,
    "POST /api/v1/funds/{code}/amounts": {
        "act": "pay out a drawdown", "role": "officer", "alone": MONEY, "valid_from": "2026-04-01", "source": "x",
    },
    "POST /api/v1/funds/{code}/periods": {"period_end": "2025-01-31"},
    "POST /api/v1/funds/{code}/currencies": {"currency": "USD"},
    "POST /api/v1/funds/{code}/rates": {"currency": "USD", "units": "1.0850", "on": "2026-03-31", "source": "x"},
    "POST /api/v1/funds/{code}/conversions": {"sold": MONEY, "into": "USD", "effective_on": "2026-03-31"},
    "POST /api/v1/conflicts": {"party": Of("parties/{code}"), "words": "a brother works there"},
    "POST /api/v1/conflicts/{number}/end": {"words": "he left"},
    "POST /api/v1/delegations": {
        "to": Of("people/{email}"), "acts": ["pay out a drawdown"], "from_day": "2026-04-01", "to_day": "2026-04-02",
    },
    "POST /api/v1/delegations/{number}/end": None,
    "POST /api/v1/requests": {"kind": "reversal", "reason": "x", "entry_id": Of("entries/{entry_id}")},
    "POST /api/v1/requests/{request_id}/approval": None,
    "POST /api/v1/requests/{request_id}/refusal": {"reason": "x"},
    "POST /api/v1/requests/{request_id}/withdrawal": None,
    "POST /api/v1/reports/{report_id}/versions": {"values": {"homes": 500}, "signed_by": "Ann"},
    "POST /api/v1/reports/{report_id}/preview": {"values": {"homes": 500}},
}  # fmt: skip
"""What is sent to each door of the API that takes something."""

OTHER_BODIES: dict[str, list[Any]] = {
    "POST /api/v1/requests": [
        {"kind": "payout", "reason": "x", "instrument_id": Of("instruments/{instrument_id}"), "amount": MONEY,
         "effective_on": "2026-03-31"},
    ],
    "POST /api/v1/conflicts": [
        {"party": Of("parties/{code}"), "words": "a sister works there", "email": Of("people/{email}")},
    ],
}  # fmt: skip
"""What a door takes besides, where it names other things."""

FORMS: dict[str, dict[str, Any]] = {
    "POST /authority/conflicts": {
        "party": Of("parties/{code}"), "since": "2026-03-31", "words": "a cousin works there",
        "person": Of("people/{email}"),
    },
    "POST /authority/delegations": {
        "to": Of("people/{email}"), "act": "pay out a drawdown", "from_day": "2026-04-01", "to_day": "2026-04-02",
    },
}  # fmt: skip
"""What is sent with the form of a page where it names things; the others are sent with their secret alone."""

TIE = "an uncle owns a third of it"
"""What the risk officer declared: read by themselves, auditors and stewards."""

NO_IDENTIFIERS = {"versions/{number}", "files/{kind}"}
"""What stands in an address and belongs to nobody."""

QUERIES = {"fund": FUND}
"""What is asked at doors that must be told of which fund; others are asked without."""
