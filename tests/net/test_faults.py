"""What the table of faults decides, for one message at a time."""

import random

import msgspec
import pytest

from coreto.net.faults import LOST, PASSES, Fate, FaultTable, LinkFault

MANY = 2000


def never_asked():
    raise AssertionError("the kind of the message was asked for")


def table(*faults):
    made = FaultTable()
    made.put(faults)
    return made


def fate(faults, source="s1", target="s2", kind=never_asked, seed=1):
    return faults.decide(source, target, kind, random.Random(seed))


def test_an_empty_table_lets_everything_pass():
    assert fate(table()) == PASSES
    assert not table().strikes("s1", "s2")


def test_a_cut_has_a_direction():
    faults = table(LinkFault("s1", "s2", "cut"))
    assert fate(faults) == LOST
    assert fate(faults, "s2", "s1") == PASSES
    assert fate(faults, "s1", "s3") == PASSES


def test_what_is_put_replaces_what_was_there():
    faults = table(LinkFault("s1", "s2", "cut"))
    faults.put((LinkFault("s2", "s1", "cut"),))
    assert fate(faults) == PASSES
    assert fate(faults, "s2", "s1") == LOST
    faults.put(())
    assert not faults.strikes("s2", "s1")


def test_a_delay_stays_within_its_spread_and_never_goes_back_in_time():
    faults = table(LinkFault("s1", "s2", "delay", seconds=0.2, spread=0.05))
    delays = [fate(faults, seed=seed).delays[0] for seed in range(MANY)]
    assert min(delays) >= 0.15
    assert max(delays) <= 0.25
    assert max(delays) - min(delays) > 0.09
    wild = table(LinkFault("s1", "s2", "delay", seconds=0.01, spread=5.0))
    assert min(fate(wild, seed=seed).delays[0] for seed in range(MANY)) == 0.0


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_of_the_messages_is_lost(share):
    faults = table(LinkFault("s1", "s2", "drop", share=share))
    chance = random.Random(7)
    lost = sum(faults.decide("s1", "s2", never_asked, chance) == LOST for _ in range(MANY))
    assert abs(lost / MANY - share) < 0.04


def test_a_duplicate_arrives_twice_and_each_copy_is_delayed():
    faults = table(LinkFault("s1", "s2", "duplicate"), LinkFault("s1", "s2", "delay", seconds=1.0))
    assert fate(faults) == Fate((1.0, 1.0))


def test_what_is_lost_is_lost_whatever_else_is_in_force():
    for order in ((0, 1), (1, 0)):
        both = LinkFault("s1", "s2", "drop"), LinkFault("s1", "s2", "duplicate")
        assert not fate(table(*(both[place] for place in order))).delays


def test_a_fault_for_one_kind_spares_the_others():
    faults = table(LinkFault("s1", "s2", "cut", kind="append"))
    assert fate(faults, kind=lambda: "append") == LOST
    assert fate(faults, kind=lambda: "call") == PASSES


def test_the_same_seed_brings_the_same_fates():
    faults = table(LinkFault("s1", "s2", "drop", share=0.5))

    def run():
        chance = random.Random(3)
        return [faults.decide("s1", "s2", never_asked, chance) for _ in range(50)]

    assert run() == run()


def test_faults_travel_as_a_value():
    faults = (LinkFault("s1", "s2", "delay", 0.5, 0.2, 0.05, "append"),)
    assert msgspec.json.decode(msgspec.json.encode(faults), type=tuple[LinkFault, ...]) == faults
