"""``missionbook authority``: who may do what, and up to how much alone."""

from __future__ import annotations

from typing import Any

import typer

from api.commands.printing import Format, FormatOption, print_json, print_table
from domain.authority import AUTHORITY, AWAITED, NEVER_WHO_PREPARED


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(authority)


def authority(
    format: FormatOption = Format.TABLE,
) -> None:
    """Print the published table of act, role and amount. Amounts are in the currency of the fund."""
    if format is Format.JSON:
        print_json(plain_authority())
        return
    print_table(
        "Who may do what, and up to how much alone",
        ["act", "who", "never"],
        [
            [
                f"{act} (awaited)" if act in AWAITED else str(act),
                ", ".join(f"{role} {said(minor)}".removesuffix(" yes") for role, minor in roles.items()),
                NEVER_WHO_PREPARED.get(act, ""),
            ]
            for act, roles in AUTHORITY.items()
        ],
    )


def said(minor: int | None) -> str:
    """Return what a role does alone in words: ``yes``, or up to how much in a currency of two decimals."""
    return "yes" if minor is None else f"to {minor // 100:,}.{minor % 100:02}"


def plain_authority() -> list[dict[str, Any]]:
    """Return the table as JSON holds it: amounts in minor units of the fund's currency, null without a bound."""
    return [
        {
            "act": str(act),
            "roles": {str(role): {"alone_minor": minor} for role, minor in roles.items()},
            "never": NEVER_WHO_PREPARED.get(act, ""),
            "awaited": act in AWAITED,
        }
        for act, roles in AUTHORITY.items()
    ]
