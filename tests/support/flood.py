"""One process that writes as fast as it is told: `python -m tests.support.flood BROKER USER CHANNEL COUNT RATE`.

Many requests are outstanding at once on one DEALER socket. With the proxy's address as PROXY and
`--past-servers` the messages are publications straight to the proxy, numbered as the servers would,
when the arriving alone is of interest and the machine cannot also store so many.
"""

from __future__ import annotations

import argparse
import time

import msgpack
import zmq

from coreto.wire.publication import Publication, write_publication

OUTSTANDING_MAX = 512
ANSWER_MS = 20_000
TEXT = "flood {number} " + "x" * 40
CONNECT_SECONDS = 0.5
"""A PUB socket drops what it sends before it is connected."""

Socket = zmq.Socket[bytes]


def main() -> None:
    """Flood, and print how many messages a second went in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("user")
    parser.add_argument("channel")
    parser.add_argument("count", type=int)
    parser.add_argument("rate", type=float)
    parser.add_argument("--past-servers", action="store_true")
    options = parser.parse_args()
    began = time.monotonic()
    flood = past_servers if options.past_servers else through_servers
    stored = flood(options.address, options.user, options.channel, options.count, options.rate)
    print(f"{stored} messages, {stored / (time.monotonic() - began):.0f} a second", flush=True)


def through_servers(address: str, user: str, channel: str, count: int, rate: float) -> int:
    """Publish through the broker and return how many were stored."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(address)
        for service, data in (("login", {"user": user}), ("channel", {"channel": channel})):
            socket.send_multipart([b"0", b"", request(service, data)])
            receive(socket)  # that the channel exists is no failure
        stored = sent = 0
        began = time.monotonic()
        answered = 0
        while answered < count:
            due = min(count, int((time.monotonic() - began) * rate) + 1)
            while sent < due and sent - answered < OUTSTANDING_MAX:
                sent += 1
                text = TEXT.format(number=sent)
                raw = request("publish", {"user": user, "channel": channel, "message": text})
                socket.send_multipart([str(sent).encode(), b"", raw])
            if sent > answered and (socket.poll(0) or sent == due or sent - answered >= OUTSTANDING_MAX):
                stored += receive(socket)
                answered += 1
        return stored


def past_servers(address: str, user: str, channel: str, count: int, rate: float) -> int:
    """Publish at the proxy and return how many were sent."""
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.sndhwm = 0
        socket.connect(address)
        time.sleep(CONNECT_SECONDS)
        began = time.monotonic()
        for number in range(1, count + 1):
            item = Publication(channel, False, user, TEXT.format(number=number), number, number, "", time.time(), 1)
            socket.send_multipart(write_publication(item))
            ahead = began + number / rate - time.monotonic()
            if ahead > 0.002:
                time.sleep(ahead)
        socket.linger = 1000
        return count


def request(service: str, data: dict[str, str]) -> bytes:
    """Return one request."""
    return bytes(msgpack.packb({"service": service, "data": {**data, "timestamp": time.time(), "clock": 1}}))


def receive(socket: Socket) -> bool:
    """Wait for an answer; return whether it is a success."""
    assert socket.poll(ANSWER_MS), "no answer"
    status = msgpack.unpackb(socket.recv_multipart()[-1])["data"]["status"]
    return status in ("OK", "sucesso")


if __name__ == "__main__":
    main()
