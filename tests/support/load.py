"""Writers that remember what they asked for and what they were told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.support.plain import Context, Map, NoAnswerError, PlainClient
from tests.support.reading import Topic

AUTHORS = tuple(f"autor-{number}" for number in range(8))
CHANNELS = ("geral", "musica", "praça")
UNCERTAIN = frozenset({"unknown", "no_quorum", "no_coordinator", "overloaded"})
"""Codes after which a client has to ask again."""
ANSWERS_SECONDS = 30.0


@dataclass(frozen=True, eq=False)
class Write:
    """One request that changes something; its id is its text as well."""

    service: str
    data: dict[str, str]

    @property
    def id(self) -> str:
        """The id the client chose."""
        return self.data["id"]

    @property
    def topic(self) -> Topic | None:
        """Where its message is stored, if it is one."""
        if self.service == "publish":
            return Topic("channel", self.data["channel"])
        return Topic("user", self.data["dst"]) if self.service == "message" else None


def mixed_write(author: int, number: int, tag: str = "w") -> Write:
    """Return the n-th write of an author: now and then a name, mostly messages."""
    name, key = AUTHORS[author], f"{tag}-{author}-{number}"
    if number % 50 == 0:
        return Write("channel", {"channel": f"c-{key}", "id": key})
    if number % 50 == 1:
        return Write("login", {"user": f"u-{key}", "id": key})
    if number % 4 == 0:
        other = AUTHORS[(author + number) % len(AUTHORS)]
        return Write("message", {"src": name, "dst": other, "message": key, "id": key})
    channel = CHANNELS[number % len(CHANNELS)]
    return Write("publish", {"user": name, "channel": channel, "message": key, "id": key})


def prepare(client: PlainClient) -> None:
    """Make the users and channels that the writes need."""
    for author in AUTHORS:
        client.write("login", user=author)
    for channel in CHANNELS:
        client.write("channel", channel=channel)


class Load:
    """Eight clients at once; `answered` and `cut` are complete when `finish` returns."""

    def __init__(self, context: Context, address: str, writes: Callable[[int], Iterator[Write]]) -> None:
        self.answered: dict[Write, Map] = {}
        self.cut: set[Write] = set()
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._context = context
        self._address = address
        self._pool = ThreadPoolExecutor(len(AUTHORS))
        self._tasks = [self._pool.submit(self._work, writes(author)) for author in range(len(AUTHORS))]

    def wait_answered(self, count: int) -> None:
        """Return when so many writes were answered."""
        with self._news:
            done = self._news.wait_for(lambda: len(self.answered) >= count, ANSWERS_SECONDS)
        assert done, f"{len(self.answered)} of {count} writes answered within {ANSWERS_SECONDS} s"

    def stop(self) -> None:
        """Tell the clients to wait for no answer any longer."""
        self._stop.set()

    def finish(self) -> None:
        """Wait for the clients; a surprise of one of them is raised here."""
        self._pool.shutdown()
        for task in self._tasks:
            task.result()

    def _work(self, writes: Iterator[Write]) -> None:
        with PlainClient(self._context, self._address, give_up=self._stop) as client:
            for write in writes:
                if self._stop.is_set():
                    return
                self._perform(client, write)

    def _perform(self, client: PlainClient, write: Write) -> None:
        try:
            answer = client.ask(write.service, **write.data)
        except NoAnswerError:
            self.cut.add(write)
            assert self._stop.is_set(), f"{write} was not answered"
            return
        if answer["status"] == "erro" and answer["code"] in UNCERTAIN:
            self.cut.add(write)
            return
        assert answer["status"] in ("OK", "sucesso"), (write, answer)
        with self._news:
            self.answered[write] = answer
            self._news.notify_all()
