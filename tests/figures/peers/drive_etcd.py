"""etcd by gRPC, its native interface: Put of one key per message, a window of calls per channel.

The messages of `etcdserverpb.KV` that are needed hold a few fields, and are written here field by
field: the Python client of etcd adds nothing to a Put but time.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets

import grpc

from tests.figures.peers.closed_loop import Send, Times, run_loops, task

KEY, VALUE, RANGE_END, COUNT_ONLY, COUNT = 1, 2, 2, 9, 4
"""Numbers of fields in PutRequest, RangeRequest and RangeResponse."""

_numbers = itertools.count()


def _varint(number: int) -> bytes:
    low, high = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _send(channel: grpc.aio.Channel, name: bytes) -> Send:
    put = channel.unary_unary("/etcdserverpb.KV/Put")

    async def send(texts: list[bytes]) -> None:
        key = name + b"%012d" % next(_numbers)
        await put(_field(KEY, key) + _field(VALUE, texts[0]), wait_for_ready=True)

    return send


async def _stored(channel: grpc.aio.Channel, name: bytes) -> int:
    """Return how many keys begin with a name."""
    end = name[:-1] + bytes([name[-1] + 1])
    request = _field(KEY, name) + _field(RANGE_END, end) + _varint(COUNT_ONLY << 3) + b"\x01"
    answer = await channel.unary_unary("/etcdserverpb.KV/Range")(request)
    at, number, value = 0, 0, 0
    while at < len(answer):
        at, number = _read_varint(answer, at)
        at, value = _read_varint(answer, at)
        if number >> 3 == COUNT:
            return value
        at += value if number & 7 == 2 else 0
    return 0


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (raw[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not raw[at - 1] & 0x80:
            return at, value


async def _main() -> None:
    work, name = task(), f"bench-{secrets.token_hex(6)}/".encode()
    ports = work.address.split(",")
    own = [("grpc.use_local_subchannel_pool", 1)]  # else all channels to one address share one connection
    made = [grpc.aio.insecure_channel(f"127.0.0.1:{ports[n % len(ports)]}", own) for n in range(work.clients)]
    times = Times(work)
    await run_loops(times, [_send(channel, name) for channel in made], work.window)
    times.tell(await _stored(made[0], name))
    for channel in made:
        await channel.close()


asyncio.run(_main())
