"""Three servers whose letters are delivered by hand (replication.md G3, G5, and scenarios of §14)."""

from coreto.machines.replica import Role
from coreto.wire.log import BrokerKey
from tests.machines.group import Group
from tests.support.machines import epoch, request

VOTERS = ("a", "b", "c")


def test_the_highest_rank_of_a_fresh_cluster_coordinates():
    """G5, L2: and quiet afterwards brings no new epoch (L3)."""
    group = Group(*VOTERS)
    group.pass_time(0.5)
    assert group.coordinators() == ["c"]
    group.pass_time(5.0)
    assert {server.node.replica.promised for server in group.servers.values()} == {epoch(1, "c")}


def test_when_the_coordinator_is_cut_off_the_next_highest_takes_over():
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group.cut = {"c"}
    group.pass_time(4.0)
    assert group["b"].plays(Role.COORDINATOR)
    assert group["a"].plays(Role.FOLLOWER)


def test_what_one_acknowledged_all_hold():
    """G3: the same entries in the same order, and the same state."""
    group = Group(*VOTERS)
    group.pass_time(0.5)
    for user in ("ana", "bia"):
        group["c"].work(1, request("login", user=user), BrokerKey(9, 1, 1))
        group.pass_time(0.3)
    chains = {server.node.log.chain for server in group.servers.values()}
    digests = {server.node.chat.digest for server in group.servers.values()}
    assert len(chains) == len(digests) == 1
    assert {server.node.replica.commit for server in group.servers.values()} == {3}


def test_a_write_at_a_follower_is_forwarded_and_answered_there():
    group = Group(*VOTERS)
    group.pass_time(0.5)
    assert group["a"].ask(request("login", user="ana")) == {}
    group.pass_time(0.3)
    assert len(group["a"].replies) == 1
    assert group["b"].node.chat.tables.get("topics", ("user", "ana")) is not None


def test_the_suffix_of_an_isolated_coordinator_is_replaced():
    """Scenario S6: after heal its own entries are gone, those of the majority are there."""
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group.cut = {"c"}
    group["c"].ask(request("login", user="lost"))
    group.pass_time(4.0)
    group["b"].ask(request("login", user="kept"))
    group.pass_time(0.3)
    group.cut = set()
    group.pass_time(3.0)
    tables = group["c"].node.chat.tables
    assert tables.get("topics", ("user", "kept")) is not None
    assert tables.get("topics", ("user", "lost")) is None
    assert len({server.node.log.chain for server in group.servers.values()}) == 1


def test_the_highest_rank_that_returns_with_an_old_log_loses_nothing():
    """Scenario S3: it adopts the better log."""
    group = Group(*VOTERS)
    group.pass_time(0.5)
    group.cut = {"c"}
    group.pass_time(4.0)
    group["b"].ask(request("login", user="ana"))
    group.pass_time(0.3)
    group.cut = {"b"}
    group["c"].start()
    group.pass_time(6.0)
    assert group["c"].plays(Role.COORDINATOR)
    assert group["c"].node.chat.tables.get("topics", ("user", "ana")) is not None
