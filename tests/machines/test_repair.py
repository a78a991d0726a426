"""A damaged log is mended from those of the others (replication.md §3, D5; Alagappan et al., FAST 2018, §3)."""

import msgspec
import pytest

from coreto.journal.events import LogDamaged
from coreto.machines.repair import ASK_AGAIN
from coreto.wire.log import POSITION_ZERO
from coreto.wire.peer import Append, Call, Hello, Join, MendAsk, MendGive, Prepare
from tests.machines.mending import Patient, damaged, divided, give, rows
from tests.support.machines import Server, epoch, from_peer

LOG = rows(epoch(1), 4, 4, 4)
FIRST, MIDDLE, END = LOG
OTHER = rows(epoch(2, "c"), 4, first=5, chain=FIRST.chain, text="w")[0]
"""What stands at 5 to 8 in a log of a newer epoch."""


def middle(*, header=True):
    return Patient(damaged(LOG, 5, header=header))


@pytest.fixture
def patient():
    """It lost the entries 5 to 8 of 12, and knows where they ended."""
    return middle()


# Asking.


def test_it_asks_every_other_voter_for_just_what_it_lost(patient):
    assert patient.asked() == [("a", 5, 8), ("c", 5, 8)]
    assert patient.met == ["a", "c"]


def test_it_asks_again_while_nobody_helps(patient):
    patient.asked()
    patient.turn(ASK_AGAIN / 2)
    assert patient.asked() == []
    patient.turn(ASK_AGAIN)
    assert patient.asked() == [("a", 5, 8), ("c", 5, 8)]


def test_it_asks_for_the_coordinator_too(patient):
    """Its voters may be those of long ago: who follows tells it where the coordinator is."""
    assert {letter.to for letter in patient.letters if isinstance(letter.message, Join)} == {"r-a", "r-c"}


def test_peers_that_moved_are_met_where_the_reference_says(patient):
    """Those of genesis know no address of each other, and a port may be another one after each start."""
    patient.repair.on_list([{"name": "a", "address": "here"}, {"name": "c"}, {"name": "x", "address": "there"}, "c"])
    patient.turn()
    assert patient.met == ["a", "c", "a"]
    patient.repair.on_list([{"name": "a", "address": "here"}])
    patient.turn()
    assert patient.met == ["a", "c", "a"]


def test_the_reference_is_asked_where_they_live_only_by_who_was_not_told():
    assert middle().asked_reference == 0
    assert Patient(damaged(LOG, 5), look_up=True).asked_reference == 1


def test_the_damage_is_reported(patient):
    (event,) = [report.event for report in patient.reports if isinstance(report.event, LogDamaged)]
    assert (event.first, event.last) == (5, 8)


def test_ranges_are_mended_in_order():
    patient = Patient(damaged(LOG, 5, 9))
    assert patient.asked()[0] == ("a", 5, 8)
    patient.hear(give(MIDDLE))
    patient.sync()
    assert patient.asked()[0] == ("a", 9, 12)
    patient.hear(give(END))
    patient.sync()
    assert patient.repair.done
    assert patient.disk.batches == LOG


# What is proved.


def test_what_ends_in_the_h_of_the_damaged_row_is_what_was_written(patient):
    """By chain: committed or not."""
    patient.hear(give(MIDDLE, commit=0))
    patient.sync()
    assert patient.repair.done
    assert (patient.disk.batches, patient.disk.damaged) == (LOG, {})


def test_the_same_entries_in_other_batches_are_the_same_entries(patient):
    patient.hear(give(*divided(LOG, 4, 1, 2, 1, 4)[1:4]))
    patient.sync()
    assert patient.repair.done
    assert patient.disk.batches == [FIRST, *divided(LOG, 4, 1, 2, 1, 4)[1:4], END]


def test_what_is_committed_is_right_without_an_h():
    patient = middle(header=False)
    patient.hear(give(MIDDLE, commit=8))
    patient.sync()
    assert patient.repair.done
    assert patient.disk.batches == LOG


def test_what_nothing_proves_waits_until_it_is_committed():
    patient = Patient(damaged(LOG, 9, header=False))
    patient.hear(give(END, commit=11))
    assert (patient.unsynced, patient.repair.done) == ([], False)
    assert patient.ask_again()[0] == ("a", 9, 12)
    patient.hear(give(END, commit=12))
    patient.sync()
    assert patient.repair.done


def test_what_somebody_else_has_there_uncommitted_proves_nothing(patient):
    patient.hear(give(OTHER, commit=4))
    assert (patient.unsynced, patient.repair.done) == ([], False)
    patient.hear(give(MIDDLE))
    patient.sync()
    assert patient.disk.batches == LOG


