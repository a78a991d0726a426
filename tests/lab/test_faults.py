"""What a person writes, as faults of links."""

import pytest

from coreto.lab.faults import WordsError, kinds, read_delays, read_partition, read_shares
from coreto.net.faults import LinkFault


def ways(faults):
    return {(fault.source, fault.target) for fault in faults}


@pytest.mark.parametrize("text", ["s1 | s2,s3", "s1|s2, s3", " s1  |  s2 s3 "])
def test_a_partition_cuts_only_between_the_groups_and_both_ways(text):
    found = read_partition(text)
    assert {fault.effect for fault in found} == {"cut"}
    assert ways(found) == {("s1", "s2"), ("s2", "s1"), ("s1", "s3"), ("s3", "s1")}


def test_three_groups_are_cut_from_each_other():
    assert len(ways(read_partition("s1 | s2 | s3"))) == 6


@pytest.mark.parametrize("text", ["s1 -> s2", "s1->s2"])
def test_an_arrow_cuts_one_way(text):
    assert ways(read_partition(text)) == {("s1", "s2")}


def test_an_arrow_takes_groups():
    assert ways(read_partition("s1,s2 -> broker")) == {("s1", "broker"), ("s2", "broker")}


def test_a_delay_is_for_both_directions_unless_it_has_an_arrow():
    assert read_delays("s1 s2 200ms±50") == (
        LinkFault("s1", "s2", "delay", seconds=0.2, spread=0.05),
        LinkFault("s2", "s1", "delay", seconds=0.2, spread=0.05),
    )
    assert ways(read_delays("s1 -> s2 1s")) == {("s1", "s2")}
    assert ways(read_delays("s1->s2 1s")) == {("s1", "s2")}


def test_a_share_is_read_or_has_its_default():
    assert {fault.share for fault in read_shares("s1 s2 30%", "drop")} == {0.3}
    assert {fault.share for fault in read_shares("s1 s2", "reorder", "100%")} == {1.0}
    assert {fault.share for fault in read_shares("s1 s2 5%", "reorder", "100%")} == {0.05}


@pytest.mark.parametrize("text", ["s1 | s2 --kind append", "s1 -> s2 --kind=append"])
def test_a_kind_of_message_may_be_named(text):
    assert {fault.kind for fault in read_partition(text)} == {"append"}


def test_the_kinds_are_those_on_the_wire():
    assert {"append", "call", "ready", "work", "publish", "heartbeat"} <= kinds()


@pytest.mark.parametrize(
    "text", ["", "s1", "s1 |", "| s1", "s1 | s1", "s1 | s2,s1", "s1 ->", "s1 -> s2 -> s3", "s1 -> s2 | s3", "s1 -> s1"]
)
def test_what_is_no_partition_is_explained(text):
    with pytest.raises(WordsError):
        read_partition(text)


@pytest.mark.parametrize("text", ["", "s1", "s1 s2", "s1 s1 1s", "s1 s2 1s 2s", "s1 s2 -> 1s", "-> s1 s2 1s"])
def test_what_is_no_delay_between_two_is_explained(text):
    with pytest.raises(WordsError):
        read_delays(text)


@pytest.mark.parametrize("text", ["s1 s2 30", "s1 s2", "s1 s2 30% 40%", "s1 s2 30% --kind dance", "s1 s2 30% --kind"])
def test_what_is_no_share_between_two_is_explained(text):
    with pytest.raises(WordsError):
        read_shares(text, "drop")
