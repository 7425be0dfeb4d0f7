"""The catalogue of all texts that a person reads: ``python -m api.pages.catalogue`` writes ``api/locale/messages.pot``.

A translator copies it to ``api/locale/LANGUAGE/LC_MESSAGES/messages.po``; the compiled ``messages.mo`` beside it makes
the language one that pages can be read in.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from api.pages.reader import LOCALE_FOLDER

ROOM = Path(__file__).resolve().parent.parent
TEMPLATE = LOCALE_FOLDER / "messages.pot"
METHODS = [("pages/**.py", "python"), ("files/**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false"}}


def texts() -> str:
    """Return the catalogue of everything that templates and pages mark, in the order of the texts."""
    catalogue = Catalog(project="Missionbook", header_comment="# The texts that people read in Missionbook.")
    found = extract_from_dir(str(ROOM), method_map=METHODS, options_map=OPTIONS)
    for file, _line, message, comments, context in found:
        catalogue.add(message, None, [(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    out = io.BytesIO()
    write_po(out, catalogue, omit_header=True, no_location=True, sort_output=True, width=120)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return head + out.getvalue().decode()


if __name__ == "__main__":
    TEMPLATE.write_text(texts(), encoding="utf-8")
