"""Whatever comes in gets exactly one clear answer, or a closed connection, and the next request is served."""

import json
import random

import msgpack
import pytest

from tests.support.raw import RawClient

FRAME_LIMIT = 64 * 1024
DEEP = 2_000
GREATEST_CLOCK = 2**31


@pytest.fixture(autouse=True)
def known(client):
    """A user and a channel that the requests below name."""
    client.write("login", user="conhecida")
    client.ask("channel", channel="praca")


def request(service, **data):
    """A request as bytes."""
    return msgpack.packb({"service": service, "data": {"timestamp": 1.7e9, "clock": 1, **data}})


def with_raw_user(value):
    """A login whose user is these bytes of MessagePack."""
    return request("login", user="MARK").replace(msgpack.packb("MARK"), value)


def published(message):
    return request("publish", user="conhecida", channel="praca", message=message)


UNREADABLE = {
    "nothing": b"",
    "a bare integer": msgpack.packb(7),
    "a bare text": msgpack.packb("login"),
    "nil": msgpack.packb(None),
    "a list": msgpack.packb(["login", {}]),
    "an ext type": msgpack.packb(msgpack.ExtType(5, b"x")),
    "a map cut short": request("users")[:-3],
    "two maps": request("users") * 2,
    "deep lists": b"\x91" * DEEP + b"\xc0",
    "deep maps": b"\x81\xa1a" * DEEP + b"\xc0",
    "a deep user": with_raw_user(b"\x91" * DEEP + b"\xc0"),
    "a list of 2^32-1": b"\xdd\xff\xff\xff\xff",
    "a map of 2^32-1": b"\xdf\xff\xff\xff\xff",
    "a text of 2^32-1": b"\xdb\xff\xff\xff\xff",
    "a blob of 2^32-1": b"\xc6\xff\xff\xff\xff",
    "an ext of 2^32-1": b"\xc9\xff\xff\xff\xff\x01",
    "a user of 2^32-1": with_raw_user(b"\xdb\xff\xff\xff\xff"),
    "the largest frame": b"\xc1" * FRAME_LIMIT,
    **{f"random bytes {seed}": random.Random(seed).randbytes(1 + seed * 7) for seed in range(20)},
}
ENVELOPES = {
    "an empty map": msgpack.packb({}),
    "no service": msgpack.packb({"data": {"user": "ana"}}),
    "no data": msgpack.packb({"service": "login"}),
    "nil data": msgpack.packb({"service": "login", "data": None}),
    "data that is a list": msgpack.packb({"service": "login", "data": ["ana"]}),
    "data that is a text": msgpack.packb({"service": "login", "data": "ana"}),
    "a service that is a number": msgpack.packb({"service": 5, "data": {}}),
    "keys that are numbers": msgpack.packb({1: "login", 2: {}}),
    "an unknown service": request("dance"),
    "an unknown service with escapes": request("\x1b[31m\n"),
    "an unknown level": request("users", level="perfect"),
    "a long id": request("login", user="conhecida", id="x" * 65),
    "an id that is a number": request("login", user="conhecida", id=5),
}
NAMES = {
    "a number": 5,
    "a map": {"a": 1},
    "a list": ["ana"],
    "nil": None,
    "true": True,
    "empty": "",
    "only spaces": "   ",
    "reserved": "servers",
    "33 characters": "x" * 33,
    "a newline": "ana\nbia",
    "an escape": "ana\x1b[31m",
    "a zero byte": "ana\x00",
    "a line separator": "ana\u2028bia",
}
USERS = {
    **{f"user: {what}": request("login", user=value) for what, value in NAMES.items()},
    "user: invalid UTF-8": with_raw_user(b"\xa3\xff\xfe\xfd"),
    "user: an ext type": with_raw_user(msgpack.packb(msgpack.ExtType(5, b"x"))),
    "user: a channel's name": request("login", user="praca"),
    "user: none": request("login"),
}
CHANNELS = {
    **{f"channel: {what}": request("channel", channel=value) for what, value in NAMES.items()},
    "channel: exists": request("channel", channel="praca"),
    "channel: a user's name": request("channel", channel="conhecida"),
    "channel: white space": request("channel", channel="a praca"),
    "channel: none": request("channel"),
}
MESSAGES = {
    "publish: unknown channel": request("publish", user="conhecida", channel="nada", message="oi"),
    "publish: unknown user": request("publish", user="ninguem", channel="praca", message="oi"),
    "publish: 5,000 bytes": published("x" * 5_000),
    "publish: 4,097 bytes": published("x" * 4_097),
    "publish: 4,098 bytes in 2,049 letters": published("é" * 2_049),
    "publish: empty": published(""),
    "publish: nil": published(None),
    "publish: a number": published(5),
    "publish: an escape": published("\x1b[31m"),
    "publish: no message": request("publish", user="conhecida", channel="praca"),
    "message: unknown receiver": request("message", src="conhecida", dst="ninguem", message="oi"),
    "message: unknown sender": request("message", src="ninguem", dst="conhecida", message="oi"),
    "message: no receiver": request("message", src="conhecida", message="oi"),
    "history: of nothing": request("history"),
    "history: unknown channel": request("history", channel="nada"),
    "history: after a text": request("history", channel="praca", after="many"),
    "history: a negative limit": request("history", channel="praca", limit=-1),
    "history: a limit that is no number": request("history", channel="praca", limit=float("nan")),
}
JSON = {
    "cut short": b'{"service": "users"',
    "not closed": b"{",
    "deep": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "an unknown service": b'{"service": "dance", "data": {}}',
    "a bad user": b'{"service": "login", "data": {"user": 5}}',
    "a lone surrogate": b'{"service": "login", "data": {"user": "\\ud800"}}',
    "NaN as the user": b'{"service": "login", "data": {"user": NaN, "clock": NaN}}',
}
BAD = UNREADABLE | ENVELOPES | USERS | CHANNELS | MESSAGES | {f"JSON: {what}": raw for what, raw in JSON.items()}


