"""Many clients at once, and a power cut in the middle: nothing answered is lost, nothing happens twice."""

import itertools
from collections import Counter
from contextlib import ExitStack
from functools import partial

import pytest

from tests.support.load import AUTHORS, CHANNELS, Load, Write, mixed_write, prepare
from tests.support.plain import PlainClient
from tests.support.reading import Topic, everything, whole_history
from tests.support.subscriber import Subscriber

WRITES = 2_000
TOPICS = [Topic("channel", name) for name in CHANNELS] + [Topic("user", name) for name in AUTHORS]


def newest_index(answered):
    """The place in the log of the last write that was answered."""
    return max(answer["index"] for answer in answered.values())


def equal_on_all_servers(cluster, connect, min_index):
    """What every server says is stored; fail when two of them differ."""
    views = [everything(connect(server.address), min_index) for server in cluster.servers]
    assert len(views) == 3
    assert views[0] == views[1] == views[2]
    return views[0]


def assert_no_hole(histories):
    for topic, messages in histories.items():
        assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1)), topic


# Load.


@pytest.fixture(scope="module")
def prepared(cluster, context):
    """A client of a cluster that has the users and channels of the load."""
    with PlainClient(context, cluster.broker) as client:
        prepare(client)
        yield client


@pytest.fixture(scope="module")
def subscribers(cluster, context, prepared):
    """Two subscribers to every topic of the load, from before it begins."""
    with ExitStack() as stack:
        names = [topic.name for topic in TOPICS]
        yield [stack.enter_context(Subscriber(context, cluster.proxy, *names)).tune_in(prepared) for _ in range(2)]


@pytest.fixture(scope="module")
def loaded(cluster, context, prepared, subscribers):
    """Answers to the 2,000 writes of eight clients."""
    each = WRITES // len(AUTHORS)
    load = Load(context, cluster.broker, lambda author: map(partial(mixed_write, author), range(each)))
    load.finish()
    assert not load.cut
    assert len(load.answered) == WRITES
    return load.answered


def test_all_servers_hold_the_same_and_no_number_is_missing(cluster, connect, loaded):
    stored = equal_on_all_servers(cluster, connect, newest_index(loaded))
    assert set(AUTHORS) <= set(stored.users)
    assert set(CHANNELS) <= set(stored.channels)
    assert_no_hole(stored.histories)


def test_every_write_is_stored_once_where_its_answer_says(prepared, loaded):
    stored = everything(prepared)
    assert_holds_once(stored, loaded)
    messages = [write for write in loaded if write.topic]
    assert len(messages) == sum(len(stored.histories[topic]) for topic in TOPICS)


def test_two_subscribers_see_every_message_once_and_in_order(prepared, loaded, subscribers):
    wanted = {topic.name: whole_history(prepared, topic) for topic in TOPICS}
    count = sum(map(len, wanted.values()))
    for subscriber in subscribers:
        heard = subscriber.drain(lambda heard: len(heard) >= count)
        assert len(heard) > count / 2, "publications are a hint, but not that rare"
        assert {item.topic for item in heard} <= wanted.keys()
        for topic in TOPICS:
            assert seen_by(prepared, topic, heard) == [(m["seq"], m["message"]) for m in wanted[topic.name]]


def seen_by(client, topic, heard):
    """What a subscriber shows of a topic: what it heard, and where that has holes, the history."""
    shown: list[tuple[int, str]] = []
    for _, body in (item for item in heard if item.topic == topic.name):
        shown += missing(client, topic, len(shown), body["seq"] - 1)
        shown.append((body["seq"], body["message"]))
    return shown + missing(client, topic, len(shown), None)


def missing(client, topic, after, last):
    """The messages of a topic behind `after` up to `last`, or to its end."""
    if after == last:
        return []
    rows = [row for row in whole_history(client, topic) if row["seq"] > after]
    return [(row["seq"], row["message"]) for row in rows if last is None or row["seq"] <= last]


# Power cuts.


def endless_writes(tag, author):
    """Writes of an author until somebody says stop."""
    return (mixed_write(author, number, tag) for number in itertools.count())


def load_until_killed(cluster, context, tag, answers):
    """Run the load, kill the process after so many answers, and return what the clients know."""
    load = Load(context, cluster.broker, partial(endless_writes, tag))
    try:
        load.wait_answered(answers)
        cluster.kill()
    finally:
        load.stop()
        load.finish()
    return load


def assert_holds_once(stored, answered):
    """Every answered write is there, messages exactly once and where the answer said."""
    counts = Counter((topic, m["message"]) for topic, messages in stored.histories.items() for m in messages)
    for write, answer in answered.items():
        if write.topic is None:
            names = stored.users if write.service == "login" else stored.channels
            assert names.count(write.data.get("user") or write.data.get("channel")) == 1, write
        else:
            assert counts[write.topic, write.id] == 1, write
            assert stored.histories[write.topic][answer["seq"] - 1]["message"] == write.id


def assert_holds_at_most_once(stored, cut):
    """No write without an answer is there twice."""
    texts = Counter(m["message"] for messages in stored.histories.values() for m in messages)
    assert not [write for write in cut if texts[write.id] > 1]


def assert_repeats_are_recognised(client, answered):
    """Writes that come again with their id are answered as the first time."""
    for write in list(answered)[-20:]:
        again = client.write(write.service, **write.data)
        assert (again["index"], again.get("seq")) == (answered[write]["index"], answered[write].get("seq"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.full)])
def test_answered_writes_outlive_sigkill_and_repeated_ones_happen_once(new_cluster, context, connect, rounds):
    cluster = new_cluster()
    cluster.begin()
    cluster.wait_ready()
    prepare(connect(cluster.broker))
    answered: dict[Write, dict[str, object]] = {}
    for number in range(rounds):
        load = load_until_killed(cluster, context, f"r{number}", answers=40 + number * 67 % 300)
        answered |= load.answered
        cluster.begin()
        cluster.wait_ready()
        client = connect(cluster.broker)
        stored = everything(client)
        assert_holds_once(stored, answered)
        assert_holds_at_most_once(stored, load.cut)
        assert_repeats_are_recognised(client, load.answered)
        answered |= {write: client.write(write.service, **write.data) for write in load.cut}
    stored = equal_on_all_servers(cluster, connect, newest_index(answered))
    assert_no_hole(stored.histories)
    assert_holds_once(stored, answered)
    assert cluster.end() == 0
