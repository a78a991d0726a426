"""A server: one thread that drives what it is at the moment, with its sockets and its file.

It is unborn while its folder is blank (`unborn`), lives as a node (`living`), and is mended when
its log turns out to be damaged (`mending`). One life follows another in the same thread.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import NoReturn, Protocol

from coreto.journal.events import Halted
from coreto.journal.recorder import Recorder
from coreto.journal.sink import Sink
from coreto.machines.clock import ApplicationClock
from coreto.machines.lamport import Lamport
from coreto.machines.node import Node, Stored
from coreto.machines.outbox import Outbox
from coreto.machines.ports import DamageError
from coreto.machines.repair import Repair
from coreto.machines.settings import DEFAULTS, Settings
from coreto.net.orders import AnyOrder, DieAt, Drift, FillDisk, Skew, SlowDisk
from coreto.net.sockets import Context, Socket
from coreto.roles.halting import HaltError
from coreto.roles.living import Living
from coreto.roles.mending import Mending
from coreto.roles.mishaps import Mishaps
from coreto.roles.role import Role
from coreto.roles.server_lines import ServerAddresses, ServerLines
from coreto.roles.unborn import Founding, Joining, Unborn
from coreto.store.database import DiskError
from coreto.store.server import Birth, ServerStore
from coreto.texts import Catalogue

__all__ = ["ServerAddresses", "ServerRole"]


class Phase(Protocol):
    """What a server is at the moment."""

    def turn(self, ready: set[Socket], now: float) -> None:
        """Handle what arrived and what is due."""

    def deadline(self) -> float:
        """Return when something is due, in monotonic seconds."""


class ServerRole(Role):
    """Opens file and sockets, and passes from one phase to the next."""

    def __init__(
        self,
        name: str,
        context: Context,
        addresses: ServerAddresses,
        folder: Path,
        birth: Birth | None,
        catalogue: Catalogue,
        sink: Sink,
        *,
        genesis: int = 0,
        settings: Settings = DEFAULTS,
        clock: ApplicationClock | None = None,
    ) -> None:
        """In a blank folder: `birth` if it is known, else a cluster of `genesis` servers is founded, or one joined."""
        super().__init__(name, context)
        self._addresses = addresses
        self._folder = folder
        self._birth = birth
        self._catalogue = catalogue
        self._sink = sink
        self._genesis = genesis
        self._settings = settings
        self.clock = clock or ApplicationClock(time.time() - time.monotonic())
        """The application clock of all its lives."""
        self._mishaps = Mishaps(self._killed, self._stopping, self.perish)
        self._store: ServerStore | None = None
        self._lines: ServerLines | None = None
        self._phase: Phase | None = None

    # The thread.

    def open(self) -> None:
        """Open the file, bind, connect to everybody, and begin a life if the server is born."""
        self._recorder = Recorder(self.name, self._sink, self.clock.read, detailed=self.detailed)
        self._store = ServerStore(self._folder)
        self._lines = ServerLines(self, self._context, self._addresses)
        self.address = self._lines.address
        try:
            self._phase = self._first_phase(self._store, self._lines)
        except (DiskError, DamageError) as error:
            self._halt_by_disk(error)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Let the phase have its turn, and pass to the next one when it is over."""
        assert self._phase is not None
        assert self._store is not None
        assert self._lines is not None
        try:
            self._phase.turn(ready, now)
            if isinstance(self._phase, Unborn) and self._phase.birth is not None:
                self._store.be_born(self._phase.birth)
                self._phase = self._begin_life(self._store, self._lines)
            elif isinstance(self._phase, Mending) and self._phase.done:
                self._phase = self._begin_life(self._store, self._lines)
        except DamageError as error:
            self._be_mended(error)
        except DiskError as error:
            self._halt_by_disk(error)

    def deadline(self, now: float) -> float:
        """Return when the phase has something to do."""
        return self._phase.deadline() if self._phase is not None else super().deadline(now)

    def close(self) -> None:
        """Say good-bye after an orderly stop, close the file, and stop watching links before their sockets close."""
        if isinstance(self._phase, Living) and self._stopping.is_set() and not self._killed.is_set():
            self._phase.leave(time.monotonic())
        if self._store is not None:
            self._store.close()
        if self._lines is not None:
            self._lines.close()

    def lost(self, name: str) -> None:
        """Hear that a role of this process has ended."""
        if isinstance(self._phase, Living) and self._lines is not None:
            replica = self._lines.peers.find(name)
            if replica:
                self._phase.node.on_disconnected(replica, time.monotonic())

    def ordered(self, order: AnyOrder) -> None:
        """Suffer what is done to this server's disk and clock."""
        match order:
            case DieAt() | SlowDisk() | FillDisk():
                self._mishaps.take(order)
            case Skew(seconds):
                self.clock.skew(seconds)
            case Drift(ppm):
                self.clock.drift(time.monotonic(), ppm)

    # Phases.

    def _first_phase(self, store: ServerStore, lines: ServerLines) -> Phase:
        if self._birth is not None and store.birth() is None:
            store.be_born(self._birth)
        if store.birth() is not None:
            return self._begin_life(store, lines)
        replica, wide = store.unborn_replica(), self._settings.wide
        if self._genesis:
            return Founding(self.name, replica, self._genesis, lines, self._catalogue, wide=wide)
        return Joining(self.name, replica, self._addresses.reference, lines, self._catalogue, wide=wide)

    def _begin_life(self, store: ServerStore, lines: ServerLines) -> Phase:
        """Count a life; it begins as a node, or with mending what the end of the log shows to be damaged."""
        stored = store.begin_life()
        if store.log.damages(tail_only=True):
            return self._mend(stored, store, lines)
        look_up = not self._addresses.peers
        rng, settings = random.Random(), self._settings
        node = Node(
            stored, store.log, store.tables, self.clock, rng, settings, self._catalogue, lines.address, look_up=look_up
        )
        node.start(time.monotonic())
        return Living(node, lines, store, self._mishaps, self._recorder, self._halt)

    def _mend(self, stored: Stored, store: ServerStore, lines: ServerLines) -> Phase:
        """Have the others give what was lost; halt where nobody else ever voted, and so nobody can."""
        damages, me = store.log.damages(), stored.identity
        holders = [voter for voter in store.known_voters(stored) if voter.replica != me.replica]
        if not holders:
            self._halt(store.explain(DamageError(damages[0].first, damages[0].last), is_alone=True))
        look_up = not self._addresses.peers
        outbox = Outbox(me, Lamport(), self.clock)
        repair = Repair(me, holders, damages, store.log, stored.commit, outbox, lines.address, look_up=look_up)
        return Mending(repair, lines, store, self._recorder)

    def _be_mended(self, error: DamageError) -> None:
        """End this life, and begin the next with mending; halt if it is no row of the log that is damaged."""
        assert self._store is not None
        assert self._lines is not None
        if not self._store.log.damages():
            self._halt_by_disk(error)
        self._phase = self._mend(self._store.begin_life(), self._store, self._lines)

    def _halt_by_disk(self, error: Exception) -> NoReturn:
        assert self._store is not None
        self._halt(self._store.explain(error))

    def _halt(self, reason: str) -> NoReturn:
        """End this role; `reason` becomes a part of a sentence."""
        reason = reason.removesuffix(".")
        self._recorder.note(Halted(role="server", name=self.name, reason=reason))
        raise HaltError(reason)
