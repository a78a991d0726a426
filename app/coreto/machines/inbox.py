"""What a subscriber shows: every message of a topic once and in order, although PUB/SUB may lose any.

Theory of operation (replication.md §8). Publications carry `seq`, counting per topic from 1
without holes. One at or below the last shown is a repetition; the next one is shown; one further
ahead waits while the hole is fetched by `history`. A jump is believed only when `history` confirms
it, because anybody can publish on the proxy. After a silence the tail is asked for: the last
message of a burst may be lost with nothing behind it to show the hole.
"""

from __future__ import annotations

import msgspec

from coreto.machines.settings import Settings
from coreto.wire.publication import Publication

AHEAD_MAX = 1000
"""Publications kept ahead of a hole; more are fetched with it."""
FETCH_AGAIN = 2.0
"""Seconds after which an unanswered fetch is repeated."""
CONFIRM_TRIES = 3
"""Fetches that may fail to confirm a jump before it is taken for a forgery: servers may lag a little."""
CONFIRM_PAUSE = 0.3
"""Seconds between these fetches."""
LATEST = -1
"""`Fetch.after` that asks for the latest message, to learn where a topic stands."""


class Fetch(msgspec.Struct, frozen=True):
    """Ask `history` of this topic for what is behind `after`."""

    topic: str
    direct: bool
    after: int


class Topic(msgspec.Struct):
    """Where one subscription stands."""

    name: str
    direct: bool
    last: int = LATEST
    """The last seq shown; `LATEST` until it is known where to begin."""
    ahead: dict[int, Publication] = {}
    fetching_until: float = 0.0
    unconfirmed: int = 0
    """Fetches in a row that did not confirm what is ahead."""
    heard_at: float = 0.0


class Inbox:
    """Orders what arrives; `take` gives messages to show, `fetches` what to ask for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics: dict[str, Topic] = {}
        self._shown: list[Publication] = []
        self._fetches: list[Fetch] = []

    def follow(self, name: str, *, direct: bool, now: float, after: int = LATEST) -> None:
        """Begin to follow a topic behind `after`; without it, behind its latest message."""
        topic = Topic(name, direct, after, {}, heard_at=now)
        self._topics[name] = topic
        self._fetch(topic, now)

    def leave(self, name: str) -> None:
        """Stop following a topic."""
        self._topics.pop(name, None)

    def on_publication(self, item: Publication, now: float) -> None:
        """Handle a publication; SUB matches prefixes, so its topic is compared exactly."""
        topic = self._topics.get(item.topic)
        if topic is None:
            return
        topic.heard_at = now
        if item.seq == 0:
            self._shown.append(item)
        elif item.seq == topic.last + 1 and topic.last != LATEST:
            self._show(topic, item)
            self._show_ahead(topic)
        elif item.seq > topic.last:
            if len(topic.ahead) < AHEAD_MAX:
                topic.ahead[item.seq] = item
            self._fetch(topic, now)

    def on_history(self, name: str, messages: list[Publication], *, more: bool, now: float) -> None:
        """Handle the answer to a fetch; what it holds is confirmed."""
        topic = self._topics.get(name)
        if topic is None:
            return
        topic.fetching_until = 0.0
        topic.heard_at = now
        if topic.last == LATEST:
            topic.last = messages[-1].seq if messages else 0
        for item in messages:
            if item.seq == topic.last + 1:
                self._show(topic, item)
        self._show_ahead(topic)
        if more:
            self._fetch(topic, now)
        elif topic.ahead:
            self._doubt(topic, now)

    def tick(self, now: float) -> None:
        """Ask for the tail of topics that were silent, and again for holes still open."""
        for topic in self._topics.values():
            silent = now >= topic.heard_at + self._settings.tail_poll
            if silent or topic.ahead or topic.last == LATEST:
                self._fetch(topic, now)

    def deadline(self) -> float:
        """Return the moment at which `tick` has something to do."""
        return min((self._due(topic) for topic in self._topics.values()), default=float("inf"))

    def take(self) -> list[Publication]:
        """Return the messages to show, in order."""
        shown, self._shown = self._shown, []
        return shown

    def fetches(self) -> list[Fetch]:
        """Return what to ask `history` for."""
        fetches, self._fetches = self._fetches, []
        return fetches

    def _doubt(self, topic: Topic, now: float) -> None:
        """History ends before what is ahead: ask again in a moment, and in the end do not believe it."""
        topic.unconfirmed += 1
        topic.fetching_until = now + CONFIRM_PAUSE
        if topic.unconfirmed >= CONFIRM_TRIES:
            topic.unconfirmed = 0
            topic.ahead.clear()

    def _due(self, topic: Topic) -> float:
        if topic.ahead or topic.last == LATEST:
            return topic.fetching_until
        return max(topic.fetching_until, topic.heard_at + self._settings.tail_poll)

    def _fetch(self, topic: Topic, now: float) -> None:
        if now >= topic.fetching_until:
            topic.fetching_until = now + FETCH_AGAIN
            topic.heard_at = now
            self._fetches.append(Fetch(topic.name, topic.direct, topic.last))

    def _show(self, topic: Topic, item: Publication) -> None:
        topic.last = item.seq
        topic.unconfirmed = 0
        topic.ahead.pop(item.seq, None)
        self._shown.append(item)

    def _show_ahead(self, topic: Topic) -> None:
        while topic.last + 1 in topic.ahead:
            self._show(topic, topic.ahead.pop(topic.last + 1))
