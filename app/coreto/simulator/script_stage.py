"""A stage: servers, lines, disks and clients of which nothing moves by itself.

Theory of operation. The machines are the real ones. What they send waits in `Links`, what they
write waits at their disk, and their timers ring only while the script lets time pass. A script can
so put the world into the one order of events that a rule exists for, which chance finds once in a
million runs or never. The checkers of the simulator watch every step.

Some hops are not worth a command and happen at once: a client's request arrives where it is sent,
an answer arrives at its client, and a new life and those that know it greet each other (HELLO) as
soon as everybody who was to start has started.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import msgspec

from coreto.machines.effects import Route
from coreto.machines.replica import Role
from coreto.machines.settings import DEFAULTS, Settings
from coreto.simulator.checkers import Checkers
from coreto.simulator.disk import Disk
from coreto.simulator.lines import Listener
from coreto.simulator.network import Network
from coreto.simulator.profile import Profile
from coreto.simulator.script_broker import BROKER, REFERENCE, StageBroker, StageReference
from coreto.simulator.script_clients import Clients
from coreto.simulator.script_links import Links, Waiting
from coreto.simulator.script_server import Asked, Ranked, StageServer
from coreto.simulator.script_text import REPLICA_PREFIX, kind_of, message_text, publication_text
from coreto.simulator.world import World
from coreto.wire.backend import BackendMessage
from coreto.wire.envelope import write_request
from coreto.wire.log import Config, Voter
from coreto.wire.peer import AnyPeerMessage, Hello, HelloAnswer, PeerMessage
from coreto.wire.services import Request

FLOW_STEP = 0.01
"""Seconds between two deliveries while everything flows."""
FLOW_ROUNDS_MAX = 1000
"""Deliveries at one moment: more mean that messages cause each other without end."""
LIVES_MAX = 1 << 20
"""Lives on one stage."""
QUIET_KINDS = frozenset({"ready", "clock_ask", "clock_tell", "clock_adjust"})
"""Messages that come again and again and are not shown."""
CALM = Profile(
    delay_low=0.0, delay_high=0.0, loss=0.0, duplication=0.0, straggle=0.0, sync_low=0.0, sync_high=0.0, crash_rate=0.0,
    crash_coordinator=0.0, down_high=0.0, partition_rate=0.0, one_way=0.0, partition_high=0.0, pause_rate=0.0,
    disk_failure_rate=0.0, broker_crash_rate=0.0, reference_crash_rate=0.0, churn_rate=0.0, publication_loss=0.0,
    hints=0.0, keep=0.0,
)  # fmt: skip
"""No fault happens by chance."""


class Midpoint(random.Random):
    """Draws the middle of every range: a script knows no chance."""

    def random(self) -> float:
        """Return one half."""
        return 0.5


class Life(Midpoint):
    """As `Midpoint`, but for the first draw, by which a life is told from others."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._first = number / LIVES_MAX

    def random(self) -> float:
        """Return one half, the first time a number of its own."""
        drawn, self._first = self._first, 0.5
        return drawn


class StillWorld(World):
    """Virtual time without chance."""

    def stream(self, purpose: str) -> random.Random:
        """Return a generator that draws the middle."""
        return Midpoint()


