"""What a plain client of the course protocol may rely on."""

import re
import time
from datetime import datetime

import pytest

from tests.support.reading import Topic, whole_history

SKEW_SECONDS = 5.0
GREATEST_INTEGER = 2**32


@pytest.fixture
def ana(client, fresh):
    """A user who has logged in."""
    return logged_in(client, fresh("ana"))


@pytest.fixture
def bia(client, fresh):
    """Another user who has logged in."""
    return logged_in(client, fresh("bia"))


@pytest.fixture
def square(client, fresh):
    """A channel that exists."""
    name = fresh("praça")
    client.write("channel", channel=name)
    return name


def logged_in(client, name):
    client.write("login", user=name)
    return name


def integers(value):
    """All integers inside a value, keys and values."""
    if isinstance(value, dict):
        return [n for pair in value.items() for item in pair for n in integers(item)]
    if isinstance(value, list):
        return [n for item in value for n in integers(item)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


# Statuses.


def test_login_succeeds_and_succeeds_again(client, fresh):
    name = fresh("ana")
    assert client.ask("login", user=name)["status"] == "sucesso"
    assert client.ask("login", user=name)["status"] == "sucesso"
    assert client.ask("users")["users"].count(name) == 1


def test_a_channel_is_created_once(client, fresh):
    name = fresh("geral")
    assert client.ask("channel", channel=name)["status"] == "sucesso"
    again = client.ask("channel", channel=name)
    assert again["status"] == "erro"
    assert name in again["description"]
    assert again["message"] == again["description"]
    assert again["code"] == "refused"


def test_channels_are_listed_under_both_keys(client, square):
    answer = client.ask("channels")
    assert square in answer["channels"]
    assert answer["users"] == answer["channels"]


@pytest.mark.parametrize(("service", "key"), [("users", "users"), ("channels", "channels")])
def test_lists_can_be_read_in_pieces(client, ana, bia, square, service, key):
    whole = client.ask(service)[key]
    pieces, after = [], None
    while piece := client.ask(service, after=after, limit=1)[key]:
        assert len(piece) == 1
        pieces += piece
        after = piece[-1]
    assert pieces == whole


def test_publish_is_ok_and_its_error_text_is_empty(client, ana, square):
    answer = client.ask("publish", user=ana, channel=square, message="oi")
    assert (answer["status"], answer["message"]) == ("OK", "")
    assert answer["seq"] == 1
    assert client.ask("publish", user=ana, channel=square, message="oi de novo")["seq"] == 2


def test_a_direct_message_is_ok_and_its_error_text_is_empty(client, ana, bia):
    answer = client.ask("message", src=ana, dst=bia, message="oi")
    assert (answer["status"], answer["message"]) == ("OK", "")
    assert answer["seq"] == 1


@pytest.mark.parametrize("length", [1, 32])
def test_the_longest_and_the_shortest_name_are_good(client, length):
    assert client.ask("login", user="é" * length)["status"] == "sucesso"


def test_the_longest_text_is_good_and_comes_back_as_it_was(client, ana, square):
    text = "ç\n\t" * 1024
    assert len(text.encode()) == 4096
    client.write("publish", user=ana, channel=square, message=text)
    assert client.ask("history", channel=square)["messages"][-1]["message"] == text


# Clocks and timestamps.


@pytest.mark.parametrize("service", ["login", "users", "channel", "channels", "history", "status", "no such"])
def test_every_answer_has_clock_and_timestamp_at_both_places(client, fresh, square, service):
    name = fresh("nome")
    answer = client.ask(service, user=name, channel=square if service == "history" else name)
    assert client.envelope["clock"] == answer["clock"]
    assert client.envelope["timestamp"] == answer["timestamp"]
    assert isinstance(answer["clock"], int)
    assert abs(answer["timestamp"] - time.time()) < SKEW_SECONDS


def test_the_answer_is_later_than_the_request(client):
    ahead = client.ask("users")["clock"] + 1000
    assert client.ask("users", clock=ahead)["clock"] > ahead


@pytest.mark.parametrize("key", ["clock", "lamport_clock", "logical_clock"])
def test_the_clock_is_found_on_top_as_well(client, key):
    ahead = client.ask("users")["clock"] + 1000
    answer = client.exchange({"service": "users", "data": {}, key: ahead})
    assert answer["clock"] > ahead


@pytest.mark.parametrize(
    ("sent", "kind", "per_second"),
    [(1_700_000_000, int, 1), (1_700_000_000_000, int, 1000), (1.7e9, float, 1), (1.7e12, float, 1000)],
)
def test_numeric_timestamps_are_answered_in_their_kind(client, sent, kind, per_second):
    answer = client.ask("users", timestamp=sent)["timestamp"]
    assert type(answer) is kind
    assert abs(answer / per_second - time.time()) < SKEW_SECONDS


def test_an_iso_timestamp_is_answered_with_one(client):
    answer = client.ask("users", timestamp="2025-03-01T10:00:00")["timestamp"]
    assert abs(datetime.fromisoformat(answer).timestamp() - time.time()) < SKEW_SECONDS


def test_a_time_of_day_is_answered_with_one(client):
    assert re.fullmatch(r"\d\d:\d\d:\d\d", client.ask("users", timestamp="10:00:00")["timestamp"])


def test_without_a_timestamp_the_answer_has_float_seconds(client):
    answer = client.exchange({"service": "users", "data": {"clock": 1}})
    assert type(answer["timestamp"]) is float


def test_no_integer_is_beyond_what_every_reader_takes(client, ana, bia, square):
    client.write("publish", user=ana, channel=square, message="oi")
    client.write("message", src=ana, dst=bia, message="oi")
    for service, data in [
        ("history", {"channel": square}),
        ("history", {"user": bia}),
        ("history", {"user": ana, "peer": bia}),
        ("status", {}),
    ]:
        client.ask(service, **data)
        assert max(integers(client.envelope)) <= GREATEST_INTEGER


@pytest.mark.parametrize(
    ("service", "data"),
    [
        ("publish", {"username": "{ana}", "name": "{square}", "content": "oi"}),
        ("publish", {"from": "{ana}", "channel": "{square}", "text": "oi"}),
        ("message", {"from": "{ana}", "to": "{bia}", "text": "oi"}),
        ("message", {"user": "{ana}", "dst": "{bia}", "content": "oi"}),
        ("channel", {"name": "{square}-2"}),
        ("login", {"username": "{ana}"}),
    ],
)
def test_keys_have_aliases(client, ana, bia, square, service, data):
    filled = {key: value.format(ana=ana, bia=bia, square=square) for key, value in data.items()}
    client.write(service, **filled)


@pytest.mark.parametrize("key", ["service", "action", "type"])
def test_the_service_has_aliases(client, key):
    assert "users" in client.exchange({key: "users", "data": {}})["data"]


# Publications.


def test_a_channel_message_is_published_flat_and_nested(client, ana, square, subscribe):
    listener = subscribe(square)
    answer = client.write("publish", user=ana, channel=square, message="oi")
    (topic, body) = listener.wait_for(1)[0]
    core = {"user": ana, "channel": square, "message": "oi"}
    assert topic == square
    assert body.items() >= {"service": "publish", "seq": 1, "id": answer["id"], **core}.items()
    assert body["data"].items() >= core.items()
    assert_stamped(body)


def test_a_direct_message_is_published_flat_and_nested(client, ana, bia, subscribe):
    listener = subscribe(bia)
    answer = client.write("message", src=ana, dst=bia, message="oi")
    (topic, body) = listener.wait_for(1)[0]
    core = {"src": ana, "dst": bia, "message": "oi"}
    names = {"user": ana, "from": ana, "to": bia}
    assert topic == bia
    assert body.items() >= {"service": "message", "seq": 1, "id": answer["id"], **core, **names}.items()
    assert body["data"].items() >= core.items()
    assert_stamped(body)


def assert_stamped(body):
    assert type(body["timestamp"]) is float
    assert abs(body["timestamp"] - time.time()) < SKEW_SECONDS
    assert body["clock"] > 0
    assert (body["data"]["timestamp"], body["data"]["clock"]) == (body["timestamp"], body["clock"])
    assert max(integers(body)) <= GREATEST_INTEGER


def test_publications_come_once_in_order_and_numbered(client, ana, square, subscribe):
    listener = subscribe(square)
    for number in range(50):
        client.write("publish", user=ana, channel=square, message=str(number))
    heard = [(body["seq"], body["message"]) for _, body in listener.wait_for(50)]
    assert heard == [(number + 1, str(number)) for number in range(50)]


def test_a_refused_message_is_not_published(client, ana, square, fresh, subscribe):
    nowhere = fresh("nada")
    listener = subscribe(nowhere, square)
    assert client.ask("publish", user=ana, channel=nowhere, message="oi")["status"] == "erro"
    client.write("publish", user=ana, channel=square, message="tchau")
    assert [body["message"] for _, body in listener.wait_for(1)] == ["tchau"]


# History.


def test_the_history_of_a_channel_has_every_message_in_order(client, ana, bia, square):
    said = [(ana, "um"), (bia, "dois"), (ana, "três")]
    answers = [client.write("publish", user=user, channel=square, message=text) for user, text in said]
    answer = client.ask("history", channel=square)
    assert (answer["status"], answer["more"]) == ("OK", False)
    messages = answer["messages"]
    assert [(m["user"], m["message"]) for m in messages] == said
    assert [(m["seq"], m["index"], m["id"]) for m in messages] == [(a["seq"], a["index"], a["id"]) for a in answers]
    assert all(abs(m["timestamp"] - time.time()) < SKEW_SECONDS and m["clock"] > 0 for m in messages)


def test_the_history_of_a_user_has_what_the_user_received(client, ana, bia):
    client.write("message", src=ana, dst=bia, message="para bia")
    client.write("message", src=bia, dst=ana, message="para ana")
    messages = client.ask("history", user=bia)["messages"]
    assert [(m["seq"], m["src"], m["dst"], m["message"]) for m in messages] == [(1, ana, bia, "para bia")]


def test_the_history_with_a_peer_has_both_directions_and_nobody_else(client, ana, bia, fresh):
    eva = logged_in(client, fresh("eva"))
    client.write("message", src=ana, dst=bia, message="oi, bia")
    client.write("message", src=eva, dst=bia, message="sou eva")
    client.write("message", src=bia, dst=ana, message="oi, ana")
    answers = [client.ask("history", user=ana, peer=bia), client.ask("history", user=bia, peer=ana)]
    for answer in answers:
        messages = answer["messages"]
        assert [(m["src"], m["message"]) for m in messages] == [(ana, "oi, bia"), (bia, "oi, ana")]
        assert messages[0]["index"] < messages[1]["index"]


def test_history_is_read_in_pages_forwards_and_backwards(client, ana, square):
    for number in range(1, 8):
        client.write("publish", user=ana, channel=square, message=str(number))
    assert page(client, channel=square, after=0, limit=3) == ([1, 2, 3], True)
    assert page(client, channel=square, after=3, limit=3) == ([4, 5, 6], True)
    assert page(client, channel=square, after=6, limit=3) == ([7], False)
    assert page(client, channel=square, before=8, limit=3) == ([5, 6, 7], True)
    assert page(client, channel=square, before=3, limit=3) == ([1, 2], False)


def page(client, **which):
    answer = client.ask("history", **which)
    return [message["seq"] for message in answer["messages"]], answer["more"]


def test_a_history_too_large_for_one_answer_says_there_is_more(client, ana, square):
    for number in range(30):
        client.write("publish", user=ana, channel=square, message=f"{number:04}" * 1024)
    first = client.ask("history", channel=square, after=0, limit=500)
    assert first["more"] is True
    whole = whole_history(client, Topic("channel", square))
    assert [message["message"][:4] for message in whole] == [f"{number:04}" for number in range(30)]


# Requests with an id.


def test_the_same_request_id_has_one_effect(client, ana, square, fresh, subscribe):
    listener = subscribe(square)
    request = {"user": ana, "channel": square, "message": "só uma vez", "id": fresh("pedido")}
    first, second = (client.write("publish", **request) for _ in range(2))
    assert first["id"] == second["id"] == request["id"]
    assert (first["seq"], first["index"]) == (second["seq"], second["index"])
    client.write("publish", user=ana, channel=square, message="outra")
    assert [m["message"] for m in client.ask("history", channel=square)["messages"]] == [
        "só uma vez",
        "outra",
    ]
    assert [body["message"] for _, body in listener.wait_for(2)] == ["só uma vez", "outra"]


def test_a_repeated_creation_with_its_id_is_answered_as_the_first_time(client, fresh):
    request = {"channel": fresh("geral"), "id": fresh("pedido")}
    assert [client.ask("channel", **request)["status"] for _ in range(2)] == ["sucesso", "sucesso"]


def test_the_same_request_id_for_something_else_is_refused(client, ana, square, fresh):
    request = {"user": ana, "channel": square, "message": "sim", "id": fresh("pedido")}
    client.write("publish", **request)
    other = client.ask("publish", **{**request, "message": "não"})
    assert (other["status"], other["code"]) == ("erro", "refused")
    assert other["description"] == other["message"] != ""
    assert [m["message"] for m in client.ask("history", channel=square)["messages"]] == ["sim"]


# Reading one's own writes.


def test_a_client_reads_what_it_just_wrote_from_any_server(client, ana, fresh):
    answered_by = set()
    for number in range(200):
        user, channel = fresh("u"), fresh("c")
        client.write("login", user=user)
        assert user in client.ask("users")["users"]
        client.write("channel", channel=channel)
        answer = client.ask("channels")
        assert channel in answer["channels"]
        answered_by.add(answer["server"])
        client.write("publish", user=ana, channel=channel, message=str(number))
        messages = client.ask("history", channel=channel)["messages"]
        assert [message["message"] for message in messages] == [str(number)]
    assert answered_by
