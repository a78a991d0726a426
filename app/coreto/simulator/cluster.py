"""The whole virtual system: servers, broker, reference, clients and subscribers, and the lines between them."""

from __future__ import annotations

from functools import partial

import msgspec

from coreto.machines.clock import ApplicationClock
from coreto.machines.dispatch import Dispatch
from coreto.machines.effects import Probe, ReplyTo, Report, Route, SendServer
from coreto.machines.registry import Registry
from coreto.machines.settings import DEFAULTS
from coreto.simulator.checkers import Checkers
from coreto.simulator.clients import Subscriber
from coreto.simulator.disk import Disk
from coreto.simulator.lines import Listener
from coreto.simulator.network import Network
from coreto.simulator.profile import Profile, draw_profile
from coreto.simulator.servers import SimServer
from coreto.simulator.world import World
from coreto.texts import Catalogue
from coreto.wire.backend import Answers, BackendMessage, Opened, Ready, Work
from coreto.wire.envelope import read_reply, write_request
from coreto.wire.log import Config, Voter
from coreto.wire.peer import PeerMessage
from coreto.wire.services import Request

BROKER, REFERENCE = "broker", "reference"
HINT_DELAY = 0.05
"""Seconds after which a broken link is noticed, when it is."""


class SimCluster:
    """Everything of one run; the actors call it to reach each other."""

    def __init__(self, seed: int, servers: int, without: tuple[str, ...] = (), profile: Profile | None = None) -> None:
        """`without`: fields of the profile that are nothing in this run; `profile`: instead of the seed's own."""
        self.world = World(seed)
        drawn = profile or draw_profile(self.world.stream("profile"))
        self.profile: Profile = msgspec.structs.replace(drawn, **dict.fromkeys(without, 0.0))
        self.network = Network(self.world, self.profile)
        self._random = self.world.stream("cluster")
        self.born = servers
        """Servers at the beginning."""
        self._disks_made = 0
        names = [f"s{number}" for number in range(1, servers + 1)]
        self._genesis = Config(tuple(Voter(f"r-{name}", name) for name in names))
        self.checkers = Checkers(self.world, self._genesis)
        self.servers = [SimServer(self, self._disk(name, f"r-{name}")) for name in names]
        self._by_name = {server.name: server for server in self.servers}
        self._broker_life = 0
        self._copied: set[tuple[str, int]] = set()
        self.resent = 0
        """Copies of requests behind the first of each."""
        self._broker_down_until = 0.0
        self._broker = self._new_broker()
        self._broker_planned = False
        self._broker_timer = 0
        self._reference = self._new_reference({})
        self._reference_down_until = 0.0
        self._listeners: dict[bytes, Listener] = {}
        self.subscribers: list[Subscriber] = []

    def start(self) -> None:
        """Start every server, lowest rank first, so that ranks are in order of name."""
        for place, server in enumerate(self.servers):
            self.world.after(0.01 * place, server.start)

    def server(self, name: str) -> SimServer:
        """Return the server of this name."""
        return self._by_name[name]

    def add_server(self) -> SimServer:
        """Give birth to one more server of this cluster, which will have to learn the log."""
        name = f"s{len(self.servers) + 1}"
        server = SimServer(self, self._disk(name, f"r-{name}"))
        self.servers.append(server)
        self._by_name[name] = server
        return server

    def new_disk(self, server: SimServer) -> None:
        """The disk of a server is gone; it comes back under its name as a new replica (M5)."""
        self._disks_made += 1
        server.disk = self._disk(server.name, f"r-{server.name}-{self._disks_made}")

    def _disk(self, name: str, replica: str) -> Disk:
        return self.checkers.watch(Disk(name, replica, "sim", self._genesis))

    # Between servers.

    def send_peer(self, source: str, to: str, message: PeerMessage) -> None:
        """Carry a message from one server to another."""
        target, node = self._by_name[to], self._by_name[source].node
        if node is not None:
            self.checkers.sent(node, message)
        self.network.send(source, to, partial(target.receive, message))

    def broken(self, source: str) -> None:
        """A server crashed: its links break, and most of those at the other end notice."""
        for peer in self.servers:
            if peer.name != source and self._random.random() < self.profile.hints:
                self._hint(peer, self._by_name[source])

    def _hint(self, peer: SimServer, gone: SimServer) -> None:
        self.world.after(HINT_DELAY, lambda: peer.receive(gone.disk.replica))

    # The reference.

    def ask_reference(self, source: str, request: Request) -> None:
        """Carry a request to the reference and its answer back."""
        fields = {key: getattr(request, key) for key in request.__struct_fields__}
        raw = write_request(str(request.__struct_config__.tag), fields, 1, self.world.now)
        self.network.send(source, REFERENCE, lambda: self._at_reference(self._by_name[source], raw))

    def _new_reference(self, ranks: dict[str, tuple[int, str]]) -> Registry:
        return Registry(ranks, {}, ApplicationClock(1_700_000_000), DEFAULTS, Catalogue("en"))

    def crash_reference(self, seconds: float, *, forgets: bool) -> None:
        """Kill the reference and start it again after some seconds, with its memory or with none."""
        ranks = {} if forgets else {s.name: (s.rank, s.address) for s in self._reference.live(float("-inf"))}
        self._reference = self._new_reference(ranks)
        self._reference_down_until = self.world.now + seconds

    def _at_reference(self, server: SimServer, raw: bytes) -> None:
        if self.world.now < self._reference_down_until:
            return
        self._reference.on_request((server.name.encode(),), raw, self.world.now)
        for effect in self._reference.flush(self.world.now):
            if isinstance(effect, ReplyTo):
                rank = int(read_reply(effect.body)[1].get("rank", 0))
                self._tell_rank(server, rank)

    def _tell_rank(self, server: SimServer, rank: int) -> None:
        self.network.send(REFERENCE, server.name, lambda: server.receive(rank))

    # The broker.

    def _new_broker(self) -> Dispatch:
        self._broker_life += 1
        clock = ApplicationClock(1_700_000_000)
        return Dispatch(f"b{self._broker_life}", clock, DEFAULTS, Catalogue("en"))

    def crash_broker(self, seconds: float) -> None:
        """Kill the broker, which remembers nothing, and start it again after some seconds."""
        self._broker = self._new_broker()
        self._broker_down_until = self.world.now + seconds
        for listener in self._listeners.values():
            listener.on_broken()

    def send_broker(self, source: str, message: BackendMessage) -> None:
        """Carry a message from a server to the broker."""
        link = self._by_name[source].link
        self.checkers.answered(source, message)
        self.network.send(source, BROKER, partial(self._at_broker, link, message))

    def request(self, route: Route, raw: bytes) -> None:
        """Carry a client's request to the broker; this line loses nothing while the broker lives."""
        self.network.send_surely(lambda: self._request_at_broker(route, raw))

    def _request_at_broker(self, route: Route, raw: bytes) -> None:
        if self.world.now < self._broker_down_until:
            self.world.at(self._broker_down_until, lambda: self._request_at_broker(route, raw))
            return
        self._broker.on_request(route, raw, self.world.now)
        self._plan_broker()

    def _at_broker(self, link: bytes, message: BackendMessage) -> None:
        now = self.world.now
        if now < self._broker_down_until:
            return
        match message:
            case Ready():
                self._broker.on_ready(link, message, now)
            case Answers():
                self._broker.on_answers(link, message, now)
            case Opened():
                self._broker.on_opened(message, now)
        self._plan_broker()

    def _plan_broker(self) -> None:
        if not self._broker_planned:
            self._broker_planned = True
            self.world.after(0.0, self._broker_turn)

    def _broker_turn(self) -> None:
        self._broker_planned = False
        self._broker.tick(self.world.now)
        for effect in self._broker.flush(self.world.now):
            match effect:
                case SendServer(link, message):
                    self._to_server(link, message)
                case ReplyTo(route, body):
                    self._to_client(route, body)
                case Probe(link):
                    self._probe(link)
                case Report():
                    pass
        self._broker_timer += 1
        self.world.at(self._broker.deadline(), partial(self._on_broker_timer, self._broker_timer))

    def _on_broker_timer(self, timer: int) -> None:
        if timer == self._broker_timer:
            self._plan_broker()

    def _server_of(self, link: bytes) -> SimServer | None:
        return next((s for s in self.servers if s.link == link and s.node is not None), None)

    def _count_copies(self, work: Work) -> None:
        for item in work.items:
            self.resent += (work.broker, item.number) in self._copied
            self._copied.add((work.broker, item.number))

    def _to_server(self, link: bytes, message: BackendMessage) -> None:
        if isinstance(message, Work):
            self._count_copies(message)
        server = self._server_of(link)
        if server is not None:
            self.network.send(BROKER, server.name, partial(self._arrive, link, message))
        elif self._random.random() < self.profile.hints:
            self._broker.on_unsent(link, message, self.world.now)
            self._plan_broker()

    def _arrive(self, link: bytes, message: BackendMessage) -> None:
        server = self._server_of(link)
        if server is not None:
            server.receive(message)

    def _probe(self, link: bytes) -> None:
        if self._server_of(link) is None and self._random.random() < self.profile.hints:
            self._broker.on_broken(link, self.world.now)
            self._plan_broker()

    # Clients and subscribers.

    def join(self, name: str, listener: Listener) -> None:
        """Answers to `name` go to `listener`."""
        self._listeners[name.encode()] = listener

    def _to_client(self, route: Route, body: bytes) -> None:
        listener = self._listeners.get(route[0])
        if listener is not None:
            self.network.send_surely(lambda: listener.on_answer(route, body))

    def publish(self, topic: bytes, body: bytes) -> None:
        """Carry a publication to every subscriber; PUB/SUB may lose it."""
        self.checkers.published(topic, body)
        for subscriber in self.subscribers:
            if self.network.calm or self._random.random() >= self.profile.publication_loss:
                self.network.send_surely(partial(subscriber.on_publication, topic, body))