class Stage:
    """Everything one script plays with."""

    def __init__(self, settings: Settings = DEFAULTS) -> None:
        self.world: World = StillWorld(0)
        self.profile = CALM
        self.network = Network(self.world, CALM)
        self.settings = settings
        self.checkers = Checkers(self.world, Config(()))
        self.judges: list[Checkers] = []
        self.links = Links()
        self.servers: dict[str, StageServer] = {}
        self.broker: StageBroker | None = None
        self.reference: StageReference | None = None
        self.clients = Clients(self)
        self._listeners: dict[bytes, Listener] = {}
        self._disks: dict[str, int] = {}
        """Folders each name has had."""
        self._ranked = False
        self._lines: dict[str, int] = {}
        self._flowing = False
        self._lives = 0
        self._greetings: list[tuple[str, str, AnyPeerMessage]] = []

    # Setting up.

    def add_cluster(self, cluster: str, names: list[str], ranks: dict[str, int]) -> None:
        """Put the servers of one cluster on the stage; they begin to live with `start`."""
        genesis = Config(tuple(Voter(REPLICA_PREFIX + name, name) for name in names))
        self.checkers = Checkers(self.world, genesis)
        self.judges.append(self.checkers)
        self._ranked = bool(ranks)
        for name in names:
            self._put_server(self.blank_disk(name, cluster, genesis), ranks.get(name, 0))

    def add_server(self, name: str) -> StageServer:
        """Put one more server on the stage, with a blank folder and the next rank."""
        first = next(iter(self.servers.values())).disk
        disk = self.blank_disk(name, first.cluster, first.genesis)
        return self._put_server(disk, len(self.servers) + 1 if self._ranked else 0)

    def blank_disk(self, name: str, cluster: str, genesis: Config) -> Disk:
        """Return the folder of a new replica; the second of a name is `r-s1-2`."""
        self._disks[name] = count = self._disks.get(name, 0) + 1
        return Disk(name, REPLICA_PREFIX + name + (f"-{count}" if count > 1 else ""), cluster, genesis)

    def _put_server(self, disk: Disk, rank: int) -> StageServer:
        if rank:
            disk.meta["rank"] = (rank,)
        server = self.servers[disk.name] = StageServer(self, self.world, disk, self.checkers, self.settings)
        return server

    def add_broker(self) -> None:
        """Put a broker on the stage."""
        self.broker = StageBroker(self, self.world, self.settings)

    def add_reference(self) -> None:
        """Put a reference on the stage, which gives ranks in the order it is asked."""
        self.reference = StageReference(self, self.world, self.settings)

    def start(self) -> None:
        """Let every server begin to live; their first calls wait in the links."""
        with self.unseen():
            for server in self.servers.values():
                server.start()
            self.greet()

    def draw_life(self) -> random.Random:
        """Return the chance of a new life."""
        self._lives += 1
        return Life(self._lives)

    def coordinators(self) -> list[str]:
        """Return who coordinates and is not stopped."""
        nodes = [server.node for server in self.servers.values() if server.node is not None and not server.paused]
        return [node.identity.name for node in nodes if node.replica.role is Role.COORDINATOR]

    @property
    def places(self) -> set[str]:
        """Everything that messages go between."""
        return {*self.servers, BROKER, REFERENCE, *self.clients.subscribers}

    # What is shown.

    def say(self, line: str) -> None:
        """Show a line of output."""
        self._lines[line] = self._lines.get(line, 0) + 1

    def detail(self, line: str) -> None:
        """Show a line, unless everything flows and there are too many."""
        if not self._flowing:
            self.say(line)

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Do the block without details."""
        self._flowing = True
        yield
        self._flowing = False

    def take_output(self) -> list[str]:
        """Return what was shown since the last time; what happened several times is one line."""
        lines, self._lines = self._lines, {}
        return [line if count == 1 else f"{line} (x{count})" for line, count in lines.items()]

    # Moving.

    def deliver(self, item: Waiting) -> None:
        """Let one message arrive, or be lost where the network is cut or nobody is."""
        self.links.take(item)
        if self.network.is_cut(item.source, item.target):
            self.detail(f"{item.source} -> {item.target} is cut: {item.text} is lost")
            return
        target = self.servers.get(item.target)
        if target is not None and not target.is_up:
            self.detail(f"{item.target} is down: {item.text} from {item.source} is lost")
            return
        if not item.quiet:
            self.detail(f"{item.target} gets {item.text} from {item.source}")
        item.arrive()

    def flow(self) -> None:
        """Let everything arrive and be synced until the world is at rest; no time passes."""
        for _ in range(FLOW_ROUNDS_MAX):
            moved = self.links.flowing()
            for item in moved:
                self.deliver(item)
            syncing = [server for server in self.servers.values() if server.sync_due(self.world.now)]
            for server in syncing:
                server.sync()
            if not moved and not syncing:
                return
        raise AssertionError("the messages of this moment cause each other without end")

    def tick(self, seconds: float) -> None:
        """Let time pass: timers ring, nothing arrives."""
        self.world.run_until(self.world.now + seconds)
        self.clients.report()

    def run(self, seconds: float) -> None:
        """Let time pass while everything flows that is not held."""
        until = self.world.now + seconds
        with self.unseen():
            self.flow()
            while self.world.now < until:
                self.world.run_until(min(until, self.world.now + FLOW_STEP))
                self.flow()
        self.clients.report()

    # The lines between the actors.

    def send_peer(self, source: str, target: str, message: PeerMessage) -> None:
        """Have a message wait on the line to whoever lives at the place `target`; a greeting hardly waits."""
        if isinstance(message, Hello | HelloAnswer):
            self._greetings.append((source, target, message))
            self.world.at(self.world.now, self.greet)
        else:
            self._send(source, target, message, lambda: self.servers[target].receive(message))

    def greet(self) -> None:
        """Let lives that began greet each other: this hop is not worth a command either."""
        for _ in range(FLOW_ROUNDS_MAX):
            greetings, self._greetings = self._greetings, []
            for source, target, message in greetings:
                if not self.network.is_cut(source, target):
                    self.servers[target].receive(message)
            if not greetings:
                return
        raise AssertionError("the greetings of this moment cause each other without end")

    def send_broker(self, source: str, message: BackendMessage) -> None:
        """Have a message of a server wait on the line to the broker."""
        broker, link = self.broker, self.servers[source].link
        if broker is not None:
            self._send(source, BROKER, message, lambda: broker.on_message(link, message))

    def send_server(self, link: bytes, message: BackendMessage) -> None:
        """Have a message of the broker wait on one of its connections; it is lost if the server dies."""
        name = link.decode().partition("/")[0]
        self._send(BROKER, name, message, lambda: self._arrive(link, message))

    def _arrive(self, link: bytes, message: BackendMessage) -> None:
        server = self.server_at(link)
        if server is not None:
            server.receive(message)

    def server_at(self, link: bytes) -> StageServer | None:
        """Return the server whose present life has this connection."""
        return next((s for s in self.servers.values() if s.link == link and s.node is not None), None)

    def _send(self, source: str, target: str, message: msgspec.Struct, arrive: Callable[[], None]) -> None:
        kind, text = kind_of(message), message_text(message)
        if kind not in QUIET_KINDS:
            self.detail(f"{source} sends {target} {text}")
        self.links.put(Waiting(source, target, kind, text, arrive, kind in QUIET_KINDS))

    def ask_reference(self, source: str, request: Request) -> None:
        """Have a request wait on the line to the reference."""
        reference = self.reference
        if reference is None:
            return
        fields = {key: getattr(request, key) for key in request.__struct_fields__}
        raw = write_request(kind_of(request), fields, 1, self.world.now)
        item = Waiting(
            source, REFERENCE, kind_of(request), kind_of(request), lambda: reference.on_request(source, raw), True
        )
        self.links.put(item)

    def tell_rank(self, source: str, target: str, rank: int) -> None:
        """Have a rank wait on the line to its server."""
        arrive = self.servers[target].receive
        self.links.put(Waiting(source, target, "rank", "rank", lambda: arrive(Ranked(rank)), True))

    def publish_from(self, source: str, topic: bytes, body: bytes) -> None:
        """Have a publication wait on the line to every subscriber."""
        text = publication_text(topic, body)
        for name, subscriber in self.clients.subscribers.items():
            self.detail(f"{source} publishes {text}")
            arrive = subscriber.on_publication
            kind = text.partition(" ")[0]
            self.links.put(Waiting(source, name, kind, text, partial(arrive, topic, body), False))

    def publish(self, topic: bytes, body: bytes) -> None:
        """Carry a publication of nobody in particular."""
        self.publish_from("", topic, body)

    def broken(self, source: str) -> None:
        """A server crashed: who notices is for the script to say (`disconnect`)."""

    # Clients.

    def request(self, route: Route, raw: bytes) -> None:
        """Give a client's request to the port its client chose; it is lost if nobody is there."""
        port = self.clients.port
        if port in self.servers:
            self.servers[port].receive(Asked(route, raw))
        elif self.broker is not None:
            self.broker.on_request(route, raw)

    def answer(self, route: Route, body: bytes) -> None:
        """Give an answer to its client."""
        listener = self._listeners.get(route[0])
        if listener is not None:
            listener.on_answer(route, body)
            self.clients.report()

    def join(self, name: str, listener: Listener) -> None:
        """Answers to `name` go to `listener`."""
        self._listeners[name.encode()] = listener

    def crash_broker(self) -> None:
        """Kill the broker: its clients notice."""
        assert self.broker is not None
        self.broker.crash()
        for listener in self._listeners.values():
            listener.on_broken()
