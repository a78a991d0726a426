"""The reference: who is in the cluster, with which rank, and who was heard lately (protocol.md §2, §5).

Theory of operation. A server asks for its `rank` once and sends heartbeats; one not heard for
`reference_expiry` is not on the `list`, but keeps its rank for when it returns. Ranks start at 1
and stay with the name. The reference may be wrong, late or new: it delays an election at most,
safety never depends on it (replication.md M4). One that lost its memory takes the ranks that the
servers report.

Genesis on separate machines (M0). Blank servers started to form a cluster of N say so with their
replica ids. The first N names become the set, once and for ever, on disk before anybody hears of
it; the set is all the reference decides, the servers make their cluster of it themselves.

Strangers. The ports of the course are open to everybody. In a cluster with a key its servers ask
where the key is asked for (`kin`), and what they tell stands: a stranger, who asks at the open
ports, changes nothing of a name that spoke with the key since the start, takes no part in genesis,
and chooses no rank. There is room for `STRANGERS_MAX` of them, and each has a rate (`manners`). Who
was silent longest is forgotten for a newcomer, and a stranger before a server of ours.
"""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.journal.events import ServerListed
from coreto.machines.answers import reply_service
from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Effect, Persist, ReplyTo, Report, Route, TableWrite
from coreto.machines.lamport import Lamport
from coreto.machines.manners import Manners
from coreto.machines.settings import Settings
from coreto.texts import Catalogue
from coreto.wire.envelope import Incoming, read, write
from coreto.wire.refusal import RefusalError
from coreto.wire.services import Clock, Election, Heartbeat, ListServers, RankRequest, Status

SERVERS_MAX = 1024
"""Names the reference remembers: far more than a class has, and a bound for one that is flooded."""
STRANGERS_MAX = 64
"""Names among them that came without the key: the servers of a class that are written in other languages."""

VOTERS_MAX = 9
"""Most servers a cluster is born with: each more voter makes every write slower."""


class Registered(msgspec.Struct):
    """What the reference knows of one server."""

    name: str
    rank: int
    address: str
    heard_at: float
    kin: bool = False
    """Whether it spoke with the key since the start; without a key everybody did."""
    coordinator: bool = False
    epoch: int = 0


