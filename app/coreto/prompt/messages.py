"""Stored messages: rows of a history as they are shown, and pages of it one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coreto.prompt.ports import HistoryRow
from coreto.prompt.results import Spoken
from coreto.prompt.session import ChatSession
from coreto.wire.limits import HISTORY_ROWS_MAX


def as_spoken(session: ChatSession, place: str, rows: Sequence[HistoryRow]) -> tuple[Spoken, ...]:
    """Return rows of a channel or of a conversation as they are shown."""
    return tuple(_spoken(session.user, place, row) for row in rows)


def page(session: ChatSession, place: str, limit: int, before: int | None = None) -> Sequence[HistoryRow]:
    """Return up to `limit` messages of a place in order: the last ones, or those before a position."""
    if place.startswith("@"):
        return session.conversation(place[1:], limit, before)
    return session.chat.history(channel=place, limit=limit, before=before)


def pages_back(session: ChatSession, place: str, pages_max: int) -> Iterator[Sequence[HistoryRow]]:
    """Return pages from the newest to the oldest, each in order; an end before the first message is no error."""
    before: int | None = None
    for _page in range(pages_max):
        rows = page(session, place, HISTORY_ROWS_MAX, before)
        if not rows:
            return
        yield rows
        before = _position(session, place, rows[0])
        if before is None or before <= 1:
            return


def _position(session: ChatSession, place: str, row: HistoryRow) -> int | None:
    """What a history counts by: a conversation of two by the log, a topic by its own numbers."""
    return row.index if place.startswith("@") and place[1:] != session.user else row.seq


def _spoken(user: str, place: str, row: HistoryRow) -> Spoken:
    if not place.startswith("@"):
        return Spoken(place, row.user, row.message, row.time, clock=row.clock)
    peer = place[1:]
    receiver = user if peer == user or row.user != user else peer
    return Spoken(receiver, row.user, row.message, row.time, direct=True, clock=row.clock)
