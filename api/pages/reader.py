"""The reader of a page: who it is, in which language, and how days, numbers and money are written for them.

A page object holds only finished text; everything that turns a value into text is here.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from fastapi import Request

from domain.calendar import in_words
from domain.desk.people import UserKnown
from domain.errors import InputRefused, Problem
from domain.money import AmountUnreadable, Money, minor_digits, parse_minor

LOCALE_FOLDER = Path(__file__).resolve().parent.parent / "locale"
LOCALES = ("en_GB", "en_IE", "en_US", "de_DE", "de_AT", "de_CH")
DECIMALS_SHOWN = 6
_NARROW_SIGNS = str.maketrans({"\u202f": "\u00a0", "’": "'"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a page. ``known`` is None for a stranger; ``locale`` writes days, numbers and money."""

    known: UserKnown | None
    locale: str
    language: str

    def gettext(self, message: str) -> str:
        """Return a text in the reader's language."""
        return translations(self.language).gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a text for a count in the reader's language."""
        return translations(self.language).ngettext(one, many, count)

    def day(self, day: date | None) -> str:
        """Write a day as the sentences of the book do: ``31 Mar 2026``; nothing is a dash.

        Texts in another language come with that language's own way to write a day.
        """
        if day is None:
            return "–"
        return in_words(day) if self.language == "en" else str(format_date(day, "medium", locale=self.locale))

    def moment(self, moment: datetime | None) -> str:
        """Write a moment to the minute, in UTC."""
        return f"{self.day(moment.date())}, {moment:%H:%M} UTC" if moment else "–"

    def number(self, value: Decimal | int, *, places: int | None = None) -> str:
        """Write a number with the reader's signs; ``places`` None shows the digits that it has, at most six."""
        digits = min(DECIMALS_SHOWN, places_of(value)) if places is None else places
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return str(format_decimal(value, format=pattern, locale=self.locale)).translate(_NARROW_SIGNS)

    def numbers(self, values: Sequence[Decimal | None]) -> tuple[str, ...]:
        """Write the numbers of one column with equally many decimals, so that they align; nothing is a dash."""
        places = max((places_of(value) for value in values if value is not None), default=0)
        return tuple(
            "–" if value is None else self.number(value, places=min(places, DECIMALS_SHOWN)) for value in values
        )

    def per_cent(self, share: Decimal | None) -> str:
        """Write a share as per cent: ``0.0325`` is ``3.25 %``."""
        return "–" if share is None else f"{self.number((share * 100).normalize())} %"

    def figure(self, money: Money) -> str:
        """Write an amount without its currency, with all of the currency's digits: for a column of a table."""
        digits = minor_digits(money.currency)
        return self.number(Decimal(money.minor).scaleb(-digits), places=digits)

    def money(self, money: Money) -> str:
        """Write an amount with all of its currency's digits, everywhere: ``GBP 1,250.00``.

        It may break after the currency, so that a large one fits a narrow cell.
        """
        return f"{money.currency} {self.figure(money)}"

    def read_number(self, typed: str, *, where: str) -> Decimal | None:
        """Read what somebody typed as a number, in the reader's convention or in plain digits; nothing is None.

        Refused (``InputRefused``): what is no number.
        """
        if not typed.strip():
            return None
        try:
            return Decimal(self._plain(typed) or "none")
        except InvalidOperation:
            _ = self.gettext
            what = _("“{typed}” is not a number; write digits, such as {example}").format(
                typed=typed.strip()[:40], example=self.number(Decimal("1250.5"))
            )
            raise InputRefused([Problem(where, what)], subject="the form") from None

    def read_minor(self, typed: str, currency: str) -> int:
        """Read what somebody typed as an amount in minor units. Refused: ``AmountUnreadable``."""
        _ = self.gettext
        plain = self._plain(typed)
        if plain is None and typed.strip():
            example = self.figure(Money(125_000, "EUR"))
            raise AmountUnreadable(typed.strip(), _("write digits, such as {example}").format(example=example))
        return parse_minor(plain or "", currency)

    def _plain(self, typed: str) -> str | None:
        """Turn well-formed groups of three and the reader's decimal sign into plain digits; the rest is None."""
        text = re.sub(r"\s+", " ", typed.strip())
        group = str(get_group_symbol(self.locale)).translate(_NARROW_SIGNS)
        point = str(get_decimal_symbol(self.locale))
        grouped = rf"[+-]?\d{{1,3}}(?:[{re.escape(group)} ]\d{{3}})+(?:{re.escape(point)}\d+)?"
        if re.fullmatch(grouped, text, re.ASCII):
            return re.sub(rf"[{re.escape(group)} ]", "", text).replace(point, ".")
        if point != "." and re.fullmatch(rf"[+-]?\d+{re.escape(point)}\d+", text, re.ASCII):
            return text.replace(point, ".")
        return text if re.fullmatch(r"[+-]?\d{1,30}(\.\d{1,30})?", text, re.ASCII) else None


def places_of(value: Decimal | int) -> int:
    """Return how many digits after the decimal point a number needs."""
    text = f"{Decimal(value):f}"
    return len(text.partition(".")[2].rstrip("0"))


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return the texts of a language; English is in the templates themselves."""
    return gettext.translation("messages", LOCALE_FOLDER, [language], fallback=True)


def languages() -> tuple[str, ...]:
    """Return the languages that pages can be read in: English, and those with a compiled catalogue."""
    return ("en", *sorted(path.parent.parent.name for path in LOCALE_FOLDER.glob("*/LC_MESSAGES/messages.mo")))


def reader_of(request: Request) -> Reader:
    """Return the reader of a request: who is signed in, and what the browser says it prefers."""
    known: UserKnown | None = getattr(request.state, "known", None)
    locale = _preferred(request.headers.get("accept-language", ""))
    language = Locale.parse(locale).language
    return Reader(known, locale, language if language in languages() else "en")


def _preferred(header: str) -> str:
    """Return the first locale that the header of a browser names and that we know; British English else."""
    wanted: list[tuple[float, str]] = []
    for part in header[:400].split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.strip().replace("-", "_").lower()))
        except ValueError:
            continue
    for _, tag in sorted(wanted, key=lambda one: one[0]):
        for locale in LOCALES:
            if tag and (locale.lower() == tag or locale.lower().split("_")[0] == tag):
                return locale
    return LOCALES[0]
