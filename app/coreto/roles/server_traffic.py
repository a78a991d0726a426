"""The messages of one server as events, for a journal that wants them all."""

from __future__ import annotations

from typing import Any

from coreto.journal.recorder import Recorder
from coreto.journal.traffic import Received, Sent
from coreto.machines.effects import Publish
from coreto.machines.node import Node
from coreto.machines.outbox import Identity
from coreto.roles.traffic import acknowledged, count_of, entries_of, items_of, kind_of
from coreto.wire.backend import BackendMessage, Open, Work
from coreto.wire.head import stamp_of
from coreto.wire.message_ids import other_message_id, peer_message_id, server_message_id
from coreto.wire.peer import PeerMessage
from coreto.wire.publication import SERVERS_TOPIC, Announcement, read_announcement
from coreto.wire.services import Request
from coreto.wire.stamps import as_clock

ROLE = "server"
CLIENTS = "clients"


class ServerTraffic:
    """Belongs to the driver of one life, in its thread."""

    def __init__(self, node: Node, recorder: Recorder) -> None:
        self._node = node
        self._me: Identity = node.identity
        self._recorder = recorder
        self._published = 0
        node.replica.reports.detailed = True

    # Coming in; after the node took note of it.

    def from_peer(self, message: PeerMessage, *, taken: bool) -> None:
        """A server told us something; it was `taken`, or was not for us."""
        epoch, first, last = entries_of(message)
        self._received(
            self._node.log.name_of(message.sender), kind_of(message), peer_message_id(message), message.clock,
            epoch=epoch, first=first, last=last, ignored=not taken,
        )  # fmt: skip

    def from_broker(self, message: BackendMessage) -> None:
        """The broker gave us work, or asks for its start."""
        broker = message.broker if isinstance(message, Work) else message.nonce if isinstance(message, Open) else ""
        name = other_message_id(broker, message.clock)
        self._received("broker", kind_of(message), name, message.clock, count=count_of(message))

    def from_reference(self, data: dict[str, Any]) -> None:
        """The reference answered."""
        stamp = as_clock(data.get("clock")) or 0
        # The node does not read the stamp of the reference's answers: they are no cause of what is in the log.
        self._received("reference", "answer", other_message_id("reference", stamp), stamp, ignored=True)

    def from_anybody(self, raw: bytes) -> None:
        """Somebody asked at our own port."""
        service, stamp = stamp_of(raw)
        self._received(CLIENTS, service, "", stamp)

    def announced(self, announcement: Announcement) -> None:
        """Somebody announced a coordinator."""
        name = _announcement_id(announcement)
        self._received(announcement.coordinator, "announcement", name, announcement.clock)

    # Going out.

    def to_peer(self, replica: str, message: PeerMessage) -> None:
        """We told a server something."""
        epoch, first, last = entries_of(message)
        self._sent(
            self._node.log.name_of(replica), kind_of(message), peer_message_id(message), message.clock,
            epoch=epoch, first=first, last=last,
        )  # fmt: skip

    def to_broker(self, message: BackendMessage) -> None:
        """We answered the broker, or told how we are."""
        name = server_message_id(self._me.replica, self._me.incarnation, message.clock)
        self._sent(
            "broker", kind_of(message), name, message.clock, items=items_of(message), count=count_of(message),
            last=acknowledged(message),
        )  # fmt: skip

    def to_reference(self, request: Request, stamp: int) -> None:
        """We asked the reference."""
        self._sent("reference", str(request.__struct_config__.tag), other_message_id(self._me.name, stamp), stamp)

    def to_anybody(self, body: bytes) -> None:
        """We answered at our own port."""
        service, stamp = stamp_of(body)
        self._sent(CLIENTS, service, "", stamp)

    def published(self, effect: Publish) -> None:
        """Something went to the proxy: publications are told together at the end of a turn."""
        announcement = (
            read_announcement([effect.topic, effect.body]) if effect.topic == SERVERS_TOPIC.encode() else None
        )
        if announcement is None:
            self._published += 1
        else:
            self._sent("proxy", "announcement", _announcement_id(announcement), announcement.clock)

    def turned(self) -> None:
        """A turn is over."""
        if self._published:
            self._sent("proxy", "publication", "", 0, count=self._published)
            self._published = 0

    def _received(self, peer: str, kind: str, message: str, stamp: int, **more: Any) -> None:  # noqa: ANN401 -- fields
        lamport = self._node.lamport.value
        self._recorder.note(
            Received(role=ROLE, clock=lamport, peer=peer, kind=kind, message=message, stamp=stamp, **more)
        )

    def _sent(self, peer: str, kind: str, message: str, stamp: int, **more: Any) -> None:  # noqa: ANN401 -- fields
        self._recorder.note(
            Sent(role=ROLE, clock=stamp or self._node.lamport.value, peer=peer, kind=kind, message=message,
                 stamp=stamp, **more)
        )  # fmt: skip


def _announcement_id(announcement: Announcement) -> str:
    return f"{other_message_id(announcement.coordinator, announcement.clock)}.servers"
