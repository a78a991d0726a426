"""Requests about the server itself: its state, its clock, elections, members.

They need no log: most are answered at once. A change of members is answered when its entry is
committed, or `unknown` when this server stops coordinating before it knows.
"""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.machines.answers import error_data, reply_service
from coreto.machines.berkeley import Berkeley
from coreto.machines.chat import Chat
from coreto.machines.election import Election
from coreto.machines.log import MachineLog
from coreto.machines.membership import Membership
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.replica import Replica
from coreto.machines.requests import BrokerOrigin, DirectOrigin, Origin
from coreto.texts import Catalogue
from coreto.wire.envelope import Incoming
from coreto.wire.log import APPLY_VERSION, Position
from coreto.wire.names import printable
from coreto.wire.peer import Result
from coreto.wire.publication import Announcement
from coreto.wire.refusal import RefusalError
from coreto.wire.services import Clock, Members, Promote, Remove, Request, Status
from coreto.wire.services import Election as ElectionRequest

CHANGES_MAX = 16
"""Changes of members that wait for their commit; one can be under way, the rest are repeats of it."""


class _Change(msgspec.Struct, frozen=True):
    entry: Position
    origin: Origin
    incoming: Incoming


class Inquiries:
    """Answers for one server."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        replica: Replica,
        election: Election,
        membership: Membership,
        chat: Chat,
        berkeley: Berkeley,
        outbox: Outbox,
        catalogue: Catalogue,
    ) -> None:
        self._identity = identity
        self._log = log
        self._replica = replica
        self._election = election
        self._membership = membership
        self._chat = chat
        self._berkeley = berkeley
        self._outbox = outbox
        self._catalogue = catalogue
        self._changes: list[_Change] = []
        self._announced = ""
        """The coordinator last heard of on `servers`, from anybody."""
        self.started_at = 0.0

    def on_announcement(self, announcement: Announcement) -> None:
        """Somebody announced a coordinator: remember the name; it carries no authority (protocol.md §2)."""
        self._announced = printable(announcement.coordinator)

    def take(self, origin: Origin, incoming: Incoming, now: float) -> bool:
        """Answer a request that is about this server; return False for any other."""
        request = incoming.request
        if isinstance(request, Promote | Remove):
            self._change(origin, incoming, request, now)
            return True
        data = self._data(request, origin, now)
        if data is None and request is not None and incoming.service in ("rank", "list", "heartbeat"):
            data = error_data("bad_request", "peer_only", self._catalogue)
        if data is not None:
            self._answer(origin, incoming, data)
        return data is not None

    def tick(self, now: float) -> None:
        """Answer for changes of members that are committed, or of which we will not hear."""
        if not self._changes:
            return
        waiting, self._changes = self._changes, []
        for change in waiting:
            held = self._log.holds(change.entry)
            if held and self._replica.commit >= change.entry.index:
                self._answer(change.origin, change.incoming, {"status": "OK", **self.members()})
            elif not held or self._replica.tenure is None:
                self._answer(change.origin, change.incoming, error_data("unknown", "unknown", self._catalogue))
            else:
                self._changes.append(change)

    def coordinator_name(self) -> str:
        """Return the name of the established coordinator we know, empty when there is none."""
        names = [v.name for v in self._log.config.voters if v.replica == self._replica.coordinator]
        return names[0] if names else ""

    def members(self) -> dict[str, Any]:
        """Return of which cluster this server is, who votes, and who learns as far as we know."""
        genesis = [[voter.replica, voter.name] for voter in self._log.genesis.voters]
        return {
            "cluster": self._identity.cluster,
            "genesis": genesis,
            "apply": APPLY_VERSION,
            "voters": [voter.name for voter in self._log.config.voters],
            "learners": self._membership.learner_names(),
            "coordinator": self.coordinator_name(),
        }

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of this server."""
        replica, members = self._replica, self.members()
        return {
            "role": replica.role.value if replica.is_voter else "learner",
            "name": self._identity.name,
            "rank": self._election.rank,
            "coordinator": members["coordinator"],
            "announced": self._announced,
            "conflict": self._conflict(members["coordinator"]),
            "epoch": replica.epoch.counter,
            "epoch_id": replica.epoch.replica,
            "promised": replica.promised.counter,
            "last": self._log.last.index,
            "commit": replica.commit,
            "applied": self._chat.applied,
            "lag": self._log.last.index - self._chat.applied,
            "digest": self._chat.digest,
            "voters": members["voters"],
            "learners": members["learners"],
            "quorum": replica.is_live(now),
            "uptime": now - self.started_at,
            **self._berkeley.status(now),
        }

    # Each kind.

    def _data(self, request: Request | None, origin: Origin, now: float) -> dict[str, Any] | None:
        match request:
            case Clock():
                return self._clock_data(request, origin, now)
            case ElectionRequest():
                return self._election_data(origin, now)
            case Status():
                return self.status(now)
            case Members():
                return {"status": "OK", **self.members()}
            case _:
                return None

    def _clock_data(self, request: Clock, origin: Origin, now: float) -> dict[str, Any]:
        if request.time is not None or request.adjust is not None:
            if not isinstance(origin, DirectOrigin):
                return error_data("bad_request", "read_only", self._catalogue)
            self._berkeley.set_clock(request, origin.route, now)
        return {"status": "OK", **self._berkeley.status(now)}

    def _election_data(self, origin: Origin, now: float) -> dict[str, Any]:
        if isinstance(origin, DirectOrigin) and not self._replica.is_live(now):
            self._election.provoke(now, "asked")
        return {"election": "OK", "coordinator": self.coordinator_name(), "epoch": self._replica.epoch.counter}

    def _change(self, origin: Origin, incoming: Incoming, request: Promote | Remove, now: float) -> None:
        try:
            index = self._propose(origin, request, now)
        except RefusalError as refusal:
            data = error_data("bad_request", refusal.rule, self._catalogue, **refusal.fields)
            self._answer(origin, incoming, data)
            return
        if index:
            self._changes.append(_Change(self._log.position_at(index), origin, incoming))
        else:
            self._answer(origin, incoming, {"status": "OK", **self.members()})

    def _propose(self, origin: Origin, request: Promote | Remove, now: float) -> int:
        if not isinstance(origin, DirectOrigin):
            raise RefusalError("read_only")
        if not origin.trusted:
            raise RefusalError("needs_key")
        if self._replica.tenure is None:
            raise RefusalError("not_coordinator", name=self.coordinator_name() or "?")
        if len(self._changes) >= CHANGES_MAX:
            raise RefusalError("overloaded")
        change = self._membership.promote if isinstance(request, Promote) else self._membership.remove
        return change(request.server, now)

    def _conflict(self, established: str) -> str:
        """Say in words that somebody else than our coordinator was announced, empty when nobody was."""
        if not established or self._announced in ("", established):
            return ""
        return self._catalogue.sentence("announced_other", announced=self._announced, coordinator=established)

    def _answer(self, origin: Origin, incoming: Incoming, data: dict[str, Any]) -> None:
        data = {**data, "server": self._identity.name}
        service, shape = reply_service(incoming), incoming.shape
        if isinstance(origin, BrokerOrigin):
            self._outbox.answer(*origin, "ok", 0, shape, service, data)
        elif isinstance(origin, DirectOrigin):
            self._outbox.reply(origin.route, shape, service, data)
        else:
            self._outbox.result(
                origin.peer, Result(number=origin.number, code="ok", index=0, body=b""), shape, service, data
            )
