"""Text of SQL is made of constants of its module: what comes from elsewhere is a parameter, or listed with a reason.

A statement that is put together in steps is followed through its function: names that are assigned there, parts of a
choice, sums, loops over constants, and what callers in the same module hand to a private or inner function. A name that
the function asserts to be one of a few constants is one. psycopg's own ``sql`` quotes what it is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.house.tree import ROOT, dotted, expect_none, lay, syntax

TAKES_SQL = {"text", "sa.text", "literal_column", "sql.SQL"}
METHODS_TAKE_SQL = {"execute", "exec_driver_sql", "executemany", "copy"}
QUOTES = {"sql.Identifier", "sql.Literal", "sql.Placeholder", "sql.SQL"}
KEEPS_WORDS = {"join", "format", "replace", "strip", "items", "keys", "values", "read_bytes", "read_text", "encode"}
FROM_OUR_OWN_LISTS = {
    "domain/store/audit.py words_in_use AuditKind(column).value": "the value of an enum of two columns",
    "domain/store/statements.py _lines asked.by": "asserted where the range's source is asked: one of two columns",
    "domain/store/statements.py _lines asked.source": "one of two constants of the module",
    "domain/store/statements.py sum_of_postings asked.by": "asserted where the range's source is asked",
    "domain/store/statements.py sum_of_postings asked.source": "one of two constants of the module",
    "domain/store/statistics.py refresh session.execute(text": "names of our own tables, quoted by PostgreSQL",
}
"""``file function part`` of each part that cannot be followed to a constant, and why nothing typed can reach it."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Reading:
    """One module: its constants, its functions, and what is handed to them within it."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        imported = chain.from_iterable(node.names for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        self.constants = {name for node in tree.body for name in _named_by(node)}
        self.constants |= {name for alias in imported if (name := alias.asname or alias.name).isupper()}
        self.functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
        self.inner = {node for outer in self.functions for node in ast.walk(outer) if node is not outer}

    def strangers(self, part: ast.expr, inside: ast.AST, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield the parts of an expression that are not made of constants."""
        if isinstance(part, ast.Name) and part.id not in self.constants:
            yield from () if part.id in seen else self._strangers_in(part.id, inside, seen | {part.id})
            return
        parts = _parts(part)
        if parts is None:
            yield ast.unparse(part).partition("('")[0].partition('("')[0]
        for one in parts or ():
            yield from self.strangers(one, inside, seen)

    def _strangers_in(self, name: str, inside: ast.AST, seen: frozenset[str]) -> Iterator[str]:
        if any(_is_one_of_a_few(node, name) for node in ast.walk(inside)):
            return
        handed = self._handed(name, inside)
        values = [(value, inside) for value in _values_of(name, inside)]
        if not values and not handed:
            yield name
        for value, where in [*values, *handed]:
            yield from self.strangers(value, where, seen)

    def _handed(self, name: str, inside: ast.AST) -> list[tuple[ast.expr, ast.AST]]:
        """Return what the module's own calls hand to a parameter, if nobody else can call the function."""
        if not isinstance(inside, Function) or not (inside.name.startswith("_") or inside in self.inner):
            return []
        places = [one.arg for one in [*inside.args.posonlyargs, *inside.args.args]]
        if name not in [*places, *(one.arg for one in inside.args.kwonlyargs)]:
            return []
        found: list[tuple[ast.expr, ast.AST]] = []
        for where in [*self.functions, self.tree]:
            for call in ast.walk(where):
                if isinstance(call, ast.Call) and dotted(call.func).removeprefix("self.") == inside.name:
                    found += [(word.value, where) for word in call.keywords if word.arg == name]
                    place = places.index(name) - (places[0] == "self") if name in places else len(call.args)
                    found += [(value, where) for value in call.args[place : place + 1]]
        return found


def _parts(part: ast.expr) -> list[ast.expr] | None:
    """Return what an expression is made of, nothing for a constant, None for what cannot be followed."""
    match part:
        case ast.Constant() | ast.Name():
            return []
        case ast.Attribute(attr=name) if name.isupper():
            return []
        case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            return parts
        case ast.FormattedValue(value=value) | ast.Starred(value=value) | ast.Subscript(value=value):
            return [value]
        case ast.GeneratorExp(elt=value) | ast.ListComp(elt=value):
            return [value]
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            return [left, right]
        case ast.Call(func=func, args=args, keywords=words):
            called, values = dotted(func), [*args, *(word.value for word in words)]
            if called in QUOTES or (called == "map" and dotted(args[0]) in QUOTES):
                return []
            if isinstance(func, ast.Attribute) and func.attr in KEEPS_WORDS:
                return [func.value, *values]
            return values if called in ("text", "sorted", "tuple") else None
    return None


