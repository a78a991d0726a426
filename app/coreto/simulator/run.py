"""One run: a seed, a number of servers, twenty seconds of faults, then calm in which everything must finish.

First phase, safety: anything may fail, nothing may be wrong. Second phase, liveness: everybody is
up and the network whole; within a bound there must be one coordinator, every server at its commit,
a new write done, and every subscriber complete (replication.md §13).
"""

from __future__ import annotations

from collections import Counter, deque

import msgspec

from coreto.machines.node import Node
from coreto.machines.replica import Role
from coreto.simulator.checkers import ViolationError
from coreto.simulator.clients import CHANNELS, USERS, Operation, PlainClient, SessionClient, Subscriber
from coreto.simulator.clocks import ASTRAY_MAX, Skews, astray, bound, spread
from coreto.simulator.cluster import SimCluster
from coreto.simulator.faults import WHOLE, Faults, Variant
from coreto.simulator.world import StormError
from coreto.wire.log import Command
from coreto.wire.services import WRITES

FAULTS_SECONDS = 20.0
"""Virtual seconds of the first phase."""
OPERATIONS_MIN = 200
"""The first phase goes on until clients have asked this often …"""
FAULTS_SECONDS_MAX = 300.0
"""… or this moment, when hardly anybody is answered."""
EXTENSION = 2.0
CALM_SECONDS = 25.0
"""Virtual seconds in which everything must finish: a client's deadline and some elections."""
SETTLE_MAX, SETTLE_STEP = 10.0, 0.5
"""How long a handover by rank that happens just then may take until everybody knows it, and how often that is asked."""
PLAIN_ANSWER_MAX = 5.0
"""Seconds within which a plain client must have its answer while the broker lives."""
DEFINITE_FAILURES = frozenset({"no_quorum", "no_coordinator", "overloaded", "bad_request"})
HANDOVER_MAX = 700.0
"""Virtual seconds within which the highest rank coordinates: the longest back-off, which begins again when
others of higher rank than the coordinator take over first."""
HANDOVER_STEP = 5.0
COPIES_MAX, ENTRIES_PER_COORDINATOR, ENTRIES_FREE = 3, 4, 200
"""Log entries that may come of one operation, of one coordinator, and of brokers that open."""
SETUP = 0.5
"""Seconds until the first request: the cluster is forming then."""
ROWS_MAX = 1_000_000
"""More messages than any run makes."""


class Report(msgspec.Struct):
    """What one run did, and the violation that ended it, if one did."""

    seed: int
    servers: int
    violation: str = ""
    operations: int = 0
    codes: dict[str, int] = {}
    faults: dict[str, int] = {}
    commits: int = 0
    coordinators: int = 0
    acknowledged: int = 0
    shown: int = 0
    reads: int = 0
    """Answered reads of clients."""
    resent: int = 0
    """Requests that were sent once more, by a client or by the broker, each time counted."""
    events: int = 0
    virtual: float = 0.0


def run(seed: int, servers: int, variant: Variant = WHOLE) -> Report:
    """Run one seed and return what happened; never raises for a violation."""
    report = Report(seed, servers)
    simulation = Simulation(seed, servers, variant)
    report.violation = simulation.violation()
    simulation.describe(report)
    return report


