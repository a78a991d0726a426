"""The broker: exactly one true answer for every client, whatever dies behind it (replication.md §7).

Theory of operation. Our servers connect to the broker and say in every heartbeat who they are and
whether they coordinate. The broker addresses each write to the server that claims the newest
epoch, each read to any. It remembers every request until it is answered.

A write carries the broker key (start, n, floor), so the cluster executes it at most once however
many *copies* are sent. A copy is sent again on evidence (broken link, silent heartbeats, a new
life of the server, an answer that says "not here") and by timer. The client gets the first answer
that is final. A definite refusal is believed only if *every* copy was definitely refused: another
copy may still commit. So copies are numbered, and answers say which copy they are about: a second
answer about one must not be taken for one about another. When the budget ends, a write of which a
copy was ever sent is `unknown`.

`floor` is the lowest n without an answer: whatever the log meets below it has no effect, so a copy
held by a server that sleeps cannot take effect a million commands later.

The broker also remembers how far into the log each client was shown, and asks for that
(`min_index`), so that a plain client reads its own writes from any server.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from coreto.journal.events import BrokerOpened, ServerLost
from coreto.machines.answers import error_data, reply_service
from coreto.machines.clock import ApplicationClock
from coreto.machines.deadlines import Deadlines
from coreto.machines.effects import Effect, Probe, ReplyTo, Report, Route, SendServer
from coreto.machines.framing import in_frames
from coreto.machines.lamport import Lamport
from coreto.machines.manners import Manners
from coreto.machines.requests import DEFINITE, FINAL, LOST_START
from coreto.machines.settings import Settings
from coreto.texts import Catalogue
from coreto.wire.backend import AnswerItem, Answers, BackendMessage, Open, Opened, Ready, Work, WorkItem
from coreto.wire.envelope import Incoming, read, write
from coreto.wire.log import BrokerKey

WRITES_OPEN_MAX = 4096
"""Writes without an answer; more are `overloaded`."""
SPREAD_MAX = 262_144
"""n - floor: budget times peak rate, times two."""
READS_OPEN_MAX = 16_384
"""Reads without an answer; more are `overloaded`."""
CLIENTS_MAX = 16_384
"""Clients whose last seen log index is remembered."""
OPEN_AGAIN = 0.3
"""Seconds after which the broker asks for its start again."""


class Server(msgspec.Struct):
    """A server as its last heartbeat told."""

    link: bytes
    ready: Ready
    heard_at: float


class Copy(msgspec.Struct):
    """One sending of a request to one life of a server."""

    number: int
    link: bytes
    incarnation: int
    lost: bool = False
    """Its server is gone or answered `unknown`: it may have been logged."""
    refused: bool = False
    """Its server answered that this copy was certainly not logged."""

    @property
    def waits(self) -> bool:
        """Whether an answer may still come."""
        return not (self.lost or self.refused)


class Pending(msgspec.Struct):
    """A client's request until it is answered."""

    number: int
    route: Route
    raw: bytes
    incoming: Incoming
    deadline: float
    copies: list[Copy] = []
    sent: int = 0
    """Copies that were ever made; they are numbered, because one answer may come twice."""
    start: int = 0
    """The start its key was made with: it never gets another, or it could take effect twice."""
    code: str = ""
    """The last definite refusal, and the reply that came with it."""
    body: bytes = b""


