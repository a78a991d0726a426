"""Whatever is asked, a server gives exactly one valid reply, in the encoding of the request (protocol.md §2, §4)."""

import json
import math
import random

import msgpack
import pytest

from coreto.machines.effects import ReplyTo
from coreto.machines.settings import DEFAULTS
from coreto.wire.envelope import read
from coreto.wire.services import READERS
from tests.machines.chatting import Town

REQUESTS = 20_000
NASTY = [
    None, True, False, 0, -1, 7, 2**31, 2**53, 2**63, 1.5, 1e300, math.nan, math.inf, "", "ana", "geral", " bia ",
    "a\nb", "\x00", "e\u0301", "x" * 40, "x" * 5000, "servers", b"ana", b"\xff", [], {}, ["ana"], {"user": "ana"}, "7",
    "12:30:59", "2026-01-31T12:00:00", 1_700_000_000, 1_700_000_000_000, "linear", "local", "mine", "🙂",
]  # fmt: skip
KEYS = [
    *("user", "username", "src", "from", "dst", "to", "message", "content", "text", "channel", "name", "after"),
    *("before", "limit", "peer", "id", "level", "min_index", "clock", "timestamp", "lamport_clock", "coordinator"),
    *("address", "rank", "replica", "epoch"),
]
# Setting a clock is tested by itself: an absurd one would stand in every later reply.
SERVICES = [*READERS, "dance", "", "PUBLISH"]


def draw_envelope(chance):
    service = chance.choice(SERVICES)
    data = {
        chance.choice(KEYS): chance.choice(NASTY) for _ in range(chance.choice((0, 1, 2, 4, 8)))
    }  # a dict with some keys of some services
    if chance.random() < 0.4:
        data |= {"user": "ana", "channel": "geral", "src": "ana", "dst": "bia", "message": f"{chance.random()}"}
    envelope = {"service": service, "data": data, "clock": chance.choice(NASTY)}
    if chance.random() < 0.1:
        envelope[chance.choice(["service", "data", "clock", "timestamp"])] = chance.choice(NASTY)
    if chance.random() < 0.1:
        envelope.pop(chance.choice(list(envelope)))
    return envelope


def mutate(raw, chance):
    mutant = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(mutant) + 1)
        kind = chance.random()
        if kind < 0.5 and at < len(mutant):
            mutant[at] = chance.randrange(256)
        elif kind < 0.7:
            del mutant[at : at + chance.randint(1, 5)]
        elif kind < 0.9:
            mutant[at:at] = chance.randbytes(chance.randint(1, 5))
        else:
            del mutant[at:]
    return bytes(mutant)


def draw(chance):
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(60))
    envelope = draw_envelope(chance)
    if chance.random() < 0.3:
        raw = json.dumps(envelope, default=str).encode("utf-8", "surrogatepass")
    else:
        raw = msgpack.packb(envelope)
    return mutate(raw, chance) if chance.random() < 0.4 else raw


def reads_in(reply, encoding):
    """The reply as a stranger reads it, without our own code."""
    return json.loads(reply) if encoding == "json" else msgpack.unpackb(reply)


def check(raw, reply):
    incoming = read(raw)
    envelope = reads_in(reply, incoming.shape.encoding)
    assert envelope.keys() >= {"service", "data", "clock", "timestamp"}, raw
    data = envelope["data"]
    assert data["clock"] == envelope["clock"]
    assert isinstance(envelope["service"], str)
    if incoming.refusal is not None:
        assert (data["status"], data["code"]) == ("erro", "bad_request"), raw
    if data.get("status") == "erro":
        assert data["description"] == data["message"] != "", raw
    expected = incoming.service if incoming.service in READERS else "error"
    assert envelope["service"] == expected, raw


def harmless(raw):
    """Whether it does not set the clock."""
    made = read(raw).request
    return getattr(made, "time", None) is None and getattr(made, "adjust", None) is None


@pytest.mark.parametrize("seed", range(4))
def test_any_request_has_exactly_one_valid_reply(seed):
    chance = random.Random(seed)
    town = Town()
    town.replies.clear()
    for number in range(REQUESTS // 4):
        raw = draw(chance)
        if not harmless(raw):
            continue
        route = (str(number).encode(), b"")
        town.node.on_request(route, raw, town.time.now)
        town.end_turn()
        if not town.replies:
            town.wait(DEFAULTS.read_wait + 0.1, step=0.2)  # it asked for an index that is not there yet
        (reply,) = [effect for effect in town.replies if isinstance(effect, ReplyTo)]
        town.replies.clear()
        assert reply.route == route
        check(raw, reply.body)
        if number % 500 == 0:
            town.turn(0.1)
    assert town.halted == ""
