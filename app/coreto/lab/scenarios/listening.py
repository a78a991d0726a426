"""Listeners: each follows its channels twice, with the subscriber of this program and with a bare SUB socket."""

from __future__ import annotations

import threading

from coreto.client.direct import subscribed_socket
from coreto.client.errors import ClientError
from coreto.client.inbox import InboxWorker, Received
from coreto.lab.scenarios.evidence import Listened
from coreto.net.sockets import Context, receive_all
from coreto.wire.codec import UndecodableError
from coreto.wire.publication import Publication, read_publication, topic_and_body

BARE_MAX = 100_000
"""Messages that the bare socket keeps."""
DRAIN_MAX = 256
LOOK_MS = 50
"""How soon the thread of the bare socket notices that it should end."""


class Listener:
    """One listener, from `start` to `stop`."""

    def __init__(self, name: str, context: Context, proxy: str, broker: str, topics: tuple[str, ...]) -> None:
        self._name = name
        self._topics = topics
        self._context = context
        self._proxy = proxy
        self._inbox = InboxWorker(context, proxy, broker)
        self._shown: list[Received] = []
        self._bare: list[Publication] = []
        self._ended = threading.Event()
        self._standing = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=f"coreto-{name}", daemon=True)

    def start(self) -> None:
        """Subscribe, and ask for everything from the first message on."""
        self._inbox.start()
        for topic in self._topics:
            self._inbox.follow(topic, direct=False, after=0)
        self._thread.start()
        self._standing.wait()

    def last(self, topic: str) -> int:
        """Return the number of the last message that was shown."""
        self._shown += self._inbox.received()
        return max((item.seq for item in self._shown if item.topic == topic), default=0)

    def stop(self) -> None:
        """Unsubscribe."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._inbox.stop()
            self._inbox.join()
        self._shown += self._inbox.received()

    def result(self, *, complete: bool) -> Listened:
        """Return what was heard; `complete` unless the machine was too slow to hear all of it."""
        return Listened(self._name, self._topics, tuple(self._shown), tuple(self._bare), complete)

    def _listen(self) -> None:
        try:
            socket = subscribed_socket(self._context, self._proxy, self._topics)
        except ClientError:
            return  # it hears nothing, as anybody would whom no proxy takes
        finally:
            self._standing.set()
        try:
            while not self._ended.is_set():
                if socket.poll(LOOK_MS):
                    self._take(receive_all(socket, DRAIN_MAX))
        finally:
            socket.close()

    def _take(self, arrived: list[list[bytes]]) -> None:
        for frames in arrived:
            try:
                item = read_publication(*topic_and_body(frames))
            except UndecodableError:
                continue
            if len(self._bare) < BARE_MAX:
                self._bare.append(item)
