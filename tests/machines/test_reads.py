"""What `users`, `channels` and `history` answer (protocol.md §2)."""

import pytest

from coreto.wire.limits import ANSWER_BYTES_MAX, FRAME_BYTES_CLIENT, HISTORY_ROWS_DEFAULT
from tests.machines.chatting import Town
from tests.support.machines import ROUTE, request


@pytest.fixture
def town():
    return Town()


def texts(answer):
    return [row["message"] for row in answer["messages"]]


def test_names_are_in_order_and_paged(town):
    for user in ("caio", "Ana", "duda"):
        town.tell("login", user=user)
    assert town.tell("users")["users"] == ["Ana", "ana", "bia", "caio", "duda"]
    assert town.tell("users", after="ana", limit=2)["users"] == ["bia", "caio"]
    assert town.tell("users", after="zeca")["users"] == []


def test_channels_are_told_under_both_keys(town):
    """The course text prints `users`."""
    town.tell("channel", channel="avisos")
    answer = town.tell("channels")
    assert answer["channels"] == answer["users"] == ["avisos", "geral"]


def test_a_read_names_server_and_index(town):
    answer = town.tell("users")
    assert (answer["server"], answer["index"]) == ("a", town.node.chat.applied)


def test_history_tells_all_there_is_to_know_of_a_message(town):
    town.tell("publish", user="ana", channel="geral", message="oi", id="mine")
    (row,) = town.tell("history", channel="geral")["messages"]
    assert row.keys() == {"seq", "index", "id", "user", "message", "timestamp", "clock"}
    assert (row["seq"], row["id"], row["user"], row["message"]) == (1, "mine", "ana", "oi")


def test_a_message_without_id_has_its_place_in_the_log_as_id(town):
    stored = town.publish("oi")
    (row,) = town.tell("history", channel="geral")["messages"]
    assert row["id"] == stored["id"] == str(row["index"])


def test_history_without_bounds_is_the_end_of_it(town):
    for number in range(HISTORY_ROWS_DEFAULT + 3):
        town.publish(str(number))
    answer = town.tell("history", channel="geral")
    assert texts(answer) == [str(number) for number in range(3, HISTORY_ROWS_DEFAULT + 3)]
    assert answer["more"] is True


@pytest.mark.parametrize(
    ("bounds", "seqs", "more"),
    [
        ({}, [1, 2, 3, 4, 5, 6], False),
        ({"limit": 2}, [5, 6], True),
        ({"after": 0, "limit": 2}, [1, 2], True),
        ({"after": 4, "limit": 2}, [5, 6], False),
        ({"after": 6}, [], False),
        ({"before": 3}, [1, 2], False),
        ({"before": 6, "limit": 2}, [4, 5], True),
        ({"after": 2, "before": 5}, [3, 4], False),
        ({"limit": 6}, [1, 2, 3, 4, 5, 6], False),
    ],
)
def test_history_pages_by_seq_in_both_directions(town, bounds, seqs, more):
    for number in range(1, 7):
        town.publish(str(number))
    answer = town.tell("history", channel="geral", **bounds)
    assert ([row["seq"] for row in answer["messages"]], answer["more"]) == (seqs, more)


def test_direct_messages_are_read_by_receiver_and_by_conversation(town):
    town.message("ana", "bia", "oi")
    town.tell("login", user="caio")
    town.message("caio", "bia", "tudo bem?")
    town.message("bia", "ana", "sim")
    assert texts(town.tell("history", user="bia")) == ["oi", "tudo bem?"]
    assert texts(town.tell("history", user="ana", peer="bia")) == ["oi", "sim"]
    assert texts(town.tell("history", user="bia", peer="ana")) == ["oi", "sim"]
    row = town.tell("history", user="bia")["messages"][0]
    assert (row["src"], row["dst"], row["seq"]) == ("ana", "bia", 1)


def test_a_conversation_pages_by_index(town):
    town.message("ana", "bia", "oi")
    first = town.tell("history", user="ana", peer="bia")["messages"][0]["index"]
    town.message("bia", "ana", "sim")
    assert texts(town.tell("history", user="ana", peer="bia", after=first)) == ["sim"]


@pytest.mark.parametrize("data", [{"channel": "nowhere"}, {"user": "nobody"}])
def test_history_of_nothing_known_is_an_error(town, data):
    answer = town.tell("history", **data)
    assert (answer["status"], answer["code"]) == ("erro", "refused")


@pytest.mark.parametrize("bounds", [{"after": 0}, {}])
def test_a_long_history_is_cut_to_one_frame_and_can_be_read_on(town, bounds):
    for _ in range(30):
        town.publish("é" * 2048)
    town.ask(request("history", channel="geral", **bounds))
    town.node.on_request(ROUTE, request("history", channel="geral", **bounds), town.time.now)
    town.end_turn()
    raw = town.replies.pop().body
    assert ANSWER_BYTES_MAX * 0.8 < len(raw) < FRAME_BYTES_CLIENT
    answer = town.tell("history", channel="geral", **bounds)
    assert answer["more"] is True
    seqs = [row["seq"] for row in answer["messages"]]
    assert seqs == (list(range(1, len(seqs) + 1)) if bounds else list(range(31 - len(seqs), 31)))


def test_history_reads_what_the_tables_and_the_log_hold_on_disk(town):
    for number in range(700):
        town.publish(str(number))
    town.start()
    town.turn()
    town.turn()
    assert texts(town.tell("history", channel="geral", after=0, limit=2)) == ["0", "1"]
