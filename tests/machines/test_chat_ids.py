"""Free-form request ids: remembered for the last 2,097,152 entries (replication.md §7)."""

import pytest

from coreto.machines.chat import ID_EVICTIONS, ID_WINDOW, content_digest
from coreto.wire.log import BrokerKey, Command
from tests.machines.applying import Log, told

ONCE, AGAIN = ("ok", "", True), ("ok", "", False)


@pytest.fixture
def log():
    made = Log()
    made.login("ana")
    made.login("bia")
    made.channel("geral")
    return made


def test_an_id_makes_a_retry_idempotent(log):
    assert told(log.publish("oi", "mine")) == ONCE
    assert told(log.publish("oi", "mine")) == AGAIN
    assert len(log.rows("messages")) == 1


def test_without_id_a_repetition_is_a_new_request(log):
    assert told(log.publish("oi")) == ONCE
    assert told(log.publish("oi")) == ONCE


def test_an_id_belongs_to_its_user(log):
    log.publish("oi", "mine")
    assert told(log.publish("oi", "mine", user="bia")) == ONCE


def test_a_reused_id_is_refused(log):
    log.publish("oi", "mine")
    assert told(log.publish("other", "mine")) == ("refused", "id_reused", False)


def test_content_is_compared_without_keys():
    one = Command("publish", BrokerKey(1, 1, 1), "x", "ana", "geral", "oi")
    two = Command("publish", BrokerKey(1, 9, 4), "y", "ana", "geral", "oi")
    other = Command("publish", BrokerKey(1, 1, 1), "x", "ana", "geral", "oi!")
    assert content_digest(one) == content_digest(two) != content_digest(other)
    assert 0 <= content_digest(one) < 2**62


def row(index, user="ana", text="oi"):
    command = Command("publish", BrokerKey(1, 1, 1), "", user, "geral", text)
    return content_digest(command), "ok", "", index, 1


def later_log(ids, at):
    """A log at this index, with these ids remembered since their positions, and users and a channel."""
    rows: dict[str, dict[tuple[object, ...], tuple[object, ...]]] = {
        "topics": {("user", "ana"): (0, 1, 0), ("channel", "geral"): (len(ids), 2, 0)},
        "ids": {("ana", name): row(position) for name, position in ids.items()},
        "id_order": {(position,): ("ana", name) for name, position in ids.items()},
    }
    return Log(rows=rows, at=at)


def test_an_id_is_known_within_the_window_and_unknown_beyond():
    """A retry at exactly the end of the window is a new request; one entry earlier it is not."""
    inside = later_log({"mine": 10}, at=10 + ID_WINDOW - 3)
    assert told(inside.publish("oi", "mine")) == AGAIN
    beyond = later_log({"mine": 10}, at=10 + ID_WINDOW - 2)
    assert told(beyond.publish("oi", "mine")) == ONCE


def test_expired_ids_are_removed_a_few_with_each_new_one():
    ids = {f"old {position}": position for position in range(10, 15)}
    log = later_log(ids, at=ID_WINDOW + 1000)
    log.publish("oi", "new")
    assert len(log.rows("ids")) == len(ids) - ID_EVICTIONS + 1
    assert list(log.rows("id_order"))[:1] == [(12,)]


def test_an_id_that_has_not_expired_is_not_removed():
    log = later_log({"old": 10, "young": 2000}, at=ID_WINDOW + 1000)
    log.publish("oi", "new")
    assert sorted(log.rows("ids")) == [("ana", "new"), ("ana", "young")]


def test_an_id_used_again_after_it_expired_is_remembered_anew():
    log = later_log({"mine": 10}, at=ID_WINDOW + 1000)
    assert told(log.publish("oi", "mine")) == ONCE
    assert told(log.publish("oi", "mine")) == AGAIN
    log.publish("oi", "other")
    assert told(log.publish("oi", "mine")) == AGAIN