def test_what_is_committed_replaces_what_stood_here_and_what_followed(patient):
    """What was chained to entries that were never committed was not committed either."""
    patient.hear(give(OTHER, commit=8))
    patient.sync()
    assert patient.repair.done
    assert patient.disk.batches == [FIRST, OTHER]


THEIRS = rows(epoch(2, "c"), 4, 2, first=5, chain=FIRST.chain, text="w")
"""What is committed behind the first row elsewhere: ours parted from it at 5, before the damage at 9."""


@pytest.mark.parametrize("header", [True, False], ids=["h is known", "h is lost"])
def test_it_steps_back_to_where_what_is_committed_continues_its_log(header):
    patient = Patient(damaged(LOG, 9, header=header))
    patient.hear(give(THEIRS[1], commit=10))
    assert (patient.unsynced, patient.asked()[-1]) == ([], ("c", 5, 12))
    patient.hear(give(*THEIRS, commit=10))
    patient.sync()
    assert patient.repair.done
    assert (patient.disk.batches, patient.disk.damaged) == ([FIRST, *THEIRS], {})


def test_it_takes_no_less_than_what_replaces_its_own_for_sure():
    """Entries that are committed, and stand here too, may be the ones a majority rests on: they do not fall."""
    own = rows(epoch(1), 4, 4, 4)
    patient = Patient(damaged(own, 9))
    patient.hear(give(THEIRS[1], commit=10))
    patient.hear(give(*divided([FIRST, *THEIRS], 4, 2)[1:2], commit=10))
    assert (patient.unsynced, patient.repair.done) == ([], False)
    patient.hear(give(*divided([FIRST, *THEIRS], 4, 2)[2:3], commit=10))
    patient.sync()
    assert [(batch.first, batch.last) for batch in patient.disk.batches] == [(1, 4), (5, 6), (7, 8)]


def test_of_theirs_it_takes_only_what_is_committed_there():
    patient = Patient(damaged(LOG, 9))
    patient.hear(give(THEIRS[1], commit=10))
    patient.hear(give(*THEIRS, commit=9))
    assert (patient.unsynced, patient.ask_again()[0]) == ([], ("a", 5, 12))


def test_what_is_not_committed_there_proves_no_parting():
    patient = Patient(damaged(LOG, 9))
    patient.hear(give(THEIRS[1], commit=9))
    assert (patient.unsynced, patient.ask_again()[0]) == ([], ("a", 9, 12))


def test_it_never_steps_back_behind_what_it_knows_to_be_committed():
    disk = damaged(LOG, 9)
    disk.meta["commit"] = (5,)
    patient = Patient(disk)
    patient.hear(give(THEIRS[1], commit=10))
    assert (patient.unsynced, patient.ask_again()[0]) == ([], ("a", 9, 12))


def test_with_a_suffix_that_falls_its_own_damage_falls_too():
    patient = Patient(damaged(LOG, 5, 9))
    patient.hear(give(OTHER, commit=8))
    patient.sync()
    assert patient.repair.done
    assert (patient.disk.batches, patient.disk.damaged) == ([FIRST, OTHER], {})


# In parts.


def test_committed_parts_are_kept_as_they_come():
    one, two = divided(LOG, 4, 2, 2, 4)[1:3]
    patient = middle(header=False)
    patient.hear(give(one, commit=6))
    patient.sync()
    assert not patient.repair.done
    assert patient.asked()[-1] == ("c", 7, 8)
    patient.hear(give(two, commit=8))
    patient.sync()
    assert patient.repair.done
    assert patient.disk.batches == [FIRST, one, two, END]


def test_parts_that_only_the_h_at_the_end_proves_are_written_together(patient):
    one, two = divided(LOG, 4, 2, 2, 4)[1:3]
    patient.hear(give(one))
    assert patient.unsynced == []
    assert patient.asked()[-1] == ("c", 7, 8)
    patient.hear(give(two))
    patient.sync()
    assert patient.disk.batches == [FIRST, one, two, END]


def test_parts_that_do_not_end_in_the_h_are_asked_for_anew(patient):
    one, two = divided([FIRST, OTHER], 4, 2, 2)[1:]
    patient.hear(give(one), give(two))
    assert patient.unsynced == []
    assert patient.ask_again()[0] == ("a", 5, 8)


def test_a_part_that_its_giver_has_replaced_since_does_not_block_the_right_one(patient):
    """It was taken from an end of a log that was not committed."""
    wrong = divided([FIRST, OTHER], 4, 2, 2)[1]
    one, two = divided(LOG, 4, 2, 2, 4)[1:3]
    patient.hear(give(wrong))
    patient.hear(give(two))
    assert patient.ask_again()[0] == ("a", 5, 8)
    patient.hear(give(one))
    patient.hear(give(two))
    patient.sync()
    assert patient.disk.batches == [FIRST, one, two, END]


