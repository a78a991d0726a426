"""The log of a machine against a plain list, with a disk that is done late."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from coreto.machines.effects import Persist
from coreto.machines.log import MachineLog
from coreto.simulator.disk import Disk
from coreto.wire.log import Noop, make_batch
from tests.support.machines import config_of, entry, epoch

GENESIS = config_of("a")


class LogAgainstAList(RuleBasedStateMachine):
    """`model` is the log as (epoch counter, lamport) of each entry; `durable` what the disk truly holds of it."""

    def __init__(self):
        super().__init__()
        self.disk = Disk("a", "r-a", "c1", GENESIS)
        self.log = MachineLog(self.disk, GENESIS)
        self.model: list[tuple[int, int]] = []
        self.waiting: list[Persist] = []
        self.count = 0
        self.number = 0
        self.epoch = 1

    def new_entries(self, count):
        self.count += count
        stamps = range(self.count - count, self.count)
        self.model += [(self.epoch, lamport) for lamport in stamps]
        return [entry(Noop(), lamport) for lamport in stamps]

    @rule(count=st.integers(1, 5))
    def append(self, count):
        self.log.append(epoch(self.epoch), self.new_entries(count))

    @rule(count=st.integers(1, 5))
    def append_batch(self, count):
        first, chain = self.log.last.index + 1, self.log.chain
        self.log.append_batch(make_batch(first, epoch(self.epoch), self.new_entries(count), chain))

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def truncate(self, data):
        index = data.draw(st.integers(1, len(self.model)))
        self.log.truncate(index, 0)
        del self.model[index - 1 :]
        self.epoch += 1

    @rule()
    def persist(self):
        self.number += 1
        self.waiting.append(Persist(self.number, self.log.take_writes(self.number)))

    @precondition(lambda self: self.waiting)
    @rule()
    def disk_is_done(self):
        persist = self.waiting.pop(0)
        self.disk.sync(persist)
        self.log.persisted(persist.number)

    @precondition(lambda self: not self.waiting and not self.log.has_writes)
    @rule()
    def restart(self):
        self.log = MachineLog(self.disk, GENESIS)

    @rule(data=st.data())
    def read_range(self, data):
        after = data.draw(st.integers(0, len(self.model)))
        upto = data.draw(st.integers(after, len(self.model)))
        read, at = [], after
        for batch in self.log.read_range(after, upto):
            assert batch.first == at + 1
            assert batch.chain == self.log.chain_at(batch.last)
            read += [(batch.epoch.counter, item.lamport) for item in batch.entries()]
            at = batch.last
        assert read == self.model[after:upto]

    @invariant()
    def it_reads_like_the_list(self):
        last = len(self.model)
        assert self.log.last.index == last
        read = [item.lamport for _, item in self.log.entries(1, last)]
        assert read == [lamport for _, lamport in self.model]
        counters = [self.log.position_at(index).epoch.counter for index in range(1, last + 1)]
        assert counters == [counter for counter, _ in self.model]
        assert self.log.chain_at(last) == self.log.chain

    @invariant()
    def what_counts_as_durable_is_on_disk(self):
        held = [(b.epoch.counter, item.lamport) for b in self.disk.batches for item in b.entries()]
        durable = self.log.durable
        assert held[:durable] == self.model[:durable]

    @invariant()
    def with_an_idle_disk_all_is_durable(self):
        if not self.waiting and not self.log.has_writes:
            assert self.log.durable == len(self.model)


TestLogAgainstAList = LogAgainstAList.TestCase
TestLogAgainstAList.settings = settings(max_examples=150, stateful_step_count=40)