class Dispatch:
    """The broker's table of servers and requests."""

    def __init__(self, name: str, clock: ApplicationClock, settings: Settings, catalogue: Catalogue) -> None:
        self._name = name
        self._clock = clock
        self._settings = settings
        self._catalogue = catalogue
        self._lamport = Lamport()
        self._servers: dict[bytes, Server] = {}
        self._cluster = ""
        self._start = 0
        """Log index of our first command; no write leaves before it is known."""
        self._open_again = float("-inf")
        self._n = 0
        self._floor = 1
        self._writes: dict[int, Pending] = {}
        self._reads: dict[int, Pending] = {}
        self._read_number = 0
        self._unsent: dict[int, Pending] = {}
        """Requests of which no copy is on its way, by number."""
        self._deadlines: Deadlines[int] = Deadlines()
        self._seen: OrderedDict[bytes, int] = OrderedDict()
        self._seen_evicted = 0
        self._turn: dict[tuple[bytes, int], list[WorkItem]] = {}
        """By link, and by life of the server there."""
        self._frames = 0
        self._effects: list[Effect] = []
        self._manners: Manners[tuple[Route, Incoming]] = Manners(settings.client_rate)
        self._next_probe = float("-inf")
        self._next_server = 0
        self.started_at = 0.0

    # Coming in.

    def on_request(self, route: Route, raw: bytes, now: float) -> None:
        """Take on a client's request."""
        incoming = read(raw, wide=self._settings.wide)
        self._lamport.receive(incoming.clock)
        if not self._manners.admits(route[0], now):
            self._manners.refuse(route[0], (route, incoming), now)
        elif incoming.is_write and incoming.refusal is None:
            self._take_write(route, raw, incoming, now)
        else:
            self._take_read(route, raw, incoming, now)

    def refuse(self, route: Route, rule: str, fields: dict[str, object], now: float) -> None:
        """Answer something that is no request at all, such as a message of too many frames."""
        data = error_data("bad_request", rule, self._catalogue, **fields)
        self._effects.append(
            ReplyTo(route, self._reply(Incoming(read(b"", wide=self._settings.wide).shape), data, now))
        )

    def on_ready(self, link: bytes, message: Ready, now: float) -> None:
        """A server's heartbeat: a new life of it holds none of the copies its former life had."""
        self._lamport.receive(message.clock)
        known = self._servers.get(link)
        lives = [server for server in self._servers.values() if server.ready.replica == message.replica]
        if any(life.ready.incarnation > message.incarnation for life in lives):
            return
        for life in lives:
            if life.link != link:
                self._lose_server(life.link, "reconnected", now)
        self._servers[link] = Server(link, message, now)
        if known is not None and known.ready.incarnation != message.incarnation:
            self._lose_copies(link, message.incarnation, now)
        self._meet_cluster(message.cluster)
        self._open_if_needed(now)
        self._send_unsent(now)

    def on_opened(self, message: Opened, now: float) -> None:
        """The log holds our first command: its index is our start."""
        self._lamport.receive(message.clock)
        if not self._start and message.nonce == self._name:
            self._start = message.start
            self._effects.append(Report(BrokerOpened(role="broker", start=message.start)))
            self._send_unsent(now)

    def on_answers(self, link: bytes, message: Answers, now: float) -> None:
        """A server answered some copies; answers to a former life of this broker carry numbers of its own."""
        self._lamport.receive(message.clock)
        if message.broker != self._name:
            return
        for item in message.items:
            self._on_answer(link, item, now)
        self._send_unsent(now)

    def on_broken(self, link: bytes, now: float) -> None:
        """The link to a server is broken (a probe could not be routed)."""
        self._lose_server(link, "link_broken", now)
        self._send_unsent(now)

    def on_unsent(self, link: bytes, message: BackendMessage, now: float) -> None:
        """A message could not leave, because the link is broken: the copies in it never were."""
        for item in message.items if isinstance(message, Work) else ():
            request = self._find(item.number)
            copy = _copy_of(request, item, link) if request else None
            if request is not None and copy is not None:
                request.copies.remove(copy)
                self._unsent[request.number] = request
        self.on_broken(link, now)

    def on_disconnected(self, now: float) -> None:
        """Some link broke; the probes will tell which."""
        self._next_probe = now

    def tick(self, now: float) -> None:
        """Judge every timer; call it after the input of a turn is drained."""
        for server in list(self._servers.values()):
            if now - server.heard_at > self._settings.broker_silent:
                self._lose_server(server.link, "silence", now)
        for number in self._deadlines.due(now):
            request = self._find(number)
            if request is not None:
                self._on_timer(request, now)
        if now >= self._next_probe:
            self._next_probe = now + self._settings.heartbeat
            self._effects.extend(Probe(link) for link in self._holders())
        for route, incoming in self._manners.due(now):
            self._refuse_now(route, incoming, "overloaded", now)
        self._open_if_needed(now)
        self._send_unsent(now)

    def deadline(self) -> float:
        """Return the moment at which `tick` has something to do."""
        busy = bool(self._writes or self._reads or self._servers)
        return min(self._deadlines.next(), self._manners.deadline(), self._next_probe if busy else float("inf"))

    def flush(self, now: float) -> list[Effect]:
        """Return what is to be done for the turn: work first, in one frame per server."""
        turn, self._turn = self._turn, {}
        for (link, incarnation), items in turn.items():
            for part in in_frames(items, lambda item: len(item.raw)):
                self._frames += 1
                work = Work(
                    broker=self._name,
                    number=self._frames,
                    incarnation=incarnation,
                    items=tuple(part),
                    clock=self._lamport.send(),
                    timestamp=self._clock.read(now),
                )
                self._effects.append(SendServer(link, work))
        effects, self._effects = self._effects, []
        return effects

    @property
    def lamport(self) -> int:
        """What the Lamport clock reads."""
        return self._lamport.value

    def status(self, now: float) -> dict[str, Any]:
        """Return what a person may want to know of the broker."""
        return {
            "role": "broker",
            "servers": sorted(server.ready.name for server in self._servers.values()),
            "start": self._start,
            "open_writes": len(self._writes),
            "open_reads": len(self._reads),
            "uptime": now - self.started_at,
        }

    # Requests.

    def _take_write(self, route: Route, raw: bytes, incoming: Incoming, now: float) -> None:
        if len(self._writes) >= WRITES_OPEN_MAX or self._n + 1 - self._floor >= SPREAD_MAX:
            self._refuse_now(route, incoming, "overloaded", now)
            return
        self._n += 1
        request = self._request(self._n, route, raw, incoming, now)
        self._writes[self._n] = request
        self._unsent[self._n] = request
        self._try_to_send(request, now)

    def _take_read(self, route: Route, raw: bytes, incoming: Incoming, now: float) -> None:
        if len(self._reads) >= READS_OPEN_MAX:
            self._refuse_now(route, incoming, "overloaded", now)
            return
        self._read_number -= 1
        request = self._request(self._read_number, route, raw, incoming, now)
        self._reads[self._read_number] = request
        self._unsent[self._read_number] = request
        self._try_to_send(request, now)

    def _request(self, number: int, route: Route, raw: bytes, incoming: Incoming, now: float) -> Pending:
        request = Pending(number, route, raw, incoming, now + self._settings.broker_budget, [])
        self._deadlines.add(self._next_timer(request, now), number)
        return request

    def _find(self, number: int) -> Pending | None:
        return self._writes.get(number) if number > 0 else self._reads.get(number)

    def _on_answer(self, link: bytes, item: AnswerItem, now: float) -> None:
        request = self._find(item.number)
        if request is None:
            return
        # What breaks a rule breaks it everywhere, and is never taken for a write.
        if item.code in FINAL or (item.code == "bad_request" and (request.number < 0 or len(request.copies) == 1)):
            self._finish(request, item.body, item.index)
            return
        copy = _copy_of(request, item, link)
        if copy is None:
            return
        if item.code == LOST_START and request.start == self._start:
            self._start = 0
        if item.code in DEFINITE:
            copy.refused = True
            request.code, request.body = item.code, item.body
        else:
            copy.lost = True
        self._after_loss(request, item.code in ("overloaded", "bad_request"), now)

    def _after_loss(self, request: Pending, settled: bool, now: float) -> None:
        """A copy came to nothing: send another, or answer when there is nothing left to wait for."""
        if any(copy.waits for copy in request.copies):
            return
        if not settled and self._may_copy(request, now):
            self._unsent[request.number] = request
        elif all(copy.refused for copy in request.copies) and request.copies:
            self._finish(request, request.body, 0)
        elif request.number < 0:
            self._fail(request, request.code or "no_coordinator", now)

    def _may_copy(self, request: Pending, now: float) -> bool:
        left = request.deadline - now
        return len(request.copies) < self._settings.copies_max and left >= self._settings.copy_left_min

    def _on_timer(self, request: Pending, now: float) -> None:
        if now >= request.deadline:
            self._end_budget(request, now)
            return
        self._deadlines.add(self._next_timer(request, now), request.number)
        if request.copies and self._may_copy(request, now):
            self._unsent[request.number] = request

    def _next_timer(self, request: Pending, now: float) -> float:
        """Return when the next timer of a request runs out; one at a time, as most are answered before the first."""
        began = request.deadline - self._settings.broker_budget
        moments = (*(began + after for after in self._settings.copy_after), request.deadline)
        return min((moment for moment in moments if moment > now), default=request.deadline)

    def _end_budget(self, request: Pending, now: float) -> None:
        if request.number < 0 or all(copy.refused for copy in request.copies):
            self._fail(request, request.code or "no_coordinator", now)
        else:
            self._fail(request, "unknown", now)

    def _finish(self, request: Pending, body: bytes, index: int) -> None:
        self._forget(request)
        self._remember_seen(request.route, index)
        self._effects.append(ReplyTo(request.route, body))

    def _fail(self, request: Pending, code: str, now: float) -> None:
        self._forget(request)
        data = error_data(code, code, self._catalogue)
        self._effects.append(ReplyTo(request.route, self._reply(request.incoming, data, now)))

    def _refuse_now(self, route: Route, incoming: Incoming, code: str, now: float) -> None:
        data = error_data(code, code, self._catalogue)
        self._effects.append(ReplyTo(route, self._reply(incoming, data, now)))

    def _reply(self, incoming: Incoming, data: dict[str, Any], now: float) -> bytes:
        service = reply_service(incoming)
        return write(incoming.shape, service, data, self._lamport.send(), self._clock.read(now))

    def _forget(self, request: Pending) -> None:
        self._unsent.pop(request.number, None)
        if request.number < 0:
            del self._reads[request.number]
            return
        del self._writes[request.number]
        while self._floor <= self._n and self._floor not in self._writes:
            self._floor += 1

    # Sending.

    def _send_unsent(self, now: float) -> None:
        if self._servers and self._unsent:
            for request in list(self._unsent.values()):
                self._try_to_send(request, now)

    def _try_to_send(self, request: Pending, now: float) -> None:
        if request.copies and not self._may_copy(request, now):
            del self._unsent[request.number]
            return
        target = self._target(request)
        if target is not None:
            self._send_copy(request, target, now)

    def _target(self, request: Pending) -> Server | None:
        if request.number > 0:
            return self._coordinator() or self._any(request, 0) if self._start or request.start else None
        return self._any(request, self._seen_by(request.route))

    def _coordinator(self) -> Server | None:
        claims = [s for s in self._servers.values() if s.ready.role == "coordinator"]
        return max(claims, key=lambda server: server.ready.epoch, default=None)

    def _any(self, request: Pending, min_index: int) -> Server | None:
        """Return a server in turn: not tried yet, following the newest coordinator, far enough, if there is one."""
        if not self._servers:
            return None
        self._next_server += 1
        servers = list(self._servers.values())
        at = self._next_server % len(servers)
        servers = servers[at:] + servers[:at]
        tried = {copy.link for copy in request.copies}
        newest = max(server.ready.epoch for server in servers)
        return min(servers, key=lambda s: (s.link in tried, s.ready.epoch < newest, s.ready.applied < min_index))

    def _send_copy(self, request: Pending, server: Server, now: float) -> None:
        del self._unsent[request.number]
        request.sent += 1
        request.copies.append(Copy(request.sent, server.link, server.ready.incarnation))
        request.start = request.start or self._start
        key = BrokerKey(request.start, request.number, self._floor) if request.number > 0 else None
        left = max(0, int((request.deadline - now) * 1000))
        item = WorkItem(request.number, key, left, self._seen_by(request.route), request.raw, request.sent)
        self._turn.setdefault((server.link, server.ready.incarnation), []).append(item)

    def _open_if_needed(self, now: float) -> None:
        """Ask the coordinator to log our first command; its index is our start."""
        if self._start or now < self._open_again:
            return
        coordinator = self._coordinator()
        if coordinator is None:
            return
        self._open_again = now + OPEN_AGAIN
        message = Open(nonce=self._name, clock=self._lamport.send(), timestamp=self._clock.read(now))
        self._effects.append(SendServer(coordinator.link, message))

    # Servers.

    def _meet_cluster(self, cluster: str) -> None:
        """Keys and indexes mean nothing to another cluster: begin anew when we serve a new one."""
        if cluster != self._cluster:
            self._cluster = cluster
            self._start = 0
            self._seen.clear()
            self._seen_evicted = 0

    def _lose_server(self, link: bytes, reason: str, now: float) -> None:
        server = self._servers.pop(link, None)
        if server is not None:
            self._effects.append(Report(ServerLost(role="broker", name=server.ready.name, reason=reason)))
            self._lose_copies(link, -1, now)

    def _lose_copies(self, link: bytes, incarnation: int, now: float) -> None:
        """The copies that another life of this server holds come to nothing, as far as we will hear."""
        for request in self._requests():
            lost = [c for c in request.copies if c.link == link and c.incarnation != incarnation and c.waits]
            for copy in lost:
                copy.lost = True
            if lost:
                self._after_loss(request, False, now)

    def _holders(self) -> list[bytes]:
        held = {copy.link for request in self._requests() for copy in request.copies if copy.waits}
        return sorted(link for link in held if link in self._servers)

    def _requests(self) -> list[Pending]:
        return [*self._writes.values(), *self._reads.values()]

    # What clients have seen.

    def _seen_by(self, route: Route) -> int:
        return self._seen.get(route[0], self._seen_evicted) if route else 0

    def _remember_seen(self, route: Route, index: int) -> None:
        if not route or index <= self._seen_by(route):
            return
        self._seen[route[0]] = index
        self._seen.move_to_end(route[0])
        if len(self._seen) > CLIENTS_MAX:
            _, evicted = self._seen.popitem(last=False)
            self._seen_evicted = max(self._seen_evicted, evicted)


def _copy_of(request: Pending, item: WorkItem | AnswerItem, link: bytes) -> Copy | None:
    """Return the copy over this link that the item is about, if an answer to it is waited for."""
    return next((c for c in request.copies if c.number == item.copy and c.link == link and c.waits), None)
