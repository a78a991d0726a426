"""Everything that leaves a server passes here: the one place where Lamport stamps go on.

It also keeps the promise "persist before speak": what must follow a change on disk is held until
the persist that carries the change is done (replication.md D1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from coreto.journal.events import Event
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import (
    AskReference,
    AskServer,
    Effect,
    Persist,
    Publish,
    ReplyTo,
    Report,
    Route,
    SendBroker,
    SendPeer,
)
from coreto.machines.framing import in_frames
from coreto.machines.lamport import Lamport
from coreto.machines.ports import Value
from coreto.wire.backend import AnswerItem, Answers, BackendMessage
from coreto.wire.envelope import Shape, write
from coreto.wire.message_ids import peer_message_id
from coreto.wire.peer import Join, MendAsk, PeerMessage
from coreto.wire.publication import Publication, write_announcement, write_publication
from coreto.wire.services import Request

Leaving = Callable[[float], Effect | list[Effect]]
"""Makes effects at the moment they leave, so that stamps rise in the order of leaving."""

_TO_WHOEVER_LIVES_THERE = (Join, MendAsk)
"""Messages of a server that does not know which replica it will meet."""
_Answer = tuple[int, int, str, int, Shape, str, dict[str, Any]]
"""Number, copy, code, index, and what the reply is written from."""


class Identity(msgspec.Struct, frozen=True):
    """Who a server is: its name for people, its replica id for the protocol, and this life of it."""

    name: str
    replica: str
    cluster: str
    incarnation: int


class Outbox:
    """Collects what a machine wants done; `take` hands it over, stamped and in order."""

    def __init__(self, identity: Identity, lamport: Lamport, clock: ApplicationClock) -> None:
        self._identity = identity
        self._lamport = lamport
        self._clock = clock
        self._now: list[Leaving | Effect] = []
        self._later: list[Leaving] = []
        self._held: deque[tuple[int, list[Leaving]]] = deque()
        self._answers: dict[str, list[_Answer]] = {}
        self._meta: dict[str, Value] = {}
        self._number = 0
        self._done = 0
        self.cause: PeerMessage | None = None
        """The message that is being handled: what led to the events reported meanwhile."""

    # What leaves at once.

    def send(self, to: str, message: PeerMessage) -> None:
        """Send a message to a peer."""
        self._now.append(self._peer(to, message))

    def send_broker(self, message: BackendMessage) -> None:
        """Send a message to the broker."""
        self._now.append(
            lambda now: SendBroker(
                msgspec.structs.replace(message, clock=self._lamport.send(), timestamp=self._clock.read(now))
            )
        )

    def answer(
        self, broker: str, number: int, copy: int, code: str, index: int, shape: Shape, service: str,
        data: dict[str, Any],
    ) -> None:  # fmt: skip
        """Answer a copy of a request that came through this life of the broker; answers of one turn share frames."""
        self._answers.setdefault(broker, []).append((number, copy, code, index, shape, service, data))

    def pass_on(self, broker: str, number: int, copy: int, code: str, index: int, body: bytes) -> None:
        """Answer a copy of a request through the broker with a reply another server wrote."""
        self.send_broker(Answers(broker=broker, items=(AnswerItem(number, code, index, body, copy),)))

    def reply(self, route: Route, shape: Shape, service: str, data: dict[str, Any]) -> None:
        """Reply to a request that came straight to this server."""
        self._now.append(lambda now: ReplyTo(route, self._write(now, shape, service, data)))

    def reply_raw(self, route: Route, body: bytes) -> None:
        """Reply with bytes another server wrote."""
        self._now.append(ReplyTo(route, body))

    def result(self, to: str, message: PeerMessage, shape: Shape, service: str, data: dict[str, Any]) -> None:
        """Send a RESULT to a peer, with the reply for the client in it."""

        def leave(now: float) -> Effect:
            body = self._write(now, shape, service, data)
            return self._stamp(to, msgspec.structs.replace(message, body=body), now)

        self._now.append(leave)

    def publish(self, item: Publication) -> None:
        """Publish a message; its clock and time are those of the log entry."""
        self._lamport.send()
        self._now.append(Publish(*write_publication(item)))

    def announce(self, name: str, rank: int, epoch: int) -> None:
        """Announce a coordinator on the topic `servers`."""
        self._now.append(
            lambda now: Publish(*write_announcement(name, rank, epoch, self._lamport.send(), self._clock.read(now)))
        )

    def ask_reference(self, request: Request) -> None:
        """Send a request to the reference."""
        self._now.append(lambda now: AskReference(request, self._lamport.send(), self._clock.read(now)))

    def ask_server(self, address: str, number: int, request: Request) -> None:
        """Send a course request to a server that is not ours."""
        self._now.append(lambda now: AskServer(address, number, request, self._lamport.send(), self._clock.read(now)))

    def report(self, event: Event) -> None:
        """Tell the journal."""
        cause = peer_message_id(self.cause) if self.cause is not None else ""
        self._now.append(Report(msgspec.structs.replace(event, clock=self._lamport.value, cause=cause)))

    def emit(self, effect: Effect) -> None:
        """Hand over an effect that carries no stamp."""
        self._now.append(effect)

    # What waits for the disk.

    def send_after_persist(self, to: str, message: PeerMessage) -> None:
        """Send a message once every change made so far is on disk."""
        self._later.append(self._peer(to, message))

    def remember(self, key: str, value: Value) -> None:
        """Have a variable written with the next persist."""
        self._meta[key] = value

    @property
    def next_number(self) -> int:
        """The number of the next persist."""
        return self._number + 1

    @property
    def has_meta(self) -> bool:
        """Whether a variable waits to be written."""
        return bool(self._meta)

    def persist(self, persist: Persist) -> None:
        """Emit the persist numbered `next_number`; what was sent after changes until now follows it."""
        assert persist.number == self.next_number, persist.number
        self._number = persist.number
        meta = tuple(self._meta.items())
        self._meta = {}
        self._now.append(msgspec.structs.replace(persist, meta=persist.meta + meta))

    def close_turn(self, *, dirty: bool) -> None:
        """Queue what waits behind the persist in flight, or let it go if there is none.

        While there are changes (`dirty`) that no persist carries yet, it goes on waiting for the next one.
        """
        for broker, answers in self._answers.items():
            self._now.append(self._leave_answers(broker, answers))
        self._answers = {}
        if not self._later or dirty:
            return
        if self._number > self._done:
            self._held.append((self._number, self._later))
        else:
            self._now.extend(self._later)
        self._later = []

    def persisted(self, number: int) -> None:
        """The disk has done persist `number`."""
        self._done = number
        while self._held and self._held[0][0] <= number:
            self._now.extend(self._held.popleft()[1])

    def take(self, now: float) -> list[Effect]:
        """Return what is to be done, stamped in the order of leaving."""
        leaving, self._now = self._now, []
        effects: list[Effect] = []
        for item in leaving:
            made = item(now) if callable(item) else item
            if isinstance(made, list):
                effects.extend(made)
            else:
                effects.append(made)
        return effects

    # Stamps.

    def _answers_frame(self, now: float, broker: str, items: list[AnswerItem]) -> Effect:
        clock, timestamp = self._lamport.send(), self._clock.read(now)
        return SendBroker(Answers(broker=broker, items=tuple(items), clock=clock, timestamp=timestamp))

    def _peer(self, to: str, message: PeerMessage) -> Leaving:
        return lambda now: self._stamp(to, message, now)

    def _stamp(self, to: str, message: PeerMessage, now: float) -> Effect:
        who = self._identity
        stamped = msgspec.structs.replace(
            message,
            cluster=who.cluster,
            sender=who.replica,
            receiver="" if isinstance(message, _TO_WHOEVER_LIVES_THERE) else to,
            incarnation=who.incarnation,
            clock=self._lamport.send(),
            timestamp=self._clock.read(now),
        )
        return SendPeer(to, stamped)

    def _write(self, now: float, shape: Shape, service: str, data: dict[str, Any]) -> bytes:
        return write(shape, service, data, self._lamport.send(), self._clock.read(now))

    def _leave_answers(self, broker: str, answers: list[_Answer]) -> Leaving:
        def leave(now: float) -> list[Effect]:
            items = [
                AnswerItem(number, code, index, self._write(now, shape, service, data), copy)
                for number, copy, code, index, shape, service, data in answers
            ]
            return [self._answers_frame(now, broker, part) for part in in_frames(items, lambda item: len(item.body))]

        return leave
