"""Where a command writes its journal, and what watches it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coreto import __version__
from coreto.cli.printing import say
from coreto.journal.file import VERSION, Header, JournalFile
from coreto.journal.sink import Sink, nowhere
from coreto.texts import _


def header(command: str) -> Header:
    """Return the first line of a journal that begins now."""
    return Header(journal="coreto", version=VERSION, program=__version__, command=command, started=time.time())


class JournalPathError(Exception):
    """The journal cannot be written where it should be; the text is a sentence."""


@contextmanager
def journal_to(path: str | None, command: str) -> Iterator[Sink]:
    """Return where events go while the journal is open, nowhere without a path; raise `JournalPathError`."""
    if path is None:
        yield nowhere
        return
    try:
        file = JournalFile(Path(path), header(command), say)
    except OSError as error:
        raise JournalPathError(_unwritable(path, error)) from None
    try:
        yield file.record
    finally:
        file.close()


def _unwritable(path: str, error: OSError) -> str:
    reason = error.strerror or str(error)
    return _(
        "The journal {file} cannot be written ({reason}): choose another with --journal.", file=path, reason=reason
    )