def _named_by(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets):
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _values_of(name: str, inside: ast.AST) -> Iterator[ast.expr]:
    """Yield what a name of a function may hold; nothing for its parameters and for what a ``with`` binds."""
    for node in ast.walk(inside):
        match node:
            case ast.Assign(targets=targets, value=value) if _binds(targets, name):
                yield value
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _binds([target], name):
                yield value
            case ast.AugAssign(target=target, value=value) if _binds([target], name):
                yield value
            case ast.For(target=target, iter=value) if _binds([target], name):
                yield value
            case ast.comprehension(target=target, iter=value) if _binds([target], name):
                yield value


def _binds(targets: list[ast.expr], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for target in targets for node in ast.walk(target))


def _is_one_of_a_few(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Assert(test=ast.Compare(left=ast.Name(id=said), ops=[ast.In()], comparators=[ast.Tuple(elts=few)])):
            return said == name and all(isinstance(one, ast.Constant) for one in few)
    return False


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield what stands in a function, and not what stands in a function inside it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, Function):
            yield node
            yield from _own_nodes(node)


def _takes_sql(called: ast.expr) -> bool:
    return dotted(called) in TAKES_SQL or (isinstance(called, ast.Attribute) and called.attr in METHODS_TAKE_SQL)


def made_of_strangers(root: Path) -> list[str]:
    """Return each part of a statement that is not made of constants, as ``file function part``."""
    found = set()
    for file, tree in syntax(root, "api/**/*.py", "domain/**/*.py"):
        reading = Reading(tree)
        for function in reading.functions:
            for node in _own_nodes(function):
                if isinstance(node, ast.Call) and node.args and _takes_sql(node.func):
                    found |= {f"{file} {function.name} {one}" for one in reading.strangers(node.args[0], function)}
    return sorted(found)


def test_text_of_sql_is_made_of_constants() -> None:
    seen = made_of_strangers(ROOT)
    expect_none([one for one in seen if one not in FROM_OUR_OWN_LISTS])
    expect_none([f"{one} is listed and not there" for one in FROM_OUR_OWN_LISTS if one not in seen])


BAD = """
from sqlalchemy import text
from domain.names import TABLES
_ROWS = "SELECT * FROM deal"
KEYS = {"code": "d.code"}

def typed(session, sort): session.execute(text(f"{_ROWS} ORDER BY {sort}"))
def summed(session, word): session.execute(text(_ROWS + " WHERE code = '" + word + "'"))
def formed(session, word): session.execute(text("SELECT {}".format(word)))
def old(session, word): session.connection().exec_driver_sql("SELECT %s" % word)
def grown(session, words):
    asked = _ROWS
    for word in words:
        asked += f" AND {word}"
    return session.execute(text(asked))
def _within(session, condition): session.execute(text(f"{_ROWS} WHERE {condition}"))
def hands(session, typed): _within(session, f"code = '{typed}'")
def called(session, asked): session.execute(text(asked.lower()))
"""
GOOD = """
from sqlalchemy import text
from domain.names import TABLES
_ROWS = "SELECT * FROM deal"
KEYS = {"code": "d.code"}

def plain(session, code): session.execute(text(f"{_ROWS} WHERE code = :code"), {"code": code})
def chosen(session, sort, newest):
    order = KEYS[sort]
    session.execute(text(f"{_ROWS} ORDER BY {order} {'DESC' if newest else ''}"))
def few(session, table):
    assert table in ("deal", "fund"), "a table"
    session.execute(text(f"SELECT * FROM {table}"))
def all(session):
    for table in TABLES:
        session.execute(text(f"ANALYZE {table}"))
def _within(session, condition): session.execute(text(f"{_ROWS} WHERE {condition}"))
def hands(session, number): _within(session, "number = :number")
def quoted(cursor, name): cursor.execute(sql.SQL("COPY {}").format(sql.Identifier(name)))
def other(line): line.text(f"{line}")
"""


def test_what_is_typed_into_the_text_of_sql_is_seen(tmp_path: Path) -> None:
    lay(tmp_path, **{"domain/store/bad.py": BAD, "domain/store/good.py": GOOD})
    assert made_of_strangers(tmp_path) == [
        f"domain/store/bad.py {one}"
        for one in ("_within typed", "called asked.lower()", "formed word", "grown words", "old word", "summed word",
                    "typed sort")
    ]  # fmt: skip