class Registry:
    """Answers every course request that comes to the reference; remembers ranks on disk."""

    def __init__(
        self,
        ranks: dict[str, tuple[int, str]],
        genesis: dict[str, str],
        clock: ApplicationClock,
        settings: Settings,
        catalogue: Catalogue,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._catalogue = catalogue
        self._lamport = Lamport()
        self._servers = {
            name: Registered(name, rank, address, float("-inf")) for name, (rank, address) in ranks.items()
        }
        self._effects: list[Effect] = []
        self._replies: list[tuple[Route, Incoming, dict[str, Any]]] = []
        self._changed: list[TableWrite] = []
        self._genesis = genesis
        """Replica id to name: the set of servers a cluster was born with; empty until there is one."""
        self._unborn: dict[str, str] = {}
        """Name to replica id of blank servers that wait for a set."""
        self._number = 0
        self._manners: Manners[tuple[Route, Incoming]] = Manners(settings.client_rate)

    def on_request(self, route: Route, raw: bytes, now: float, *, stranger: bytes = b"") -> None:
        """Handle one request; its one answer is among the effects, now or soon.

        `stranger`: the connection of who asks without the key; empty for who has it, or needs none.
        """
        incoming = read(raw, wide=self._settings.wide)
        self._lamport.receive(incoming.clock)
        if not stranger or self._manners.admits(stranger, now):
            self._replies.append((route, incoming, self._data(incoming, now, kin=not stranger)))
        else:
            self._manners.refuse(stranger, (route, incoming), now)

    def deadline(self) -> float:
        """Return when `flush` has something to do though nobody asked."""
        return self._manners.deadline()

    def flush(self, now: float) -> list[Effect]:
        """Return what is to be done for the turn: remember first, then answer."""
        effects, self._effects = self._effects, []
        if self._changed:
            self._number += 1
            effects.append(Persist(self._number, tables=tuple(self._changed)))
            self._changed = []
        refused = self._refusal(RefusalError("overloaded"))
        late = [(route, incoming, refused) for route, incoming in self._manners.due(now)]
        for route, incoming, data in (*self._replies, *late):
            body = write(incoming.shape, reply_service(incoming), data, self._lamport.send(), self._clock.read(now))
            effects.append(ReplyTo(route, body))
        self._replies = []
        return effects

    @property
    def lamport(self) -> int:
        """What the Lamport clock reads."""
        return self._lamport.value

    def live(self, now: float) -> list[Registered]:
        """Return the servers heard lately, in order of rank."""
        since = now - self._settings.reference_expiry
        return sorted((s for s in self._servers.values() if s.heard_at > since), key=lambda s: s.rank)

    def coordinator(self, now: float) -> str:
        """Return who says it coordinates the newest epoch, empty when nobody does."""
        claims = [(server.kin, server.epoch, server.name) for server in self.live(now) if server.coordinator]
        return max(claims)[-1] if claims else ""

    # Services.

    def _data(self, incoming: Incoming, now: float, *, kin: bool) -> dict[str, Any]:
        try:
            return self._serve(incoming, now, kin=kin)
        except RefusalError as refusal:
            return self._refusal(refusal)

    def _refusal(self, refusal: RefusalError) -> dict[str, Any]:
        sentence = self._catalogue.sentence(refusal.rule, **refusal.fields)
        code = "overloaded" if refusal.rule == "overloaded" else "bad_request"
        return {"status": "erro", "description": sentence, "message": sentence, "code": code}

    def _serve(self, incoming: Incoming, now: float, *, kin: bool) -> dict[str, Any]:
        if incoming.refusal is not None:
            raise incoming.refusal
        match incoming.request:
            case RankRequest() as request:
                server = self._hear(request, now, kin=kin)
                return {"status": "OK", "rank": server.rank, **(self._gather(request) if kin else {})}
            case Heartbeat() as request:
                server = self._hear(request, now, kin=kin)
                server.coordinator, server.epoch = request.coordinator, request.epoch
                return {"status": "OK", "rank": server.rank}
            case ListServers():
                return {"list": [self._row(server, now) for server in self.live(now)]}
            case Clock():
                return {"status": "OK", "time": self._clock.read(now)}
            case Election():
                return {"election": "OK", "coordinator": self.coordinator(now)}
            case Status():
                return self._status(now)
            case _:
                raise RefusalError("not_reference", service=incoming.service)

    def _status(self, now: float) -> dict[str, Any]:
        live = [server.name for server in self.live(now)]
        return {"role": "reference", "servers": live, "coordinator": self.coordinator(now)}

    def _row(self, server: Registered, now: float) -> dict[str, Any]:
        return {
            "name": server.name,
            "rank": server.rank,
            "address": server.address,
            "addr": server.address,
            "coordinator": server.name == self.coordinator(now),
        }

    def _hear(self, request: RankRequest | Heartbeat, now: float, *, kin: bool) -> Registered:
        server = self._servers.get(request.user)
        if server is not None and server.kin and not kin:
            raise RefusalError("name_has_key", name=server.name)
        if server is None:
            server = self._register(request, now, kin=kin)
        if request.address and request.address != server.address:
            server.address = request.address
            self._remember(server)
        if kin and not server.kin:
            server.coordinator, server.epoch = False, 0
        server.heard_at, server.kin = now, kin
        return server

    def _register(self, request: RankRequest | Heartbeat, now: float, *, kin: bool) -> Registered:
        self._make_room(now, kin=kin)
        taken = {server.rank for server in self._servers.values()}
        rank = request.rank
        if not kin or rank <= 0 or rank in taken:
            rank = max(taken, default=0) + 1
        server = Registered(request.user, rank, request.address, now)
        self._servers[server.name] = server
        self._remember(server)
        self._effects.append(Report(ServerListed(role="reference", name=server.name, rank=rank)))
        return server

    def _make_room(self, now: float, *, kin: bool) -> None:
        """Forget a name when there are as many as may be; raise `RefusalError` when nobody can be forgotten."""
        among = [server for server in self._servers.values() if kin or not server.kin]
        if len(among) < (SERVERS_MAX if kin else STRANGERS_MAX):
            return
        out = min(among, key=lambda server: (server.kin, server.heard_at))
        is_live = out.heard_at > now - self._settings.reference_expiry
        if is_live and (out.kin or not kin):
            raise RefusalError("overloaded")
        del self._servers[out.name]
        self._changed.append(TableWrite("servers", (out.name,), None))

    def _remember(self, server: Registered) -> None:
        self._changed.append(TableWrite("servers", (server.name,), (server.rank, server.address)))

    # Genesis.

    def _gather(self, request: RankRequest) -> dict[str, Any]:
        """Note a blank server; with enough of them, fix the set and tell it."""
        if not request.genesis or not request.replica:
            return {}
        if not self._genesis:
            self._unborn[request.user] = request.replica
            if len(self._unborn) < min(request.genesis, VOTERS_MAX):
                return {"waiting": len(self._unborn)}
            self._genesis = {replica: name for name, replica in self._unborn.items()}
            self._changed.extend(TableWrite("genesis", (r,), (n,)) for r, n in self._genesis.items())
        return {"genesis": [[replica, name] for replica, name in sorted(self._genesis.items())]}
