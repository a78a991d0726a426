"""The raw floors of ZeroMQ: `zmq.proxy` in C with one echo behind it, and an echo that publishes through one.

Prints its addresses as JSON and serves until its standard input ends. What answers is Python, as our
broker is, but it decides nothing, copies nothing and keeps nothing.
"""

from __future__ import annotations

import json
import sys
import threading

import msgpack
import zmq

from coreto.wire.envelope import read, write
from coreto.wire.publication import Publication, write_publication
from coreto.wire.services import PublishText

Socket = zmq.Socket[bytes]
ANSWER: bytes = msgpack.packb({"service": "publish", "data": {"status": "OK", "id": "e", "index": 1, "epoch": 1}})
HIGH_WATER = 100_000


def _bound(context: zmq.Context[Socket], kind: int) -> tuple[Socket, str]:
    socket = context.socket(kind)
    socket.sndhwm = socket.rcvhwm = HIGH_WATER
    return socket, f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"


def _echo(socket: Socket) -> None:
    while True:
        socket.recv()
        socket.send(ANSWER)


def _publish(router: Socket, publisher: Socket) -> None:
    """Answer everything with success, and publish what is a publication in the frames that a cluster would send."""
    seq = 0
    while True:
        *route, raw = router.recv_multipart()
        incoming = read(raw)
        if isinstance(incoming.request, PublishText):
            seq += 1
            wrote = incoming.request
            item = Publication(wrote.channel, False, wrote.user, wrote.message, seq, seq, str(seq), 0.0, 0)
            publisher.send_multipart(write_publication(item))
        answer = {"status": "OK", "id": str(seq), "index": seq, "epoch": 1}
        router.send_multipart([*route, write(incoming.shape, incoming.service, answer, 0, 0.0)])


def main() -> None:
    """Bind, tell, serve."""
    context: zmq.Context[Socket] = zmq.Context()
    front, echo = _bound(context, zmq.ROUTER)
    back, behind = _bound(context, zmq.DEALER)
    rep = context.socket(zmq.REP)
    rep.connect(behind)
    threading.Thread(target=zmq.proxy, args=(front, back), daemon=True).start()
    threading.Thread(target=_echo, args=(rep,), daemon=True).start()
    router, broker = _bound(context, zmq.ROUTER)
    xsub, inward = _bound(context, zmq.XSUB)
    xpub, proxy = _bound(context, zmq.XPUB)
    publisher = context.socket(zmq.PUB)
    publisher.sndhwm = HIGH_WATER
    publisher.connect(inward)
    threading.Thread(target=zmq.proxy, args=(xsub, xpub), daemon=True).start()
    threading.Thread(target=_publish, args=(router, publisher), daemon=True).start()
    print(json.dumps({"echo": echo, "broker": broker, "proxy": proxy}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
