"""What servers remember of each other's disks, so that a folder put back from a copy is refused.

Theory of operation (replication.md §3, D6). A promise and an acknowledgement say what the sender's
disk holds. A folder copied yesterday and put back today no longer holds what was said since, and
its server would vote as if nothing had been. So every server notes, for each other, the newest
epoch that it promised and how much of the log it acknowledged in it, as one pair compared
lexicographically; lengths are never compared across epochs, because a suffix may be replaced
honestly.

A life begins with a HELLO to every voter that says what its disk held at that moment. Who
remembers more answers so, and the server halts. A server takes part in elections only when a
majority of the voters knows it: a copy is then found out before it can break its old promises.
What no peer has yet written down is not covered.

Each life draws a nonce: a HELLO that comes twice or late is told from that of a second life with
the same number, which only a copy can have.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import msgspec

from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.ports import Value
from coreto.machines.settings import Settings
from coreto.wire.log import EPOCH_ZERO, Epoch, majority
from coreto.wire.peer import Hello, HelloAnswer

HELLO_AGAIN = 1.0
"""Seconds between HELLOs to a voter that does not answer, once a majority knows us."""
PEERS_MAX = 256
"""Peers that are remembered; no further ones when there are so many: those who vote came first."""
_KEY = "peer "


class Remembered(msgspec.Struct):
    """What one peer said of its disk."""

    incarnation: int = 0
    nonce: int = 0
    promised: Epoch = EPOCH_ZERO
    match: int = 0


class PeerMemory:
    """Notes what peers say, and judges the HELLO of a new life."""

    def __init__(self, rows: Iterable[tuple[str, Value]]) -> None:
        """Take up the rows that `take_changes` once gave."""
        self._peers: dict[str, Remembered] = {}
        self._changed: set[str] = set()
        for key, (incarnation, nonce, counter, replica, match) in rows:
            promised = Epoch(int(counter), str(replica))
            self._peers[key.removeprefix(_KEY)] = Remembered(int(incarnation), int(nonce), promised, int(match))

    def told(self, peer: str, incarnation: int, promised: Epoch, match: int) -> None:
        """A life that was greeted said that its disk holds this promise, and the log up to `match` in that epoch."""
        known = self._peers.get(peer)
        if known is not None and known.incarnation == incarnation and (promised, match) > (known.promised, known.match):
            known.promised, known.match = promised, match
            self._changed.add(peer)

    def judge(self, hello: Hello) -> HelloAnswer:
        """Return whether the disk of a new life is as new as what was said before it."""
        known = self._peers.get(hello.sender) or Remembered()
        same = (hello.incarnation, hello.nonce) == (known.incarnation, known.nonce)
        accepted = same or not self._is_older(hello, known)
        if accepted and (hello.sender in self._peers or len(self._peers) < PEERS_MAX):
            known.incarnation, known.nonce = hello.incarnation, hello.nonce
            self._peers[hello.sender] = known
            self._changed.add(hello.sender)
        return HelloAnswer(life=hello.nonce, known=accepted, promised=known.promised, match=known.match)

    def take_changes(self) -> list[tuple[str, Value]]:
        """Return rows for the next batch; they cause none of their own."""
        rows: list[tuple[str, Value]] = [(_KEY + peer, self._row(self._peers[peer])) for peer in sorted(self._changed)]
        self._changed.clear()
        return rows

    def _is_older(self, hello: Hello, known: Remembered) -> bool:
        if hello.incarnation <= known.incarnation or hello.promised < known.promised:
            return True
        return hello.promised == known.promised and hello.last < known.match

    def _row(self, known: Remembered) -> Value:
        return (known.incarnation, known.nonce, *known.promised, known.match)


def is_memory(key: str) -> bool:
    """Whether a variable of the disk is a row of peer memory."""
    return key.startswith(_KEY)


class Introduction:
    """Our own HELLO: who knows this life, and what it means if somebody remembers more."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        outbox: Outbox,
        settings: Settings,
        nonce: int,
        promised: Epoch,
        address: str,
    ) -> None:
        self._me = identity.replica
        self._log = log
        self._outbox = outbox
        self._settings = settings
        self._hello = Hello(promised=promised, last=log.last.index, nonce=nonce, name=identity.name, address=address)
        self._known_by = {identity.replica}
        self._next = float("-inf")
        self.contradiction: HelloAnswer | None = None
        """Who remembers more than our disk held: this server must not go on."""

    @property
    def done(self) -> bool:
        """Whether a majority of the voters knows this life."""
        return majority(self._known_by, self._log.config)

    def deadline(self) -> float:
        """Return when the next HELLO is due."""
        return float("inf") if self._log.voters <= self._known_by else self._next

    def tick(self, now: float, silent: Callable[[float], Collection[str]]) -> None:
        """Greet every voter that has not answered; who is none yet may be one that it does not know of.

        `silent` returns those who leave what we send without an answer: one that began a new life with a log
        older than our membership does not know where we are, and learns it by this.
        """
        if now < self._next:
            return
        hurried = not self.done and self._me in self._log.voters
        self._next = now + (self._settings.prepare_again if hurried else HELLO_AGAIN)
        for peer in sorted({*self._strangers(), *silent(now)}):
            self._outbox.send(peer, self._hello)

    def greet_again(self, peer: str) -> None:
        """A peer began a new life, and may have forgotten that it was greeted."""
        self._known_by -= {peer} - {self._me}
        self._next = float("-inf")

    def on_answer(self, message: HelloAnswer) -> None:
        """Take note that a voter knows us, or that it remembers what our disk lacks."""
        if message.life != self._hello.nonce:
            return
        if message.known:
            self._known_by.add(message.sender)
        else:
            self.contradiction = message

    def _strangers(self) -> list[str]:
        return [voter.replica for voter in self._log.config.voters if voter.replica not in self._known_by]
