"""The catalogue of texts is the one that the pages have now, and every text in it can be put together."""

from __future__ import annotations

import re
import string

from babel.messages.pofile import read_po

from api.pages.catalogue import TEMPLATE, texts
from api.pages.reader import Reader, translations


def test_the_catalogue_is_not_stale() -> None:
    kept = TEMPLATE.read_text(encoding="utf-8")
    assert kept == texts(), "run: python -m api.pages.catalogue"
    with TEMPLATE.open("rb") as file:
        known = {str(message.id) for message in read_po(file)}
    # one of a template, one of a page, one of the table of words
    assert {"Sign out", "Nothing was submitted yet. Begin with what is due above.", "Off track"} <= known
    assert len(known) > 300


def test_every_place_in_a_text_has_a_name() -> None:
    with TEMPLATE.open("rb") as file:
        for message in read_po(file):
            for text in message.id if isinstance(message.id, tuple) else (message.id,):
                names = [name for _, name, _, _ in string.Formatter().parse(re.sub(r"%\(\w+\)s", "", str(text)))]
                assert "" not in names, text
                assert len(re.findall(r"%s", str(text))) <= 1, f"a translator cannot change the order: {text}"


def test_a_language_without_a_catalogue_is_read_in_english() -> None:
    assert translations("xx").gettext("Sign out") == "Sign out"
    assert Reader(None, "en_GB", "en").ngettext("%s day left", "%s days left", 2) == "%s days left"
