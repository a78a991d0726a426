"""What a server suffers on purpose while it stores and speaks: a slow or full disk, death at a chosen point."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import NoReturn

from coreto.machines.effects import Persist
from coreto.net.orders import Cut, DieAt, FillDisk, SlowDisk


class Mishaps:
    """Consulted by the driver of one server, in its thread; nothing happens until it is ordered.

    `killed` and `stopping` are set from outside; a slow write is not waited for once the server stops.
    """

    def __init__(self, killed: threading.Event, stopping: threading.Event, perish: Callable[[], NoReturn]) -> None:
        self._killed = killed
        self._stopping = stopping
        self._perish = perish
        self._cut: Cut | None = None
        self._has_stored = False
        self._slow = 0.0
        self._is_full = False

    def take(self, order: DieAt | SlowDisk | FillDisk) -> None:
        """Follow an order."""
        match order:
            case DieAt(cut):
                self._cut, self._has_stored = cut, False
            case SlowDisk(seconds):
                self._slow = seconds
            case FillDisk():
                self._is_full = True

    def before_persist(self, persist: Persist) -> None:
        """Suffer what happens before a write is stored; raise `sqlite3.OperationalError` for a full disk."""
        self._die("before-persist", persist)
        if self._slow:
            self._stopping.wait(self._slow)
        if self._is_full:
            raise sqlite3.OperationalError("database or disk is full")

    def after_persist(self, persist: Persist) -> None:
        """Suffer what happens when a write is stored."""
        self._die("after-persist", persist)
        self._has_stored = self._cut == "mid-batch" and bool(persist.log)

    def said(self) -> None:
        """Suffer what happens when a message has been handed over for sending."""
        if self._has_stored:
            self._perish()

    def _die(self, cut: Cut, persist: Persist) -> None:
        if self._killed.is_set() or (self._cut == cut and persist.log):
            self._perish()
