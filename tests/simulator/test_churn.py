"""Members change and disks fail in some of the runs, and the checkers see it (replication.md §9, §13)."""

import random

import msgspec
import pytest

from coreto.machines.effects import Persist
from coreto.machines.replica import Role
from coreto.simulator.checkers import Checkers, ViolationError
from coreto.simulator.clients import PlainClient
from coreto.simulator.cluster import SimCluster
from coreto.simulator.disk import Disk
from coreto.simulator.profile import draw_profile
from coreto.simulator.run import run
from coreto.simulator.world import World
from coreto.wire.log import Config, make_batch
from tests.support.machines import config_of, entry, epoch, replica

QUIET = msgspec.structs.replace(
    draw_profile(random.Random(0)), delay_high=0.001, loss=0.0, duplication=0.0, straggle=0.0, sync_high=0.002
)
"""Nothing fails unless the test makes it fail."""
SEEDS = (0, 2)
"""Seeds with changes of members: servers that are added, voted in and out."""


# Runs.


@pytest.mark.parametrize("seed", SEEDS)
def test_members_change_while_everything_else_fails(seed):
    report = run(seed, 3)
    assert report.violation == ""
    assert report.faults["members changed"] > 0


class Stage:
    """A cluster of three in which a client asks, and nothing fails by itself."""

    def __init__(self) -> None:
        self.cluster = SimCluster(1, 3, profile=QUIET)
        self.cluster.start()
        self.run(2.0)
        self.client = PlainClient(self.cluster, "p")
        for _ in range(20):
            self.client.next_request()
            self.run(0.2)

    def run(self, seconds: float) -> None:
        self.cluster.world.run_until(self.cluster.world.now + seconds)

    def follower(self):
        return next(s for s in self.cluster.servers if s.node is not None and s.node.replica.role is Role.FOLLOWER)

    def logs(self) -> set[int]:
        """h at the end of every log: one when they are equal."""
        self.client.stopped = True
        self.run(1.0)
        return {server.node.log.chain if server.node else -1 for server in self.cluster.servers}


@pytest.fixture
def stage():
    return Stage()


@pytest.mark.parametrize("header", [True, False], ids=["h intact", "h damaged"])
@pytest.mark.parametrize("place", [0, 3, -1], ids=["first", "middle", "last"])
def test_a_damaged_disk_is_mended_and_its_server_lives_again(stage, place, header):
    """Scenario S24: repaired, not truncated."""
    victim = stage.follower()
    before = list(victim.disk.batches)
    victim.crash()
    victim.disk.damaged[before[place].first] = header
    victim.start()
    assert victim.node is None, "while its log is damaged it is no server"
    stage.run(5.0)
    assert victim.node is not None
    assert victim.disk.damaged == {}
    assert victim.disk.batches[: len(before)] == before
    assert len(stage.logs()) == 1


def test_a_lost_disk_comes_back_as_a_new_replica_that_votes_in_its_place(stage):
    """Scenario S11 and M5."""
    victim = stage.follower()
    old = victim.disk.replica
    victim.crash()
    stage.cluster.new_disk(victim)
    stage.run(2.0)
    victim.start()
    stage.run(10.0)
    voters = {voter.replica for voter in victim.node.log.config.voters}
    assert victim.disk.replica in voters
    assert old not in voters
    assert len(voters) == 3
    assert len(stage.logs()) == 1


def test_an_added_server_learns_the_whole_log_and_does_not_vote(stage):
    server = stage.cluster.add_server()
    server.start()
    stage.run(3.0)
    assert not server.node.replica.is_voter
    assert len(stage.logs()) == 1


# The checker of I11.


GENESIS = config_of("abc")


@pytest.fixture
def disk():
    """A disk that the checkers look at."""
    return Checkers(World(1), GENESIS).watch(Disk("a", replica("a"), "sim", GENESIS))


def write(disk, *configs: Config):
    """Append these configurations, in one batch."""
    last = disk.batches[-1] if disk.batches else None
    first, chain = (last.last + 1, last.chain) if last else (1, 0)
    disk.sync(Persist(1, (make_batch(first, epoch(1), [entry(config) for config in configs], chain),)))


@pytest.mark.parametrize("names", ["abcd", "ab"], ids=["added", "removed"])
def test_a_change_of_one_voter_is_in_order(disk, names):
    write(disk, config_of(names))


@pytest.mark.parametrize("names", ["abcde", "a", "abd", "abc"], ids=["two added", "two removed", "swapped", "none"])
def test_a_change_of_any_other_number_is_found_out(disk, names):
    with pytest.raises(ViolationError) as caught:
        write(disk, config_of(names))
    assert caught.value.invariant == "I11"


@pytest.mark.parametrize("earlier", [[], ["abcd"]], ids=["one batch", "two batches"])
def test_a_change_behind_one_that_is_not_committed_is_found_out(disk, earlier):
    for names in earlier:
        write(disk, config_of(names))
    later = [config_of(names) for names in ("abcd", "abcde")[len(earlier) :]]
    with pytest.raises(ViolationError) as caught:
        write(disk, *later)
    assert caught.value.invariant == "I11"
