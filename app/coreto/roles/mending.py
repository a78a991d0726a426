"""A server whose log is damaged: drives the machine that fetches what was lost, until it is mended."""

from __future__ import annotations

from coreto.journal.recorder import Recorder
from coreto.machines.effects import AskReference, Connect, Effect, Persist, Report, SendPeer
from coreto.machines.repair import Repair
from coreto.net.sockets import Socket
from coreto.roles.server_lines import ServerLines
from coreto.store.server import ServerStore
from coreto.wire.peer import PeerMessage, write_peer


class Mending:
    """Until `done`; a turn may raise `DiskError`."""

    def __init__(self, repair: Repair, lines: ServerLines, store: ServerStore, recorder: Recorder) -> None:
        self._repair = repair
        self._lines = lines
        self._store = store
        self._recorder = recorder

    @property
    def done(self) -> bool:
        """Whether the log is whole again."""
        return self._repair.done

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._repair.deadline()

    def turn(self, ready: set[Socket], now: float) -> None:
        """Take what peers give, ask for what is missing, and mend; whatever else arrives waits for the next life."""
        for item in self._lines.from_anybody():
            if isinstance(item, PeerMessage):
                self._repair.on_peer(item, now)
        for data in self._lines.from_reference():
            if isinstance(data.get("list"), list):
                self._repair.on_list(data["list"])
        self._repair.tick(now)
        effects = self._repair.take(now)
        while effects:
            for effect in effects:
                self._perform(effect, now)
            effects = self._repair.take(now)

    def _perform(self, effect: Effect, now: float) -> None:
        match effect:
            case SendPeer(to, message):
                self._lines.peers.send(to, write_peer(message))
            case AskReference(request, clock, timestamp):
                self._lines.to_reference(request, clock, timestamp)
            case Connect(replica, name, address):
                self._lines.meet(replica, name, address)
            case Persist(number):
                self._store.persist(effect)
                self._repair.persisted(number, now)
            case Report(event):
                self._recorder.note(event)
            case _:
                raise AssertionError(f"a repair asks for {effect!r}")