def assert_clear_error(envelope):
    """The answer says what is wrong, as text, under both keys."""
    data = envelope["data"]
    assert data["status"] == "erro"
    assert data["description"] == data["message"]
    assert len(data["description"].split()) >= 3, "not a sentence"
    assert "Error" not in data["description"]
    assert data["description"].isprintable()
    assert data["code"] in {"refused", "bad_request"}
    assert isinstance(data["clock"], int)
    assert envelope["clock"] == data["clock"]


def assert_served(envelope):
    """The answer is that to a good request for the users."""
    assert envelope["service"] == "users"
    assert "conhecida" in envelope["data"]["users"]


def read(answer, payload):
    """The answer in the encoding of the request."""
    return json.loads(answer) if payload.startswith(b"{") else msgpack.unpackb(answer)


@pytest.mark.parametrize("payload", BAD.values(), ids=BAD.keys())
def test_a_bad_request_gets_one_clear_answer(raw, payload):
    empty, answer = raw.exchange(b"", payload)
    assert empty == b""
    assert_clear_error(read(answer, payload))
    assert_served(raw.next_good_request())


@pytest.mark.parametrize(
    "clock",
    [float("nan"), float("inf"), -1, True, 2**63, 2**31 + 1, 2.5, "7", "seven", None, [1], {"a": 1}],
    ids=str,
)
def test_a_senseless_clock_is_no_reason_to_refuse_and_poisons_nobody(raw, clock):
    before = raw.next_good_request()["clock"]
    _, answer = raw.exchange(b"", request("login", user="conhecida", clock=clock))
    data = msgpack.unpackb(answer)["data"]
    assert data["status"] == "sucesso"
    after = raw.next_good_request()["clock"]
    assert before < data["clock"] < after < before + 10_000


def test_a_clock_far_ahead_is_not_believed(raw):
    before = raw.next_good_request()["clock"]
    raw.exchange(b"", request("users", clock=GREATEST_CLOCK))
    assert raw.next_good_request()["clock"] < before + 10_000


@pytest.mark.parametrize("timestamp", [float("nan"), float("inf"), -1, 2**63, True, None, "ontem", [1], b"x"])
def test_a_senseless_timestamp_is_no_reason_to_refuse(raw, timestamp):
    _, answer = raw.exchange(b"", request("login", user="conhecida", timestamp=timestamp))
    assert msgpack.unpackb(answer)["data"]["status"] == "sucesso"
    assert_served(raw.next_good_request())


@pytest.mark.parametrize("size", [FRAME_LIMIT + 1, 1024 * 1024])
def test_a_frame_above_the_limit_closes_the_connection(raw, client, size):
    raw.send(b"", b"\xc1" * size)
    assert raw.was_disconnected()
    assert_served(raw.next_good_request())
    assert "conhecida" in client.ask("users")["users"]


def test_a_message_of_ten_frames_gets_one_clear_answer(raw):
    answer = raw.exchange(b"", *[request("users")] * 10)
    assert_clear_error(msgpack.unpackb(answer[-1]))
    assert_served(raw.next_good_request())


def test_ten_frames_without_delimiter_get_one_clear_answer(raw):
    answer = raw.exchange(*[request("users")] * 10)
    assert_clear_error(msgpack.unpackb(answer[-1]))
    assert_served(raw.next_good_request())


def test_ten_empty_frames_get_one_clear_answer(raw):
    answer = raw.exchange(*[b""] * 10)
    assert_clear_error(msgpack.unpackb(answer[-1]))
    assert_served(raw.next_good_request())


def test_a_dealer_without_delimiter_gets_its_answer_without_one(raw):
    (answer,) = raw.exchange(request("users"))
    assert_served(msgpack.unpackb(answer))
    (answer,) = raw.exchange(b"\xc1")
    assert_clear_error(msgpack.unpackb(answer))
    assert_served(raw.next_good_request())


def test_a_client_behind_routers_gets_its_answer_along_the_same_way(raw):
    *route, answer = raw.exchange(b"first hop", b"second hop", b"", request("users"))
    assert route == [b"first hop", b"second hop", b""]
    assert_served(msgpack.unpackb(answer))


def test_a_json_request_gets_a_json_answer(raw):
    good = json.dumps({"service": "users", "data": {"timestamp": "10:00:00", "clock": 1}}).encode()
    _, answer = raw.exchange(b"", good)
    assert_served(json.loads(answer))
    (answer,) = raw.exchange(good)
    assert_served(json.loads(answer))


def test_bad_requests_in_a_row_are_each_answered(raw):
    payloads = list(UNREADABLE.values())
    for payload in payloads:
        raw.send(b"", payload)
    for _ in payloads:
        answer = raw.receive()[-1]
        assert_clear_error(read(answer, answer))
    assert_served(raw.next_good_request())


def test_a_server_asked_directly_answers_bad_input_as_well(cluster, context):
    for server in cluster.servers:
        with RawClient(context, server.address) as raw:
            for payload in (b"", b"\xc1", msgpack.packb(7), request("dance"), request("login", user=5)):
                assert_clear_error(msgpack.unpackb(raw.exchange(b"", payload)[-1]))
            assert raw.next_good_request()["service"] == "users"
