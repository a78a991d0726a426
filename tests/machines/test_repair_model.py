"""Whatever is damaged, and however the others divide their logs: what is mended is what was written."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.machines.log import MachineLog
from coreto.machines.settings import DEFAULTS
from coreto.simulator.disk import Disk
from coreto.wire.log import Batch
from coreto.wire.peer import MendGive
from tests.machines.mending import VOTERS, Patient, damaged, divided, give, rows
from tests.support.machines import config_of, epoch, replica

TURNS_MAX = 100
SMALL = msgspec.structs.replace(DEFAULTS, batch_bytes=60)
"""Answers of a few entries, so that a range comes in parts."""


@st.composite
def logs(draw: st.DrawFn) -> list[Batch]:
    """A log of up to four epochs."""
    made: list[Batch] = []
    for counter in range(1, draw(st.integers(1, 4)) + 1):
        sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
        first, chain = (made[-1].last + 1, made[-1].chain) if made else (1, 0)
        made += rows(epoch(counter), *sizes, first=first, chain=chain)
    return made


class Peer:
    """An honest server with the same log in other batches."""

    def __init__(self, name: str, batches: list[Batch], commit: int) -> None:
        disk = Disk(name, replica(name), "c1", config_of(VOTERS))
        disk.batches = batches
        self._log = MachineLog(disk, config_of(VOTERS), SMALL)
        self.name = name
        self.commit = commit

    def answer(self, first: int, upto: int) -> MendGive:
        batches = self._log.read_range(first - 1, min(upto, self._log.last.index))
        return give(*batches, commit=self.commit, name=self.name)


def mend(patient: Patient, peers: list[Peer], lost: set[int]) -> None:
    """Carry questions and answers; those whose number is in `lost` get lost."""
    number = 0
    for _turn in range(TURNS_MAX):
        if patient.repair.done and not patient.unsynced:
            return
        questions = patient.asked()
        for to, first, upto in questions:
            number += 1
            for peer in peers:
                if peer.name == to and number not in lost:
                    patient.hear(peer.answer(first, upto))
        patient.sync()
        if not questions:
            patient.turn(1.0)


def flat(batches: list[Batch]) -> tuple[bytes, list[object], int]:
    """What a log is, however it is divided: its bytes, the epoch of each entry, and h at its end."""
    epochs: list[object] = [batch.epoch for batch in batches for _ in range(batch.count)]
    return b"".join(batch.body for batch in batches), epochs, batches[-1].chain


@settings(max_examples=150)
@given(st.data())
def test_an_honest_peer_gives_back_exactly_what_was_written(data):
    log = data.draw(logs(), "log")
    last = log[-1].last
    firsts = data.draw(st.sets(st.sampled_from([batch.first for batch in log]), min_size=1), "damaged rows")
    header = data.draw(st.booleans(), "h is intact")
    commits = [last if not header else data.draw(st.integers(0, last), f"commit of {name}") for name in "ac"]
    sizes = [data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=4), f"division of {name}") for name in "ac"]
    patient = Patient(damaged(log, *firsts, header=header))
    peers = [Peer(name, divided(log, *size), commit) for name, size, commit in zip("ac", sizes, commits, strict=True)]
    mend(patient, peers, data.draw(st.sets(st.integers(1, 30)), "lost answers"))
    assert patient.repair.done
    assert flat(patient.disk.batches) == flat(log)
    assert patient.disk.damaged == {}


@settings(max_examples=100)
@given(st.data())
def test_a_peer_with_another_end_spoils_nothing_and_blocks_only_until_it_follows(data):
    """Bytes that are not committed never stand in for what was written, and are dropped when they lead nowhere."""
    log = data.draw(logs(), "log")
    commit = data.draw(st.integers(0, log[-1].last - 1), "committed everywhere")
    own = divided(log, *data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4), "division"))
    firsts = data.draw(st.sets(st.sampled_from([batch.first for batch in own]), min_size=1), "damaged rows")
    shared = [batch for batch in divided(log, 1) if batch.last <= commit]
    chain = shared[-1].chain if shared else 0
    length = data.draw(st.integers(1, 9), "length of its own end")
    other = shared + rows(epoch(9, "c"), length, first=commit + 1, chain=chain, text="w")
    patient = Patient(damaged(own, *firsts))
    right = Peer("c", divided(log, 3), commit)
    mend(patient, [Peer("a", other, commit), right], set())
    mend(patient, [Peer("a", divided(log, 2), commit), right], set())
    assert patient.repair.done
    assert flat(patient.disk.batches) == flat(log)


@settings(max_examples=150)
@given(st.data())
def test_whatever_ours_parted_from_nothing_committed_is_lost(data):
    """Our end was never committed, and damage lies anywhere in our log: before, in or across the parting."""
    log = data.draw(logs(), "log")
    shared = data.draw(st.integers(0, log[-1].last), "shared entries")
    common = [batch for batch in divided(log, 1) if batch.last <= shared]
    chain = common[-1].chain if common else 0
    mine = data.draw(st.integers(1, 9), "length of our own end")
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4), "division")
    own = divided([*common, *rows(epoch(8), mine, first=shared + 1, chain=chain, text="v")], *sizes)
    length = data.draw(st.integers(1, 12), "length of what is committed")
    right = common + rows(epoch(9, "c"), length, first=shared + 1, chain=chain, text="w")
    firsts = data.draw(st.sets(st.sampled_from([batch.first for batch in own]), min_size=1), "damaged rows")
    patient = Patient(damaged(own, *firsts, header=data.draw(st.booleans(), "h is intact")))
    ends = [right[-1].last, data.draw(st.integers(shared, right[-1].last), "commit of c")]
    peers = [Peer(name, divided(right, 3), commit) for name, commit in zip("ac", ends, strict=True)]
    mend(patient, peers, set())
    if right[-1].last >= max(batch.last for batch in own if batch.first in firsts):
        assert patient.repair.done
        found, entries = patient.disk.batches, divided(right, 1)
        assert found[-1].last >= shared
        assert flat(found) in (flat(own), flat([batch for batch in entries if batch.last <= found[-1].last]))
        assert patient.disk.damaged == {}
