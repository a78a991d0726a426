"""The invariants of replication.md §13, judged from outside: what was sent, answered, published and is on disk.

Checkers never ask a machine whether it is right. They keep their own table of what was committed
and compare everything with it. The first violation ends the run.
"""

from __future__ import annotations

from coreto.journal.events import Event
from coreto.machines.node import Node
from coreto.simulator.disk import Disk, configs_in
from coreto.simulator.world import World
from coreto.wire.backend import Answers, BackendMessage
from coreto.wire.log import Batch, Command, Config, Entry, Epoch, chain_at, majority
from coreto.wire.peer import Append, PeerMessage
from coreto.wire.publication import SERVERS_TOPIC, read_publication


class ViolationError(AssertionError):
    """An invariant does not hold; `invariant` is its number in replication.md §13."""

    def __init__(self, invariant: str, time: float, text: str) -> None:
        super().__init__(f"{invariant} at {time:.4f} s: {text}")
        self.invariant = invariant


class Checkers:
    """The tables of one run."""

    def __init__(self, world: World, genesis: Config) -> None:
        self._world = world
        self._config = genesis
        """The latest configuration that was committed."""
        self._config_index = 0
        self._disks: dict[str, Disk] = {}
        """By replica id; lost ones stay: what was counted before the loss was on a majority's disks then."""
        self._nodes: dict[str, Node] = {}
        """The last life of each server."""
        self._established: dict[Epoch, tuple[str, int]] = {}
        self._adopted: set[Epoch] = set()
        self.committed: dict[int, tuple[Epoch, int]] = {}
        """Index to the epoch of its entry and h(index), as first committed by anybody."""
        self.entries: dict[int, Entry] = {}
        self._committed_in: list[tuple[Epoch, int]] = []
        self._chains: dict[tuple[int, Epoch], int] = {}
        self._commits: dict[str, int] = {}
        self._promised: dict[str, Epoch] = {}
        self._digests: dict[int, int] = {}
        self._lamports: dict[int, int] = {}
        self._garbled: set[str] = set()
        """Servers whose memory the script broke: what they make of the log is judged by the others (§10)."""
        self.coordinators = 0
        self.acknowledged = 0

    # What happens.

    def watch(self, disk: Disk) -> Disk:
        """Look at everything that reaches this disk."""
        self._disks[disk.replica] = disk
        disk.watch = self._disk_changed
        return disk

    def started(self, node: Node) -> None:
        """A life began: its commit may be older than that of the life before."""
        self._commits[node.identity.replica] = 0
        self._garbled.discard(node.identity.name)
        self._nodes[node.identity.name] = node

    def garbled(self, name: str) -> None:
        """The memory of a server is broken from now on, until its next life."""
        self._garbled.add(name)

    def event(self, event: Event) -> None:
        """A server reported something; verdicts do not rest on it."""

    def halted(self, name: str, reason: str) -> None:
        """A server stopped because an invariant was broken under it."""
        self._fail("I5", f"{name} halted: {reason}")

    def sent(self, source: Node, message: PeerMessage) -> None:
        """A server sends to another."""
        if not isinstance(message, Append):
            return
        life = (message.sender, message.incarnation)
        if self._established.setdefault(message.epoch, life) != life:
            self._fail("I1", f"epoch {message.epoch} is used by {life} and {self._established[message.epoch]}")
        if message.epoch not in self._adopted:
            self._adopted.add(message.epoch)
            self.coordinators += 1
            self._check_complete(source, message.epoch)

    def answered(self, name: str, message: BackendMessage) -> None:
        """A server answers the broker: what it calls a success must be on a majority's disks now (I7)."""
        if not isinstance(message, Answers):
            return
        for item in message.items:
            if item.number > 0 and item.code in ("ok", "refused", "expired_key"):
                self.acknowledged += 1
                self._check_on_majority(name, item.index)

    def published(self, topic: bytes, body: bytes) -> None:
        """A publication leaves: it must be committed (I10)."""
        if topic == SERVERS_TOPIC.encode():
            return
        item = read_publication(topic, body)
        entry = self.entries.get(item.index)
        command = entry.body if entry else None
        if not isinstance(command, Command) or command.text != item.message:
            self._fail("I10", f"{item} is published and not committed at that index")

    def after_turn(self, node: Node) -> None:
        """A server finished a turn: look at how far it has committed and applied."""
        name, commit = node.identity.name, self._commits[node.identity.replica]
        now = node.replica.commit
        if now < commit:
            self._fail("I5", f"commit of {name} went back from {commit} to {now}")
        if now != commit:
            for index in range(commit + 1, now + 1):
                self._committed_at(node, index)
            self._commits[node.identity.replica] = now
        if name in self._garbled:
            return
        digest = self._digests.setdefault(node.chat.applied, node.chat.digest)
        if digest != node.chat.digest:
            self._fail("I12", f"{name} has another state than others at {node.chat.applied}")

    # Judgement.

    def _committed_at(self, node: Node, index: int) -> None:
        mine = (node.log.position_at(index).epoch, node.log.chain_at(index))
        known = self.committed.get(index)
        if known is None:
            self.committed[index] = mine
            self._note_entry(index, node)
            self._committed_in.append((node.replica.epoch, index))
        elif known != mine:
            self._fail("I2", f"{node.identity.name} committed {mine} at {index}, others {known}")

    def _note_entry(self, index: int, node: Node) -> None:
        entry = node.log.entry(index)
        assert entry is not None
        self.entries[index] = entry
        if isinstance(entry.body, Config) and index > self._config_index:
            self._config, self._config_index = entry.body, index
        before = self.entries.get(index - 1)
        if before is not None and before.lamport >= entry.lamport:
            self._fail("I13", f"Lamport does not rise from {index - 1} to {index}")

    def _check_complete(self, node: Node, epoch: Epoch) -> None:
        """A coordinator that adopted its log holds all that was committed in lower epochs (I4)."""
        for committed_in, index in self._committed_in[-200:]:
            if committed_in >= epoch:
                continue
            held = node.log.chain_at(index) if index <= node.log.last.index else None
            if held != self.committed[index][1]:
                self._fail("I4", f"{node.identity.name} coordinates {epoch} without entry {index}")

    def _check_on_majority(self, name: str, index: int) -> None:
        known = self.committed.get(index)
        holders = {replica for replica, disk in self._disks.items() if self._holds(disk, index, known)}
        in_force = [self._config, *(node.log.config for node in self._nodes.values())]
        if not any(majority(holders, config) for config in in_force):
            self._fail("I7", f"{name} acknowledged {index}, which only {sorted(holders)} hold")

    def _holds(self, disk: Disk, index: int, known: tuple[Epoch, int] | None) -> bool:
        batch = disk.written_at(index)
        if batch is None or known is None or batch.epoch != known[0]:
            return False
        if index == batch.last:
            return batch.chain == known[1]
        return chain_at(batch, index, disk.chain_before(batch)) == known[1]

    def _disk_changed(self, disk: Disk, change: int | Batch) -> None:
        counter, replica = disk.meta.get("promised", (0, ""))
        promised = Epoch(int(counter), str(replica))
        if promised < self._promised.get(disk.replica, promised):
            self._fail("I6", f"{disk.name} promised less than before")
        self._promised[disk.replica] = promised
        if isinstance(change, Batch):
            chain = self._chains.setdefault((change.last, change.epoch), change.chain)
            if chain != change.chain:
                self._fail("I3", f"{disk.name} has another log before {change.last} of {change.epoch}")
            self._check_configs(disk, change)
            return
        for index in range(change, disk.batches[-1].last + 1 if disk.batches else 0):
            if self._holds(disk, index, self.committed.get(index)):
                self._fail("I5", f"{disk.name} truncates at {change} and loses {index}, which is committed")

    def _check_configs(self, disk: Disk, batch: Batch) -> None:
        """Each configuration differs from the one before by one voter, and that one is committed (I11)."""
        for index, new in configs_in(batch):
            earlier = [(at, config) for at, config in disk.configs() if at < index]
            before, config = earlier[-1] if earlier else (0, disk.genesis)
            if len(set(config.voters) ^ set(new.voters)) != 1:
                self._fail("I11", f"{disk.name} goes from {config} to {new}")
            if before and before not in self.committed:
                self._fail("I11", f"{disk.name} changes the voters at {index}, and {before} is not committed")

    def _fail(self, invariant: str, text: str) -> None:
        raise ViolationError(invariant, self._world.now, text)
