"""Faults in force, in words."""

from coreto.lab.telling import tell
from coreto.launcher.requests import FaultsInForce, RoleState
from coreto.net.faults import LinkFault


def told(*roles, links=()):
    return tell(FaultsInForce(tuple(roles), tuple(links)))


def test_a_healthy_cluster_tells_nothing():
    assert told(RoleState("s1"), RoleState("broker")) == []


def test_each_thing_done_to_a_role_is_told():
    lines = told(
        RoleState("s1", "paused"),
        RoleState("s2", "killed"),
        RoleState("s3", "down"),
        RoleState("s4", cut="mid-batch", slow_disk=0.05, full_disk=True, skew=-4.0, drift_ppm=300.0),
    )
    words = [line for _name, line in lines]
    assert [name for name, _line in lines] == ["s1", "s2", "s3", *["s4"] * 5]
    assert "stands still" in words[0]
    assert "was killed" in words[1]
    assert "by itself" in words[2]
    assert "first message" in words[3]
    assert "50 ms" in words[4]
    assert "full" in words[5]
    assert "-4 s" in words[6]
    assert "+300" in words[7]


def test_what_is_the_same_both_ways_is_told_once():
    both = LinkFault("s1", "s2", "cut"), LinkFault("s2", "s1", "cut")
    assert told(links=both) == [("s1 ↔ s2", "nothing gets through")]
    assert told(links=both[:1]) == [("s1 → s2", "nothing gets through")]
    uneven = LinkFault("s1", "s2", "drop", share=0.3), LinkFault("s2", "s1", "drop", share=0.4)
    assert [where for where, _what in told(links=uneven)] == ["s1 → s2", "s2 → s1"]


def test_every_effect_has_words():
    links = (
        LinkFault("a", "b", "drop", share=0.3, kind="append"),
        LinkFault("a", "b", "duplicate", share=0.1),
        LinkFault("a", "b", "reorder"),
        LinkFault("a", "b", "delay", seconds=0.2, spread=0.05),
    )
    assert [what for _where, what in told(links=links)] == [
        "30 % of the messages are lost (only append)",
        "10 % of the messages arrive twice",
        "100 % of the messages are overtaken by the next one",
        "every message takes 200 ms ± 50 ms longer",
    ]
