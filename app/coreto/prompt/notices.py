"""What happened to the cluster as this prompt saw it: coordinators, trouble, servers that came and went."""

from __future__ import annotations

import threading
import time
from collections import deque

import msgspec

from coreto.prompt.cluster_view import ClusterView
from coreto.texts import _

KEPT_MAX = 500
"""Notices kept: a long lesson; the journal has them all."""


class Notice(msgspec.Struct, frozen=True):
    """A sentence and when it became true for this prompt, in Unix seconds."""

    time: float
    text: str


class Notices:
    """The latest notices, written by one thread and read by others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Notice] = deque(maxlen=KEPT_MAX)
        self._news: deque[str] = deque(maxlen=KEPT_MAX)

    def add(self, text: str) -> None:
        """Note something that the person should also be told."""
        with self._lock:
            self._kept.append(Notice(time.time(), text))
            self._news.append(text)

    def latest(self, count: int) -> list[Notice]:
        """Return the last notices, oldest first."""
        with self._lock:
            return list(self._kept)[-count:]

    def take_news(self) -> list[str]:
        """Return what was noted since the last call."""
        with self._lock:
            news = list(self._news)
            self._news.clear()
            return news

    def compare(self, before: ClusterView, now: ClusterView) -> None:
        """Note what changed between two looks; the first look is no change."""
        for text in _changes(before, now):
            self.add(text)


def _changes(before: ClusterView, now: ClusterView) -> list[str]:
    changes = []
    if before.trouble != now.trouble:
        changes.append(_("Trouble: {trouble}", trouble=now.trouble) if now.trouble else _("The trouble is over."))
    if before.epoch is None or now.trouble:
        return changes
    if now.coordinator and (before.coordinator, before.epoch) != (now.coordinator, now.epoch):
        changes.append(
            _("{coordinator} coordinates now, in epoch {epoch}.", coordinator=now.coordinator, epoch=now.epoch)
        )
    for name in sorted({*now.cut_off} - {*before.cut_off}):
        changes.append(_("{name} is cut off: it does not hear the coordinator.", name=name))
    for name in sorted({*before.cut_off} - {*now.cut_off}):
        changes.append(_("{name} is no longer cut off.", name=name))
    return changes + _came_and_went(before, now)


def _came_and_went(before: ClusterView, now: ClusterView) -> list[str]:
    if before.silent is None or now.silent is None:
        return []
    gone = sorted({*now.silent} - {*before.silent})
    back = sorted(({*before.silent} - {*now.silent}) & {*now.servers})
    count = {"alive": now.alive, "total": now.total}
    told = [_("{name} is silent: {alive} of {total} servers are alive now.", name=name, **count) for name in gone]
    told += [_("{name} is back: {alive} of {total} servers are alive now.", name=name, **count) for name in back]
    if told or now.alive == before.alive:
        return told
    return [_("{alive} of {total} servers are alive now.", **count)]
