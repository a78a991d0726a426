"""What a subscriber shows: every message once and in order (replication.md §8, "Publication")."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.machines.inbox import AHEAD_MAX, CONFIRM_PAUSE, CONFIRM_TRIES, FETCH_AGAIN, LATEST, Fetch, Inbox
from coreto.machines.settings import DEFAULTS
from coreto.wire.publication import Publication

NOW = 100.0


def item(seq, topic="geral"):
    return Publication(topic, False, "ana", str(seq), seq, seq + 10, str(seq), 0.0, 0)


def items(*seqs):
    return [item(seq) for seq in seqs]


@pytest.fixture
def inbox():
    """Follows `geral` from its beginning, which is confirmed to be empty."""
    made = Inbox(DEFAULTS)
    made.follow("geral", direct=False, now=NOW, after=0)
    made.fetches()
    made.on_history("geral", [], more=False, now=NOW)
    return made


def hear(inbox, *seqs, now=NOW):
    for seq in seqs:
        inbox.on_publication(item(seq), now)


def shown(inbox):
    return [publication.seq for publication in inbox.take()]


def test_messages_in_order_are_shown_as_they_come(inbox):
    hear(inbox, 1, 2, 3)
    assert shown(inbox) == [1, 2, 3]
    assert inbox.fetches() == []


def test_a_repetition_is_dropped(inbox):
    hear(inbox, 1, 2, 1, 2, 2, 3)
    assert shown(inbox) == [1, 2, 3]
    assert inbox.fetches() == [], "and is no reason to ask"


def test_a_hole_is_fetched_and_what_is_behind_it_waits(inbox):
    hear(inbox, 1, 3)
    assert shown(inbox) == [1]
    assert inbox.fetches() == [Fetch("geral", False, 1)]
    inbox.on_history("geral", items(2, 3), more=False, now=NOW)
    assert shown(inbox) == [2, 3]


def test_a_hole_that_closes_by_itself_is_shown_in_order(inbox):
    hear(inbox, 2, 3, 1)
    assert shown(inbox) == [1, 2, 3]


def test_one_hole_is_fetched_once_until_the_fetch_is_late(inbox):
    hear(inbox, 3, 4, 5)
    assert len(inbox.fetches()) == 1
    inbox.tick(NOW + FETCH_AGAIN - 0.1)
    assert inbox.fetches() == []
    inbox.tick(NOW + FETCH_AGAIN)
    assert len(inbox.fetches()) == 1


def test_long_history_is_fetched_page_by_page(inbox):
    hear(inbox, 5)
    inbox.fetches()
    inbox.on_history("geral", items(1, 2), more=True, now=NOW)
    assert inbox.fetches() == [Fetch("geral", False, 2)]
    inbox.on_history("geral", items(3, 4), more=False, now=NOW)
    assert shown(inbox) == [1, 2, 3, 4, 5]


def test_a_jump_that_history_does_not_confirm_is_not_believed(inbox):
    """protocol.md §3: XSUB is open to anybody."""
    hear(inbox, 1_000_000)
    now = NOW
    for _ in range(CONFIRM_TRIES):
        assert len(inbox.fetches()) == 1
        inbox.on_history("geral", [], more=False, now=now)
        now += CONFIRM_PAUSE
        inbox.tick(now)
    assert inbox.fetches() == []
    hear(inbox, 1, 2, now=now)
    assert shown(inbox) == [1, 2]


def test_after_a_silence_the_tail_is_asked_for(inbox):
    """Scenario S26: the last message of a burst may be lost with nothing behind it."""
    hear(inbox, 1)
    assert inbox.deadline() == NOW + DEFAULTS.tail_poll
    inbox.tick(NOW + DEFAULTS.tail_poll)
    assert inbox.fetches() == [Fetch("geral", False, 1)]
    inbox.on_history("geral", items(2), more=False, now=NOW + 6)
    assert shown(inbox) == [1, 2]


def test_topics_are_compared_exactly(inbox):
    """SUB matches prefixes: `ana` also receives `anabela`."""
    inbox.on_publication(item(1, "geral-2"), NOW)
    assert inbox.take() == []


def test_a_publication_without_seq_is_shown_as_it_is(inbox):
    hear(inbox, 0, 1, 0)
    assert shown(inbox) == [0, 1, 0]


def test_without_a_beginning_it_starts_behind_the_latest_message():
    inbox = Inbox(DEFAULTS)
    inbox.follow("geral", direct=False, now=NOW)
    assert inbox.fetches() == [Fetch("geral", False, LATEST)]
    hear(inbox, 8)
    assert inbox.take() == [], "not before it knows where it stands"
    inbox.on_history("geral", items(7), more=False, now=NOW)
    assert shown(inbox) == [8]


def test_an_empty_topic_starts_with_its_first_message():
    inbox = Inbox(DEFAULTS)
    inbox.follow("geral", direct=False, now=NOW)
    inbox.on_history("geral", [], more=False, now=NOW)
    hear(inbox, 1)
    assert shown(inbox) == [1]


def test_what_was_left_is_not_shown(inbox):
    inbox.leave("geral")
    inbox.leave("geral")
    hear(inbox, 1)
    inbox.on_history("geral", items(1), more=False, now=NOW)
    assert inbox.take() == []
    assert inbox.deadline() == float("inf")


def test_what_is_kept_ahead_of_a_hole_is_bounded(inbox):
    hear(inbox, *range(2, 2 * AHEAD_MAX))
    inbox.on_history("geral", items(1), more=False, now=NOW)
    assert len(shown(inbox)) == AHEAD_MAX + 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 4)),
        st.tuples(st.just("deliver"), st.integers(0, 10**6)),
        st.tuples(st.just("repeat"), st.integers(0, 10**6)),
        st.tuples(st.just("lose"), st.integers(0, 10**6)),
        st.tuples(st.just("answer"), st.integers(0, 4)),
        st.tuples(st.just("wait"), st.floats(0.0, 3.0)),
    ),
    max_size=60,
)


@given(steps, st.integers(1, 3))
def test_any_loss_repetition_and_order_ends_in_every_message_once_and_in_order(given_steps, page):
    """I10: a subscriber that backfills sees seq 1..n without gap or repeat."""
    inbox = Inbox(DEFAULTS)
    inbox.follow("geral", direct=False, now=NOW, after=0)
    on_the_way: list[int] = []
    seen: list[int] = []
    stored, now = 0, NOW
    asked = inbox.fetches()

    def answer(lag):
        fetch = asked.pop(0)
        known = range(fetch.after + 1, stored - lag + 1)
        part = items(*known)[:page]
        inbox.on_history("geral", part, more=len(part) < len(known), now=now)

    for step, value in given_steps:
        if step == "publish":
            on_the_way += range(stored + 1, stored + int(value) + 1)
            stored += int(value)
        elif step == "deliver" and on_the_way:
            hear(inbox, on_the_way.pop(int(value) % len(on_the_way)), now=now)
        elif step == "repeat" and on_the_way:
            hear(inbox, on_the_way[int(value) % len(on_the_way)], now=now)
        elif step == "lose" and on_the_way:
            on_the_way.pop(int(value) % len(on_the_way))
        elif step == "answer" and asked:
            answer(int(value))
        elif step == "wait":
            now += value
            inbox.tick(now)
        asked += inbox.fetches()
        seen += shown(inbox)
        assert seen == list(range(1, len(seen) + 1))
    for _ in range(stored + 10):
        now = max(now, inbox.deadline())
        inbox.tick(now)
        asked += inbox.fetches()
        while asked:
            answer(0)
            asked += inbox.fetches()
    assert seen + shown(inbox) == list(range(1, stored + 1))