class Simulation:
    """A cluster, its clients and its faults, through both phases."""

    def __init__(self, seed: int, servers: int, variant: Variant = WHOLE) -> None:
        self.cluster = SimCluster(seed, servers, variant.without)
        self.faults = Faults(self.cluster, variant)
        self.skews = Skews(self.cluster)
        self.plain = [PlainClient(self.cluster, f"p{number}") for number in range(3)]
        self.sessions = [SessionClient(self.cluster, f"c{number}", window) for number, window in enumerate((1, 4))]
        topics = dict.fromkeys(CHANNELS, False) | dict.fromkeys(USERS, True)
        self.subscribers: list[Subscriber] = []
        self._topics = topics

    def violation(self) -> str:
        """Run, and return what was violated in words, empty when nothing was."""
        try:
            self.run()
        except (ViolationError, StormError) as error:
            return str(error)
        except AssertionError as error:
            return f"assertion at {self.cluster.world.now:.4f} s: {error!r}"
        return ""

    def run(self) -> None:
        """Run both phases and judge; raise `ViolationError` when something is wrong."""
        world = self.cluster.world
        self.cluster.start()
        world.after(SETUP, self._set_up)
        world.after(SETUP, self.faults.start)
        world.after(SETUP, self.skews.start)
        world.run_until(1.0 + FAULTS_SECONDS)
        while len(self.operations()) < OPERATIONS_MIN and world.now < FAULTS_SECONDS_MAX:
            world.run_until(world.now + EXTENSION)
        self.faults.calm()
        self.skews.calm()
        calm = world.now
        for client in self._clients():
            client.stopped = True
        world.run_until(calm + CALM_SECONDS - 8)
        last = PlainClient(self.cluster, "last")
        last.stopped = True
        last.ask("login", {"user": "zeca"})
        world.run_until(calm + CALM_SECONDS)
        self._wait_settled()
        self._judge(last)
        self._wait_for_highest_rank()

    def describe(self, report: Report) -> None:
        """Fill in the figures."""
        operations = self.operations()
        report.operations = len(operations)
        report.codes = dict(Counter(operation.code or "open" for operation in operations))
        report.faults = dict(self.faults.counts) | {"members changed": self.faults.churn.changes}
        report.commits = max(self.cluster.checkers.committed, default=0)
        report.coordinators = self.cluster.checkers.coordinators
        report.acknowledged = self.cluster.checkers.acknowledged
        report.shown = sum(len(subscriber.shown) for subscriber in self.subscribers)
        report.reads = sum(operation.service not in WRITES and operation.code == "ok" for operation in operations)
        report.resent = self.cluster.resent + sum(client.resent for client in self.sessions)
        report.events, report.virtual = self.cluster.world.events, self.cluster.world.now

    def operations(self) -> list[Operation]:
        """Return every operation of every client."""
        return [operation for client in self._clients() for operation in client.operations]

    def _clients(self) -> list[PlainClient | SessionClient]:
        return [*self.plain, *self.sessions]

    def _set_up(self) -> None:
        first = self.plain[0]
        for user in USERS:
            first.ask("login", {"user": user})
        for channel in CHANNELS:
            first.ask("channel", {"channel": channel})
        self.subscribers = [Subscriber(self.cluster, f"sub{number}", self._topics) for number in range(2)]
        self.cluster.subscribers.extend(self.subscribers)
        for client in self._clients()[1:]:
            client.next_request()

    def _wait_settled(self) -> None:
        """Let a handover that is under way come to its end: learners hear of a coordinator some time after voters."""
        world = self.cluster.world
        until = world.now + SETTLE_MAX
        while not self._is_settled() and world.now < until:
            world.run_until(world.now + SETTLE_STEP)

    def _is_settled(self) -> bool:
        """Whether one coordinates and all know the same to be committed."""
        nodes = self._nodes()
        leading = [node for node in nodes if node.replica.role is Role.COORDINATOR]
        return len(leading) == 1 and len({node.replica.commit for node in nodes}) == 1

    def _nodes(self) -> list[Node]:
        return [server.node for server in self.cluster.servers if server.node is not None]

    def _wait_for_highest_rank(self) -> None:
        """After calm the highest rank takes over, at the latest when its longest back-off is over (L2)."""
        world = self.cluster.world
        until = world.now + HANDOVER_MAX
        while (highest := self._highest()).replica.role is not Role.COORDINATOR:
            if world.now >= until:
                self._fail("L2", f"{highest.identity.name}, which has the highest rank, does not coordinate")
            world.run_until(world.now + HANDOVER_STEP)

    def _highest(self) -> Node:
        """Return the voter of the highest rank."""
        voters = [node for node in self._nodes() if node.replica.is_voter]
        return max(voters, key=lambda node: (node.election.rank, node.identity.replica))

    # Judgement at the end.

    def _judge(self, last: PlainClient) -> None:
        self._judge_liveness(last)
        for operation in self.operations():
            self._judge_operation(operation)
        self._judge_effects()
        self._judge_log_length()
        self._judge_reads()
        self._judge_clocks()
        for subscriber in self.subscribers:
            self._judge_subscriber(subscriber)

    def _judge_liveness(self, last: PlainClient) -> None:
        if last.operations[0].code != "ok":
            self._fail("L1", f"a new write ended as {last.operations[0].code or 'unanswered'}")
        nodes = self._nodes()
        leading = [node.identity.name for node in nodes if node.replica.role is Role.COORDINATOR]
        if len(leading) != 1:
            self._fail("L1", f"coordinators after calm: {leading}")
        if len({node.replica.commit for node in nodes}) != 1 or len(nodes) != len(self.cluster.servers):
            self._fail("L1", f"commits after calm: {[node.replica.commit for node in nodes]}")

    def _judge_operation(self, operation: Operation) -> None:
        if operation.answers != 1:
            self._fail("one answer", f"{operation} was answered {operation.answers} times")
        down = sum(until - at for at, until in self.faults.broker_downs if operation.began <= until <= operation.ended)
        if operation.plain and operation.ended - operation.began > PLAIN_ANSWER_MAX + down:
            self._fail("one answer", f"{operation} took too long")
        if operation.code in ("ok", "refused") and operation.service in WRITES:
            self._judge_index(operation)

    def _judge_index(self, operation: Operation) -> None:
        """The index an answer names holds what was asked for, and nothing else (I8)."""
        entry = self.cluster.checkers.entries.get(operation.answer["index"])
        command = entry.body if entry is not None else None
        asked = operation.data
        user = asked.get("user") or asked.get("src") or ""
        target = asked.get("channel") or asked.get("dst") or ""
        wanted = (operation.service, user, target, asked.get("message", ""))
        if not isinstance(command, Command) or (command.kind, command.user, command.target, command.text) != wanted:
            self._fail("I8", f"{operation} names an index that holds {command}")

    def _judge_log_length(self) -> None:
        """No request fills the log: repeated copies are bounded."""
        entries, asked = len(self.cluster.checkers.entries), len(self.operations())
        most = COPIES_MAX * asked + ENTRIES_PER_COORDINATOR * self.cluster.checkers.coordinators + ENTRIES_FREE
        if entries > most:
            self._fail("bounded log", f"{entries} entries for {asked} operations")

    def _judge_effects(self) -> None:
        """Each request has at most one effect, exactly one after a success, none after a definite failure (I8)."""
        effects = Counter(row.message for row in self._messages())
        for operation in self.operations():
            if operation.service not in ("publish", "message"):
                continue
            count = effects[operation.data["message"]]
            none = operation.code in DEFINITE_FAILURES or operation.code == "refused"
            if count > 1 or (operation.code == "ok" and count != 1) or (none and count):
                self._fail("I8", f"{operation} has {count} effects")

    def _judge_reads(self) -> None:
        """A client reads at least what it was acknowledged before it asked (I9, session).

        Across a broker's death this holds only for clients that send `min_index`, and these do not.
        """
        self._judge_linear_reads()
        for client in self.plain:
            ended = sorted((o.ended, o.answer.get("index", 0)) for o in client.operations if o.ended)
            for operation in client.operations:
                if operation.code != "ok" or operation.service in WRITES:
                    continue
                born = max((at for at, _ in self.faults.broker_downs if at <= operation.ended), default=0.0)
                seen = max((index for at, index in ended if born <= at <= operation.began), default=0)
                if operation.answer["index"] < seen:
                    self._fail("I9", f"{operation} reads an older state than {seen}")

    def _judge_clocks(self) -> None:
        """After some rounds in calm the clocks agree to within what can be known (§11)."""
        apart, most = spread(self.cluster), bound(self.cluster)
        if apart > most:
            self._fail("clocks", f"they are {apart:.4f} s apart, more than {most:.4f} s")
        if astray(self.cluster) > ASTRAY_MAX:
            self._fail("clocks", f"a liar has led one {astray(self.cluster):.0f} s away from the true time")

    def _judge_linear_reads(self) -> None:
        """A linear read shows everything that was acknowledged to anybody before it began (I9)."""
        seen, ended = 0, deque(sorted((o.ended, o.answer.get("index", 0)) for o in self.operations() if o.ended))
        linear = [o for o in self.operations() if o.code == "ok" and o.data.get("level") == "linear"]
        for operation in sorted(linear, key=lambda o: o.began):
            while ended and ended[0][0] < operation.began:
                seen = max(seen, ended.popleft()[1])
            if operation.answer["index"] < seen:
                self._fail("I9", f"{operation} is linear and reads an older state than {seen}")

    def _judge_subscriber(self, subscriber: Subscriber) -> None:
        """Every subscriber has seen 1..n of every topic, once and in order (I10)."""
        stored = Counter((row.topic, row.message) for row in self._messages())
        for topic in subscriber.topics:
            seqs = [item.seq for item in subscriber.shown if item.topic == topic]
            total = sum(count for (name, _), count in stored.items() if name == topic)
            if seqs != list(range(1, total + 1)):
                self._fail("I10", f"{subscriber.name} saw {seqs} of {total} in {topic}")

    def _messages(self) -> list[_Row]:
        """Return every message that has an effect: what a reader of the first server finds, with its text."""
        node = self.cluster.servers[0].node
        assert node is not None
        rows = []
        for key, value in node.chat.tables.scan("messages", (), limit=ROWS_MAX):
            command = self.cluster.checkers.entries[int(value[0])].body
            assert isinstance(command, Command), value
            rows.append(_Row(str(key[0]), command.text))
        return rows

    def _fail(self, invariant: str, text: str) -> None:
        raise ViolationError(invariant, self.cluster.world.now, text)


class _Row(msgspec.Struct, frozen=True):
    topic: str
    message: str
