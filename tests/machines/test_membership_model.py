"""Whatever is asked and whoever lives: voters change one at a time (replication.md §9, M2; I11)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.machines.replica import Role
from coreto.wire.log import Config
from tests.machines.leading import Lead
from tests.support.machines import config_of

VOTERS = ("a", "b", "c")
KNOWN = ("a", "b", "c", "u", "v", "w")
"""Names: three that voted from the beginning, three that may learn."""
REPLICAS = (*KNOWN, "a2", "b2", "u2")
"""Replicas: the last three come with a blank disk under the name of another."""

EVENTS = st.one_of(
    st.tuples(st.just("promote"), st.sampled_from(KNOWN)),
    st.tuples(st.just("remove"), st.sampled_from(KNOWN)),
    st.tuples(st.just("learn"), st.sampled_from(REPLICAS)),
    st.tuples(st.just("lag"), st.sampled_from(REPLICAS)),
    st.tuples(st.just("die"), st.sampled_from(REPLICAS)),
    st.tuples(st.just("live"), st.sampled_from(REPLICAS)),
    st.tuples(st.just("pass"), st.sampled_from(("0.2", "0.9", "1.3"))),
    st.tuples(st.just("sleep"), st.just("601")),
)


def happen(lead: Lead, kind: str, what: str) -> None:
    name = what.removesuffix("2")
    match kind:
        case "promote" | "remove":
            lead.change(kind, name)
        case "learn":
            lead.learn(what, name)
        case "lag":
            lead.join(what, name)
        case "die":
            lead.alive.discard(what)
        case "live":
            lead.alive.add(what)
        case "pass":
            lead.pass_time(float(what))
        case "sleep":
            lead.sleep(float(what))


def configs(lead: Lead) -> list[tuple[int, Config]]:
    """Every configuration of its log with its index, that of genesis first."""
    log = lead.node.log
    rows = [(index, item.body) for index, item in log.entries(1, log.last.index)]
    return [(0, config_of(VOTERS)), *((index, body) for index, body in rows if isinstance(body, Config))]


def check(lead: Lead) -> None:
    found = configs(lead)
    for (_, before), (_, config) in pairwise(found):
        assert len(set(before.voters) ^ set(config.voters)) == 1, (before, config)
        assert config.voters, "nobody votes"
    uncommitted = [index for index, _ in found if index > lead.node.replica.commit]
    assert len(uncommitted) <= 1


@settings(max_examples=150)
@given(st.lists(EVENTS, max_size=30))
def test_consecutive_configurations_differ_by_one_voter_and_at_most_one_is_uncommitted(events):
    lead = Lead("c", VOTERS)
    for kind, what in events:
        if not lead.plays(Role.COORDINATOR):
            break
        happen(lead, kind, what)
        check(lead)


@settings(max_examples=100)
@given(st.lists(EVENTS, max_size=20))
def test_whoever_asks_for_a_change_is_answered_once(events):
    lead = Lead("c", VOTERS)
    asked = answered = 0
    for kind, what in events:
        if not lead.plays(Role.COORDINATOR):
            break
        if kind in ("promote", "remove"):
            asked += 1
            answered += bool(lead.change(kind, what.removesuffix("2")))
        else:
            happen(lead, kind, what)
    lead.alive = set()
    lead.pass_time(5.0)
    assert answered + len(lead.replies) == asked