# What is ignored.


def rotten(batch):
    return msgspec.structs.replace(batch, body=batch.body[:-1] + bytes([batch.body[-1] ^ 1]))


@pytest.mark.parametrize(
    "batches",
    [
        (),
        (FIRST,),
        (END,),
        (MIDDLE, END),
        (rotten(MIDDLE),),
        (OTHER, END),
        (msgspec.structs.replace(MIDDLE, first=6),),
        (msgspec.structs.replace(MIDDLE, first=4),),
    ],
    ids=["empty", "before", "behind", "beyond", "rotten", "broken chain", "gap", "overlap"],
)
def test_an_answer_that_is_not_what_was_asked_for_changes_nothing(patient, batches):
    """Not even the word that it is committed."""
    patient.hear(give(*batches, commit=12))
    assert (patient.unsynced, patient.repair.done) == ([], False)
    patient.hear(give(MIDDLE))
    patient.sync()
    assert patient.disk.batches == LOG


def test_an_answer_from_another_cluster_is_ignored(patient):
    patient.hear(msgspec.structs.replace(give(MIDDLE), cluster="other"))
    assert patient.unsynced == []


def test_a_second_answer_is_ignored(patient):
    patient.hear(give(MIDDLE), give(MIDDLE, name="c"))
    assert len(patient.unsynced) == 1
    patient.sync()
    patient.hear(give(MIDDLE, name="c"))
    assert patient.unsynced == []
    assert patient.disk.batches == LOG


def test_an_answer_while_the_disk_is_busy_waits_for_the_next_question():
    patient = Patient(damaged(LOG, 5, 9))
    patient.hear(give(MIDDLE))
    patient.hear(give(END))
    assert len(patient.unsynced) == 1
    patient.sync()
    assert patient.asked()[-1] == ("c", 9, 12)


@pytest.mark.parametrize(
    "message",
    [
        Prepare(epoch=epoch(9), commit=0),
        Call(round=1, rank=1, counter_seen=0),
        Append(epoch=epoch(9), prev=POSITION_ZERO, batches=(), commit=0, published=0, nonce=1),
        Hello(promised=epoch(9), last=0, nonce=1),
        MendAsk(after=0, upto=12),
    ],
    ids=lambda message: type(message).__name__,
)
def test_the_damaged_neither_vote_nor_copy_nor_lend(patient, message):
    """D5: it answers nothing and writes nothing."""
    patient.letters.clear()
    patient.hear(from_peer("a", message))
    assert (patient.letters, patient.unsynced) == ([], [])


# The disk.


def test_mending_and_truncating_is_one_write(patient):
    """Between two, a crash would leave a log that contradicts itself."""
    patient.hear(give(OTHER, commit=8))
    (persist,) = patient.unsynced
    assert (persist.log, [(mend.first, mend.last) for mend in persist.mends]) == ((9,), [(5, 8)])


def test_numbers_of_writes_rise():
    patient = Patient(damaged(LOG, 1, 5, 9))
    numbers = []
    for batch in LOG:
        patient.hear(give(batch))
        numbers += [persist.number for persist in patient.unsynced]
        patient.sync()
    assert numbers == [1, 2, 3]


def test_after_a_crash_in_the_middle_only_the_rest_is_asked_for():
    patient = Patient(damaged(LOG, 5, 9))
    patient.hear(give(MIDDLE))
    patient.sync()
    patient.hear(give(END))
    again = Patient(patient.disk)
    assert again.asked() == [("a", 9, 12), ("c", 9, 12)]


# Who gives.


def test_a_server_gives_what_it_has_and_says_how_far_it_is_committed():
    server = Server("a", ("a", "b", "c"))
    server.disk.batches = list(LOG)
    server.disk.meta["commit"] = (9,)
    server.start()
    server.hear(from_peer("b", MendAsk(after=4, upto=8)))
    ((to, message),) = server.said(MendGive)
    assert (to, message.batches, message.commit) == ("b", (MIDDLE,), 9)


def test_a_server_gives_no_more_than_it_has():
    server = Server("a", ("a", "b", "c"))
    server.disk.batches = LOG[:2]
    server.start()
    server.hear(from_peer("b", MendAsk(after=4, upto=12)), from_peer("b", MendAsk(after=8, upto=12)))
    assert [message.batches for _, message in server.said(MendGive)] == [(MIDDLE,), ()]
