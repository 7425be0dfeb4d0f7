"""Every text that a page shows goes through gettext, from the first template."""

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.house.tree import ROOT, expect_none, files, lay, text_of

_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "label"}
_PLAIN = {"Missionbook"}  # the product's name is the same in every language
_JINJA = re.compile(r"{#.*?#}|{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}|{%.*?%}|{{.*?}}", re.DOTALL)
_BARE_IN_EXPRESSION = re.compile(r"""{{-?\s*(['"])(?P<text>[^'"]*[A-Za-z]{2,}[^'"]*)\1\s*-?}}""")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        for name, value in attrs:
            if name in _ATTRIBUTES and value:
                self._look(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._look(data)

    def _look(self, text: str) -> None:
        words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in _PLAIN]
        if words:
            self.found.append((self.getpos()[0], " ".join(text.split())[:50]))


def bare_words(root: Path) -> list[str]:
    seen = []
    for path in files(root, "api/templates/**/*.html"):
        text, name = text_of(path), str(path.relative_to(root))
        seen += [
            f"{name}:{text.count(chr(10), 0, match.start()) + 1} {match['text']}"
            for match in _BARE_IN_EXPRESSION.finditer(text)
        ]
        reader = _Words()
        # Line numbers stay true: what Jinja would replace leaves its line breaks behind.
        reader.feed(_JINJA.sub(lambda piece: "\n" * piece.group().count("\n"), text))
        reader.close()
        seen += [f"{name}:{line} {words}" for line, words in reader.found]
    return seen


def test_every_text_in_a_template_is_translatable() -> None:
    expect_none(bare_words(ROOT))


def test_a_bare_word_is_seen(tmp_path: Path) -> None:
    lay(
        tmp_path,
        **{
            "api/templates/a.html": "{# note #}<h1>{% trans %}Deals{% endtrans %}</h1>\n"
            "<p>{{ _('Due') }} · {{ line.amount }}</p>\n"
            "<p>{{ line.amount }} overdue</p><img alt='Chart'>\n"
            "<style>p { color: red }</style>{{ 'Loans' }}\n",
        },
    )
    assert bare_words(tmp_path) == [
        "api/templates/a.html:4 Loans",
        "api/templates/a.html:3 overdue",
        "api/templates/a.html:3 Chart",
    ]
