"""Listeners: each follows its channels twice, with the subscriber of this program and with a bare SUB socket."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from coreto.client.direct import subscribed_socket
from coreto.client.errors import ClientError
from coreto.client.inbox import InboxWorker, Received
from coreto.journal.events import Heard
from coreto.journal.recorder import Recorder
from coreto.journal.sink import Sink
from coreto.lab.scenarios.evidence import Listened
from coreto.net.sockets import Context, receive_all
from coreto.wire.codec import UndecodableError
from coreto.wire.publication import Publication, read_publication, topic_and_body

BARE_MAX = 100_000
"""Messages that the bare socket keeps."""
DRAIN_MAX = 256
LOOK_MS = 20
"""How soon the thread notices what the subscriber shows, and that it should end."""
BARE = "-bare"
"""Behind the name of a listener, for its bare socket."""


class Listener:
    """One listener, from `start` to `stop`; `sink` is told of what it hears, from its thread."""

    def __init__(
        self, name: str, context: Context, proxy: str, broker: str, topics: tuple[str, ...], sink: Sink
    ) -> None:
        self._name = name
        self._topics = topics
        self._context = context
        self._proxy = proxy
        self._inbox = InboxWorker(context, proxy, broker)
        self._shown: list[Received] = []
        self._bare: list[Publication] = []
        self._shown_to = Recorder(name, sink)
        self._bare_to = Recorder(name + BARE, sink)
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
        return max((item.seq for item in self._shown if item.topic == topic), default=0)

    def stop(self) -> None:
        """Unsubscribe."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._inbox.stop()
            self._inbox.join()
            self._see_shown()

    def result(self, *, complete: bool) -> Listened:
        """Return what was heard; `complete` unless the machine was too slow to hear all of it."""
        return Listened(self._name, self._topics, tuple(self._shown), tuple(self._bare), complete)

    def _listen(self) -> None:
        try:
            socket = subscribed_socket(self._context, self._proxy, self._topics)
        except ClientError:
            socket = None  # it hears nothing, as anybody would whom no proxy takes
        finally:
            self._standing.set()
        try:
            while not self._ended.is_set():
                if socket is None:
                    self._ended.wait(LOOK_MS / 1000)
                elif socket.poll(LOOK_MS):
                    self._take(receive_all(socket, DRAIN_MAX))
                self._see_shown()
        finally:
            if socket is not None:
                socket.close()

    def _see_shown(self) -> None:
        shown = self._inbox.received()
        self._shown += shown
        self._tell(self._name, self._shown_to, ((item.topic, item.seq) for item in shown))

    def _take(self, arrived: list[list[bytes]]) -> None:
        known = len(self._bare)
        for frames in arrived:
            try:
                item = read_publication(*topic_and_body(frames))
            except UndecodableError:
                continue
            if len(self._bare) < BARE_MAX:
                self._bare.append(item)
        self._tell(self._name + BARE, self._bare_to, ((item.topic, item.seq) for item in self._bare[known:]))

    def _tell(self, name: str, recorder: Recorder, heard: Iterable[tuple[str, int]]) -> None:
        for topic, first, last in stretches(heard):
            recorder.note(Heard(role="listener", name=name, topic=topic, first=first, last=last))


def stretches(heard: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    """Yield what was heard in order as (topic, first, last), numbers that follow each other as one."""
    run: tuple[str, int, int] | None = None
    for topic, seq in heard:
        if run is not None and (topic, seq) == (run[0], run[2] + 1):
            run = topic, run[1], seq
            continue
        if run is not None:
            yield run
        run = topic, seq, seq
    if run is not None:
        yield run
