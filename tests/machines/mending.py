"""A server that mends its log, driven by hand; its disk is done when the test says `sync`."""

from __future__ import annotations

from collections.abc import Sequence

from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import AskReference, Connect, Persist, Report, SendPeer
from coreto.machines.lamport import Lamport
from coreto.machines.outbox import Outbox
from coreto.machines.repair import ASK_AGAIN, Repair
from coreto.simulator.disk import Disk
from coreto.wire.log import Batch, Entry, Epoch, make_batch
from coreto.wire.peer import MendAsk, MendGive, PeerMessage
from tests.support.machines import CLUSTER, config_of, entry, from_peer, login, replica

VOTERS = ("a", "b", "c")


def rows(epoch: Epoch, *sizes: int, first: int = 1, chain: int = 0, text: str = "u") -> list[Batch]:
    """Consecutive batches of these sizes; the entry at n logs in the user `<text>n`."""
    made: list[Batch] = []
    for size in sizes:
        entries = [entry(login(index, f"{text}{index}"), index) for index in range(first, first + size)]
        made.append(make_batch(first, epoch, entries, chain))
        first, chain = first + size, made[-1].chain
    return made


def divided(batches: Sequence[Batch], *sizes: int) -> list[Batch]:
    """The same log in other batches; those of the last size follow while there are entries."""
    left: list[tuple[Epoch, Entry]] = [(batch.epoch, item) for batch in batches for item in batch.entries()]
    made: list[Batch] = []
    while left:
        size = sizes[min(len(made), len(sizes) - 1)]
        part = [item for epoch, item in left[:size] if epoch == left[0][0]]
        end, chain = (made[-1].last, made[-1].chain) if made else (0, 0)
        made.append(make_batch(end + 1, left[0][0], part, chain))
        del left[: len(part)]
    return made


def damaged(batches: Sequence[Batch], *firsts: int, header: bool = True) -> Disk:
    """The disk of `b` with these rows, of which those that begin at `firsts` are damaged."""
    disk = Disk("b", replica("b"), CLUSTER, config_of(VOTERS))
    disk.batches = list(batches)
    disk.damaged = dict.fromkeys(firsts, header)
    return disk


def give(*batches: Batch, commit: int = 0, name: str = "a") -> MendGive:
    return from_peer(name, MendGive(batches=tuple(batches), commit=commit))


class Patient:
    """One `Repair`, its disk and its letters."""

    def __init__(self, disk: Disk, *, look_up: bool = False) -> None:
        self.disk = disk
        self.now = 10.0
        self.letters: list[SendPeer] = []
        self.unsynced: list[Persist] = []
        self.met: list[str] = []
        self.reports: list[Report] = []
        self.asked_reference = 0
        stored = disk.start()
        outbox = Outbox(stored.identity, Lamport(), ApplicationClock(1_700_000_000.0))
        self.repair = Repair(
            stored.identity, stored.genesis.voters, disk.damages(), disk, stored.commit, outbox, "at b", look_up=look_up
        )
        self.turn()

    def turn(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.hear()

    def hear(self, *messages: PeerMessage) -> None:
        """One turn in which these messages arrive."""
        for message in messages:
            self.repair.on_peer(message, self.now)
        self.repair.tick(self.now)
        self._perform()

    def sync(self) -> None:
        """The disk is done with all it was told."""
        while self.unsynced:
            persist = self.unsynced.pop(0)
            self.disk.sync(persist)
            self.repair.persisted(persist.number, self.now)
            self._perform()
        self.turn()

    def asked(self) -> list[tuple[str, int, int]]:
        """Take the questions: to whom, and for which entries."""
        found = [letter for letter in self.letters if isinstance(letter.message, MendAsk)]
        self.letters = [letter for letter in self.letters if letter not in found]
        return [
            (letter.to.removeprefix("r-"), letter.message.after + 1, letter.message.upto)
            for letter in found
            if isinstance(letter.message, MendAsk)
        ]

    def ask_again(self) -> list[tuple[str, int, int]]:
        self.asked()
        self.turn(ASK_AGAIN)
        return self.asked()

    def _perform(self) -> None:
        for effect in self.repair.take(self.now):
            match effect:
                case SendPeer():
                    self.letters.append(effect)
                case Persist():
                    self.unsynced.append(effect)
                case Connect():
                    self.met.append(effect.name)
                case AskReference():
                    self.asked_reference += 1
                case Report():
                    self.reports.append(effect)
                case _:
                    raise AssertionError(f"unexpected effect {effect!r}")
