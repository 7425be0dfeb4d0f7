"""``make bench``: measure every promise of speed, each beside a bare baseline in the same run.

A promise is a module of this folder with ``main() -> bool``: it prints what it measured and returns whether the
promise holds. Names given on the command line choose some of them: ``python -m bench import_ibrd``.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def promises() -> list[str]:
    """The names of all promises, in order; what begins with an underscore only helps them."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))


def main(chosen: list[str]) -> int:
    known = promises()
    if strange := sorted(set(chosen) - set(known)):
        print(f"no such promise: {', '.join(strange)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    if not known:
        print("there is no promise to measure yet", file=sys.stderr)
        return 1
    broken = []
    for name in chosen or known:
        print(f"\n== {name.replace('_', ' ')}", flush=True)
        module = importlib.import_module(f"bench.{name}")
        if not module.main():
            broken.append(name)
    print(f"\n{'all promises hold' if not broken else 'broken: ' + ', '.join(broken)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
