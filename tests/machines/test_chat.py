"""What commands do to users, channels and messages, the same on every replica (replication.md §7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.chat import Chat
from coreto.machines.tables import Tables
from coreto.wire.log import Noop
from tests.machines.applying import Log, outcome, told
from tests.support.machines import config_of, entry

DONE = ("ok", "", True)


@pytest.fixture
def log():
    made = Log()
    made.login("ana")
    made.channel("geral")
    return made


def test_a_login_may_be_repeated_there_is_no_logout(log):
    assert told(log.login("ana")) == DONE
    assert told(log.login("bia")) == DONE


def test_a_channel_exists_once(log):
    assert told(log.channel("geral")) == ("refused", "channel_exists", True)


def test_users_and_channels_share_one_space_of_names(log):
    assert told(log.login("geral")) == ("refused", "name_is_channel", True)
    assert told(log.channel("ana")) == ("refused", "name_is_user", True)


def test_an_outcome_names_the_index_even_when_refused(log):
    refused = outcome(log.channel("geral"))
    assert refused.index == log.chat.applied


def test_seq_counts_per_channel_without_holes(log):
    log.channel("lab")
    assert [outcome(log.publish()).seq for _ in range(3)] == [1, 2, 3]
    log.login("bia")
    assert outcome(log.message("ana", "bia")).seq == 1
    assert outcome(log.publish()).seq == 4


def test_direct_messages_count_per_receiver(log):
    log.login("bia")
    assert outcome(log.message("ana", "bia")).seq == 1
    assert outcome(log.message("bia", "bia")).seq == 2
    assert outcome(log.message("bia", "ana")).seq == 1


def test_a_refused_message_takes_no_seq(log):
    assert told(log.publish(user="nobody")) == ("refused", "sender_unknown", True)
    assert outcome(log.publish()).seq == 1


def test_unknown_receivers_are_decided_at_apply(log):
    assert told(log.message("ana", "nobody")) == ("refused", "user_unknown", True)
    assert told(log.message("ana", "geral")) == ("refused", "user_unknown", True)


def test_an_unknown_channel_is_refused():
    log = Log()
    log.login("ana")
    assert told(log.publish()) == ("refused", "channel_unknown", True)


def test_a_repeated_login_keeps_the_messages_of_a_user(log):
    log.message("ana", "ana")
    log.login("ana")
    assert outcome(log.message("ana", "ana")).seq == 2


def test_messages_are_found_by_topic_and_by_conversation(log):
    log.login("bia")
    first = outcome(log.message("bia", "ana")).index
    second = outcome(log.message("ana", "bia")).index
    assert log.rows("messages") == {("ana", 1): (first,), ("bia", 1): (second,)}
    assert log.rows("conversations") == {("ana", "bia", first): (1,), ("ana", "bia", second): (1,)}


@pytest.mark.parametrize("body", [Noop(), config_of("ab")])
def test_an_entry_without_command_moves_applied_only(log, body):
    before = log.chat.digest
    applied = log.apply(body)
    assert (applied.outcome, applied.executed) == (None, False)
    assert log.chat.digest == before


def test_entries_are_applied_in_order_none_left_out(log):
    with pytest.raises(AssertionError):
        log.chat.apply(log.chat.applied + 2, entry(Noop()))


def run(log, steps):
    for kind, name in steps:
        if kind == "login":
            log.login(name)
        elif kind == "channel":
            log.channel(name, request_id=name)
        elif kind == "publish":
            log.publish(user=name, request_id="s" * 22 + ":0")
        else:
            log.message(name, "ana")


steps = st.lists(
    st.tuples(st.sampled_from(["login", "channel", "publish", "message"]), st.sampled_from(["ana", "bia", "geral"])),
    max_size=15,
)


@given(steps)
def test_two_replicas_reach_the_same_state_and_hash(given_steps):
    """G3 and I12."""
    one, two = Log(), Log()
    run(one, given_steps)
    run(two, given_steps)
    assert one.chat.digest == two.chat.digest
    assert all(one.rows(table) == two.rows(table) for table in ("topics", "messages", "outcomes", "ids"))


@given(steps, steps)
def test_a_replica_that_restarts_in_between_reaches_the_same_state(before, after):
    straight = Log()
    run(straight, before)
    run(straight, after)
    log = Log()
    run(log, before)
    log.save()
    log.tables = Tables(log.disk, log.tables.checkpoint, log.tables.digest)
    log.chat = Chat(log.tables)
    run(log, after)
    assert (log.chat.applied, log.chat.digest) == (straight.chat.applied, straight.chat.digest)


def test_another_effect_gives_another_hash(log):
    other = Log()
    other.login("ana")
    other.channel("lab")
    assert log.chat.digest != other.chat.digest
