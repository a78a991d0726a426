"""The journal as a file: JSON Lines, a header first (docs/journal.md).

Writing never fails a role: what cannot be written is said once, and nothing more is tried. Reading
is strict: what is no journal of a version we know is refused with the line and the reason.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from coreto.journal.event import Event
from coreto.journal.events import AnyEvent, JournalFull
from coreto.journal.sink import Sink
from coreto.journal.traffic import Traffic
from coreto.texts import _

VERSION = 1
"""Of the file format; a reader refuses a greater one."""
FILE_BYTES_MAX = 1 << 30
"""A journal stops growing here: hours of full load."""
LINE_BYTES_MAX = 1_000_000
"""A longer line is none of ours: a frame has a few hundred items."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    journal: str
    """Always `coreto`."""
    version: int
    program: str
    """The version of the program that wrote it."""
    command: str
    """What it was run as: up, server …"""
    started: float
    """Unix seconds."""


class JournalError(Exception):
    """A file is no journal that we can read; the text names the line and the reason."""

    def __init__(self, sentence: str, events: list[Event]) -> None:
        super().__init__(sentence)
        self.events = events
        """What stands before the line."""


class JournalFile:
    """Writes events from any thread. Decisions reach the file at once, messages in blocks."""

    def __init__(self, path: Path, header: Header, trouble: Callable[[str], None], most: int = FILE_BYTES_MAX) -> None:
        """Make the file anew; raise `OSError` when that is impossible. `trouble` is told when writing fails later."""
        self._path = path
        self._trouble = trouble
        self._left = most
        self._lock = threading.Lock()
        self._encoder = msgspec.json.Encoder()
        self._file = path.open("wb")
        self._over = False
        self._write(header)

    def record(self, event: Event) -> None:
        """Write one event."""
        with self._lock:
            if not self._over:
                self._try(event)

    def close(self) -> None:
        """Write what is left and close."""
        with self._lock:
            self._over = True
            try:
                self._file.close()
            except OSError as error:
                self._fail(error)

    def _try(self, event: Event) -> None:
        try:
            self._write(event)
            if self._left <= 0:
                self._over = True
                self._write(JournalFull(role="cluster", time=event.time, bytes=self._file.tell()))
            if self._over or not isinstance(event, Traffic):
                self._file.flush()
        except OSError as error:
            self._over = True
            self._fail(error)

    def _write(self, line: Header | Event) -> None:
        self._left -= self._file.write(self._encoder.encode(line) + b"\n")

    def _fail(self, error: OSError) -> None:
        with contextlib.suppress(OSError):  # what is in the buffer fails again
            self._file.close()
        self._trouble(
            _("The journal {file} cannot be written any more: {reason}", file=self._path, reason=error.strerror)
        )


def read_journal(path: Path) -> tuple[Header, list[Event]]:
    """Return the header and the events in the order of the file; raise `JournalError`."""
    events: list[Event] = []
    try:
        with path.open("rb") as file:
            lines = _lines(iter(lambda: file.readline(LINE_BYTES_MAX), b""), path, events)
            header = _read_header(next(lines, b""), path)
            for number, raw in enumerate(lines, 2):
                events.append(_read_event(raw, path, number, events))
    except OSError as error:
        sentence = _("The journal {file} cannot be read: {reason}", file=path, reason=error.strerror or error)
        raise JournalError(sentence, events) from None
    return header, events


def fan_out(*sinks: Sink) -> Sink:
    """Return a sink that gives every event to all of them."""

    def record(event: Event) -> None:
        for sink in sinks:
            sink(event)

    return record


_HEADER = msgspec.json.Decoder(Header)
_EVENT: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def _lines(raw_lines: Iterator[bytes], path: Path, events: list[Event]) -> Iterator[bytes]:
    for number, raw in enumerate(raw_lines, 1):
        if not raw.endswith(b"\n"):
            long = len(raw) >= LINE_BYTES_MAX
            cut = _("it is cut off: the program that wrote it was ended, or the disk was full")
            raise _wrong(path, number, _("it is too long") if long else cut, events)
        yield raw


def _read_header(raw: bytes, path: Path) -> Header:
    try:
        header = _HEADER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = _("it is not the header of a journal ({error})", error=error) if raw else _("the file is empty")
        raise _wrong(path, 1, reason, []) from None
    if header.journal != "coreto":
        raise _wrong(path, 1, _("it is not the header of a journal of Coreto"), [])
    if header.version > VERSION or header.version < 1:
        reason = _("it has version {found}, and this program reads up to {known}", found=header.version, known=VERSION)
        raise _wrong(path, 1, reason, [])
    return header


def _read_event(raw: bytes, path: Path, number: int, events: list[Event]) -> Event:
    try:
        event: Event = _EVENT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, number, str(error), events) from None
    return event


def _wrong(path: Path, number: int, reason: str, events: list[Event]) -> JournalError:
    return JournalError(_("Line {number} of {file}: {reason}.", number=number, file=path, reason=reason), events)
