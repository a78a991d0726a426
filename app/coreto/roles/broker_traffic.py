"""The messages of the broker as events, for a journal that wants them all; those of clients once a turn."""

from __future__ import annotations

from typing import Any

from coreto.journal.recorder import Recorder
from coreto.journal.traffic import Item, Received, Sent
from coreto.machines.dispatch import Dispatch
from coreto.machines.effects import Route
from coreto.roles.traffic import count_of, items_of, kind_of
from coreto.wire.backend import BackendMessage, Ready
from coreto.wire.head import stamp_of
from coreto.wire.message_ids import other_message_id, server_message_id

ROLE = "broker"
CLIENTS = "clients"
LINKS_MAX = 256
"""Links whose servers are remembered: every reconnection makes one."""


class BrokerTraffic:
    """Belongs to the driver of one life of the broker, in its thread."""

    def __init__(self, name: str, machine: Dispatch, recorder: Recorder) -> None:
        """`name` is that of this life, which servers hear."""
        self._name = name
        self._machine = machine
        self._recorder = recorder
        self._links: dict[bytes, Ready] = {}
        self._asked: list[Item] = []
        self._answered: list[Item] = []

    def from_client(self, route: Route, raw: bytes) -> None:
        """A client asked."""
        self._asked.append(_item(route, raw))

    def to_client(self, route: Route, body: bytes) -> None:
        """A client was answered."""
        self._answered.append(_item(route, body))

    def from_server(self, link: bytes, message: BackendMessage) -> None:
        """A server told how it is, or answered."""
        if isinstance(message, Ready):
            self._links.pop(link, None)
            self._links[link] = message
            if len(self._links) > LINKS_MAX:
                del self._links[next(iter(self._links))]
        server = self._links.get(link)
        if server is not None:
            name = server_message_id(server.replica, server.incarnation, message.clock)
            self._received(server.name, kind_of(message), name, stamp=message.clock, count=count_of(message))

    def to_server(self, link: bytes, message: BackendMessage) -> None:
        """A server was given work, or asked for our start."""
        server = self._links.get(link)
        name = other_message_id(self._name, message.clock)
        self._sent(
            server.name if server else "", kind_of(message), name, stamp=message.clock, items=items_of(message),
            count=count_of(message),
        )  # fmt: skip

    def heard(self) -> None:
        """The input of a turn is drained."""
        if self._asked:
            self._received(CLIENTS, "requests", "", items=tuple(self._asked), count=len(self._asked))
            self._asked = []

    def turned(self) -> None:
        """A turn is over."""
        if self._answered:
            self._sent(CLIENTS, "replies", "", items=tuple(self._answered), count=len(self._answered))
            self._answered = []

    def _received(self, peer: str, kind: str, message: str, **more: Any) -> None:  # noqa: ANN401 -- fields of the event
        clock = self._machine.lamport
        self._recorder.note(Received(role=ROLE, clock=clock, peer=peer, kind=kind, message=message, **more))

    def _sent(self, peer: str, kind: str, message: str, **more: Any) -> None:  # noqa: ANN401 -- fields of the event
        clock = more.get("stamp") or self._machine.lamport
        self._recorder.note(Sent(role=ROLE, clock=clock, peer=peer, kind=kind, message=message, **more))


def _item(route: Route, raw: bytes) -> Item:
    return Item(route[0].hex() if route else "", *stamp_of(raw))
