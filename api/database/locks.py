"""Locks of the kernel on files of the data folder: let go of however their owner ends, also by kill -9."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from api.database import keeper
from api.database.problems import DataFolderNotUsable

_held: set[int] = set()


def _close_in_child() -> None:
    """A fork shares its parent's locks; it must not keep them alive after the parent's death."""
    for descriptor in tuple(_held):
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_close_in_child)


@contextlib.contextmanager
def locked(path: Path, kind: int, *, seconds: float) -> Iterator[int | None]:
    """Hold ``fcntl.LOCK_SH`` or ``LOCK_EX`` on a file; yield its descriptor, or None when it could not be had.

    Raises:
        DataFolderNotUsable: the file cannot be made or opened.
    """
    try:
        descriptor = keeper.open_lock(path)
    except OSError as problem:
        raise DataFolderNotUsable(path.parent, f"{path.name}: {problem.strerror}") from problem
    _held.add(descriptor)
    owner = os.getpid()
    try:
        yield descriptor if keeper.lock_within(descriptor, kind, seconds=seconds) else None
    finally:
        if os.getpid() == owner:  # in a forked child the descriptor is closed already
            _held.discard(descriptor)
            # Said, not only closed: a child between fork and exec still has the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)
