"""Epochs, entries, batches and their chain (replication.md §2)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.wire.log import (
    BrokerKey,
    Command,
    Config,
    Entry,
    Epoch,
    Noop,
    Position,
    Voter,
    chain_at,
    is_intact,
    majority,
    make_batch,
    may_hold_config,
    slice_batch,
)

EPOCH = Epoch(3, "r-a")
texts = st.text(st.characters(codec="utf-8"), max_size=12)
numbers = st.integers(0, 2**40)
commands = st.builds(
    Command,
    st.sampled_from(["open", "login", "channel", "publish", "message"]),
    st.builds(BrokerKey, numbers, numbers, numbers),
    texts,
    texts,
    texts,
    texts,
)
configs = st.builds(Config, st.lists(st.builds(Voter, texts, texts), max_size=3).map(tuple))
entries = st.builds(Entry, numbers, st.floats(allow_nan=False), st.just(Noop()) | commands | configs)
logs = st.lists(entries, min_size=1, max_size=12)


@given(logs, st.integers(0, 2**32 - 1))
def test_a_batch_gives_back_its_entries(log, before):
    batch = make_batch(5, EPOCH, log, before)
    assert batch.entries() == log
    assert (batch.first, batch.last, batch.position) == (5, 4 + len(log), Position(EPOCH, 4 + len(log)))
    assert is_intact(batch, before)
    assert not is_intact(batch, before ^ 1)


@given(logs, st.data())
def test_the_chain_does_not_depend_on_the_division_into_batches(log, data):
    whole = make_batch(1, EPOCH, log, 0)
    at, chain = 0, 0
    while at < len(log):
        upto = data.draw(st.integers(at + 1, len(log)))
        part = make_batch(at + 1, EPOCH, log[at:upto], chain)
        assert chain_at(whole, upto, 0) == part.chain
        at, chain = upto, part.chain
    assert chain == whole.chain


@given(logs, st.data())
def test_a_slice_is_the_batch_of_these_entries(log, data):
    whole = make_batch(10, EPOCH, log, 77)
    first = data.draw(st.integers(10, whole.last))
    last = data.draw(st.integers(first, whole.last))
    before = chain_at(whole, first - 1, 77) if first > 10 else 77
    assert slice_batch(whole, first, last, before) == make_batch(first, EPOCH, log[first - 10 : last - 9], before)


@given(logs)
def test_a_batch_survives_encoding_and_a_config_in_it_is_never_overlooked(log):
    batch = make_batch(1, EPOCH, log, 0)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=type(batch))
    assert again == batch
    assert again.checksum() == batch.checksum()
    assert may_hold_config(batch) or not any(isinstance(entry.body, Config) for entry in log)


@given(logs, st.data())
def test_one_changed_bit_shows_in_checksum_and_chain(log, data):
    batch = make_batch(1, EPOCH, log, 0)
    body = bytearray(batch.body)
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    damaged = msgspec.structs.replace(batch, body=bytes(body))
    assert damaged.checksum() != batch.checksum()
    assert not is_intact(damaged, 0)


def test_damaged_bytes_are_a_decode_error():
    batch = msgspec.structs.replace(make_batch(1, EPOCH, [Entry(1, 0.0, Noop())], 0), body=b"\xc1")
    with pytest.raises(msgspec.DecodeError):
        batch.entries()


def test_two_candidates_with_one_counter_have_different_epochs():
    """Scenario S5: the replica id makes an epoch unique (§2)."""
    assert Epoch(3, "r-a") < Epoch(3, "r-b") < Epoch(4, "")


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (Position(Epoch(1, "a"), 100), Position(Epoch(2, "a"), 1)),
        (Position(Epoch(1, "a"), 100), Position(Epoch(1, "b"), 1)),
        (Position(Epoch(1, "a"), 1), Position(Epoch(1, "a"), 2)),
    ],
)
def test_more_up_to_date_is_by_epoch_first_length_alone_is_wrong(less, more):
    assert less < more


@pytest.mark.parametrize(
    ("voters", "members", "enough"),
    [
        ("a", "", False),
        ("a", "a", True),
        ("ab", "a", False),
        ("ab", "ab", True),
        ("abc", "a", False),
        ("abc", "ac", True),
        ("abcd", "ab", False),
        ("abcd", "abc", True),
        ("abcde", "abc", True),
        ("abc", "axyz", False),
    ],
)
def test_a_majority_is_counted_over_the_configuration_only(voters, members, enough):
    """replication.md §2: 2·|S ∩ C| > |C|, never from who is alive."""
    assert majority(set(members), Config(tuple(Voter(name, name) for name in voters))) is enough
