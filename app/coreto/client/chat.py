"""Everything one person needs of a cluster behind one object: ask, listen, and list the servers."""

from __future__ import annotations

import time
from typing import Any

import zmq

from coreto.client.client import Client
from coreto.client.clocks import read_clocks, set_clock
from coreto.client.errors import ClientError, UnreachableError
from coreto.client.hearing import hearing
from coreto.client.inbox import InboxWorker, Received
from coreto.client.listed import Listed, read_list
from coreto.client.membership import Members, Membership
from coreto.client.survey import SHOWN, Look, Report, best_status, survey
from coreto.net.frames import DELIMITER
from coreto.net.security import ClusterKey
from coreto.net.sockets import Context, connected_socket, make_context
from coreto.texts import _
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.stamps import TimestampKind

REFERENCE_MS = 5000
"""Longest wait for an answer of the reference, in milliseconds."""
LOOK_MS = 1000
"""The same for a look around, which nobody waits for and which comes again."""

OFFSET_TRIP_MAX = 1.0
"""Seconds; an answer that took longer, for a broker that stood still, says too little of the clocks."""


class NetworkChat(Client):
    """A client that also follows topics and knows the reference.

    `look` and `names` ask over a socket of their own, which belongs to the first thread that calls
    them: whoever looks now and then never waits behind a request.
    """

    def __init__(
        self,
        *,
        broker: str,
        proxy: str,
        reference: str,
        context: Context | None = None,
        timestamp: TimestampKind = "float",
        key: ClusterKey | None = None,
    ) -> None:
        self._mine = context is None
        shared = context or make_context()
        super().__init__(broker, context=shared, timestamp=timestamp)
        self._shared = shared
        self._reference = reference
        self._eye = Client(broker, context=shared, timestamp=timestamp)
        self._inbox = InboxWorker(shared, proxy, broker, timestamp)
        self._inbox.start()
        self._membership = Membership(shared, self._listed, timestamp, key)

    def servers(self) -> list[dict[str, Any]]:
        """Return the reference's list of live servers."""
        return list(ask_reference(self._context, self._reference, "list", self._timestamp).get("list", []))

    def _listed(self) -> list[Listed]:
        return read_list(self.servers())

    def clocks(self) -> list[dict[str, Any]]:
        """Return a row for the clock of each live server."""
        return read_clocks(self._context, self._listed())

    def set_clock(self, wanted: str, moment: float) -> tuple[str, float]:
        """Set the clock of a server, given by name or rank, to Unix seconds; return its name and what it reads."""
        return set_clock(self._context, self._listed(), wanted, moment)

    def look(self) -> Look:
        """Return how the cluster is; raise a `ClientError` when the broker has nobody who answers."""
        answer = best_status(self._eye)
        status, offset = answer.data, answer.ahead(SHOWN) if answer.round_trip <= OFFSET_TRIP_MAX else None
        try:
            listed = ask_reference(self._context, self._reference, "list", self._timestamp, LOOK_MS).get("list", [])
        except ClientError:
            return Look(status, None, offset)
        return Look(status, listed, offset, self._hearing(status.get("voters"), listed))

    def _hearing(self, voters: object, listed: object) -> dict[str, bool]:
        wanted = voters if isinstance(voters, list) else []
        asked = [server for server in read_list(listed) if server.name in wanted]
        return hearing(self._context, asked, LOOK_MS, self._timestamp)

    def stop_looking(self) -> None:
        """End a look under way, and every later one."""
        self._eye.give_up(for_good=True)

    def names(self) -> tuple[list[str], list[str]]:
        """Return all users and all channels."""
        return self._eye.users(), self._eye.channels()

    def survey(self) -> list[Report]:
        """Ask every live server at its own address how it is."""
        return survey(self._context, self._listed())

    def members(self) -> Members:
        """Return who votes and who learns, as the coordinator says."""
        return self._membership.members()

    def promote(self, wanted: str) -> tuple[str, Members]:
        """Make a learner, given by name or rank, a voter; return its name, and who votes then."""
        return self._membership.promote(wanted)

    def remove(self, wanted: str) -> tuple[str, Members]:
        """Make a voter, given by name or rank, a learner; return its name, and who votes then."""
        return self._membership.remove(wanted)

    @property
    def lamport(self) -> int:
        """The greatest Lamport value this person's sockets have sent or heard of."""
        return max(super().lamport, self._inbox.lamport)

    def subscribe(self, topic: str, *, direct: bool = False) -> None:
        """Begin to follow a channel, or with `direct` a user's own topic."""
        self._inbox.follow(topic, direct=direct)

    def unsubscribe(self, topic: str) -> None:
        """Stop following a topic."""
        self._inbox.leave(topic)

    def received(self) -> list[Received]:
        """Return the messages that arrived since the last call; never waits."""
        return self._inbox.received()

    def close(self) -> None:
        """Stop listening and give back every socket; a second time does nothing."""
        self._inbox.stop()
        self._inbox.join()
        self._eye.close()
        super().close()
        if self._mine:
            self._shared.term()


def ask_reference(
    context: Context,
    address: str,
    service: str,
    timestamp: TimestampKind = "float",
    patience_ms: int = 0,
) -> dict[str, Any]:
    """Ask the reference one thing that needs no data; raise `UnreachableError` when it does not answer.

    Without `patience_ms` it has as long as an answer may take.
    """
    socket = connected_socket(context, zmq.DEALER, address, patient=True)
    try:
        socket.send_multipart((DELIMITER, write_request(service, {}, 1, time.time(), timestamp)))
        if not socket.poll(patience_ms or REFERENCE_MS):
            raise UnreachableError(
                _(
                    "The reference does not answer at {address}: say where it is with --reference.",
                    address=address,
                )
            )
        return read_reply(socket.recv_multipart()[-1])[1]
    finally:
        socket.close()
