"""Golden vectors: every message of the course protocol byte for byte, as the code reads and writes it.

A server of a cluster of one, a reference and two views answer a fixed list of requests, one a
second. Lamport values are set to fixed ones, because those of a server count what it does inside:
the vectors change only when the protocol does.
Run as a program it writes the file; `scripts/vectors` does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec

from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import Effect, Persist, Publish, ReplyTo, Route
from coreto.machines.node import Node
from coreto.machines.registry import Registry
from coreto.machines.settings import DEFAULTS
from coreto.simulator.disk import Disk
from coreto.texts import Catalogue
from coreto.wire.codec import decode, encode
from coreto.wire.envelope import Shape, read, write
from coreto.wire.publication import Announcement, Publication, read_publication, write_announcement, write_publication
from coreto.wire.shapes import Frames, ViewShape, shape_announcement, shape_publication
from tests.support.machines import Middle, config_of, replica
from tests.support.vector_requests import ASKED, NEW_YEAR, REFERENCE, Asked

FILE = Path(__file__).parents[2] / "docs/protocol/vectors.json"
LANGUAGE = "pt"
"""What servers speak on the wire unless told otherwise."""
NAME = "Amora"
"""The server that answers."""
ROUTE: Route = (b"client", b"")
STEP = 0.25
"""Seconds from a request to its answer, and of a turn before that: exact in binary."""
ELECTION_SECONDS = 5.0
"""What the server has to elect itself, before the first request."""
SENT_CLOCK = 100
"""Publications are stamped with this and their seq."""

Map = dict[str, Any]


class _Server:
    """The only server of its cluster; its disk is done at once."""

    def __init__(self) -> None:
        self._disk = Disk(NAME, replica(NAME), "c1", config_of([NAME]))
        self._disk.meta["rank"] = (1,)
        self._clock = ApplicationClock(NEW_YEAR - ELECTION_SECONDS)
        self._node = Node(
            self._disk.start(), self._disk, self._disk, self._clock, Middle(), DEFAULTS, Catalogue(LANGUAGE), "tcp://s1"
        )
        self._node.start(0.0)
        self.published: list[Publish] = []
        for turn in range(int(ELECTION_SECONDS / STEP)):
            self._turn(turn * STEP)
        self.published.clear()

    def ask(self, raw: bytes, now: float) -> tuple[bytes, float]:
        """Return the one answer to a request, and the moment it left."""
        self._node.wake(now)
        self._node.on_request(ROUTE, raw, now)
        (reply,) = [effect.body for effect in self._turn(now) if isinstance(effect, ReplyTo)]
        return reply, self._clock.read(now)

    def _turn(self, now: float) -> list[Effect]:
        self._node.wake(now)
        self._node.tick(now)
        self._node.flush(now)
        done: list[Effect] = []
        while effects := self._node.take(now):
            done += effects
            for persist in [effect for effect in effects if isinstance(effect, Persist)]:
                self._disk.sync(persist)
                self._node.persisted(persist.number, now)
                self._node.flush(now)
        self.published += [effect for effect in done if isinstance(effect, Publish)]
        return done


class _Reference:
    """A reference without a file."""

    def __init__(self) -> None:
        self._clock = ApplicationClock(NEW_YEAR - ELECTION_SECONDS)
        self._registry = Registry({}, {}, self._clock, DEFAULTS, Catalogue(LANGUAGE))

    def ask(self, raw: bytes, now: float) -> tuple[bytes, float]:
        """Return the one answer to a request, and the moment it left."""
        self._registry.on_request(ROUTE, raw, now)
        (reply,) = [effect.body for effect in self._registry.flush(now) if isinstance(effect, ReplyTo)]
        return reply, self._clock.read(now)


def make() -> Map:
    """Return every vector."""
    server, reference = _Server(), _Reference()
    exchanges = [
        _exchange(number, asked, reference if asked.to == REFERENCE else server) for number, asked in enumerate(ASKED)
    ]
    publications = [_restamped(effect) for effect in server.published]
    return {
        "about": "Made by scripts/vectors from the code. See README.md in this folder.",
        "exchanges": exchanges,
        "publications": list(_publications(publications)),
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(make(), ensure_ascii=False, indent=1) + "\n"


def _exchange(number: int, asked: Asked, answerer: _Server | _Reference) -> Map:
    stamp = {"timestamp": _moment(number, asked.timestamp), "clock": 2 * number + 1}
    raw = encode({"service": asked.service, "data": {**asked.data, **stamp}}, asked.encoding)
    reply, time = answerer.ask(raw, ELECTION_SECONDS + number + STEP)
    return {
        "name": asked.name,
        "to": asked.to,
        "encoding": asked.encoding,
        "wide": asked.wide,
        "request": _shown(raw),
        "reply": _shown(_restamped_reply(read(raw, wide=asked.wide).shape, reply, 2 * number + 2, time)),
    }


def _restamped_reply(shape: Shape, reply: bytes, clock: int, time: float) -> bytes:
    answer, _ = decode(reply)
    data = {key: value for key, value in answer["data"].items() if key not in ("timestamp", "clock")}
    for row in data.get("messages", []):
        row["clock"] = SENT_CLOCK + row["seq"]
    return write(shape, answer["service"], data, clock, time)


def _moment(number: int, kind: str) -> float | int | str:
    seconds = NEW_YEAR + number
    return {"float": seconds, "int": int(seconds), "int_ms": int(seconds) * 1000}[kind]


def _restamped(effect: Publish) -> Publication:
    item = read_publication(effect.topic, effect.body)
    return msgspec.structs.replace(item, clock=SENT_CLOCK + item.seq)


def _publications(items: list[Publication]) -> Iterator[Map]:
    for item in items:
        name = f"a {'direct' if item.direct else 'channel'} message, seq {item.seq}"
        yield _published(name, "proxy", write_publication(item))
        for shape in _SHAPES:
            yield _published(name, f"{shape} view", shape_publication(item, shape, UTC))
    announced = Announcement(NAME, 1, 1, NEW_YEAR, 99)
    yield _published("an announcement", "proxy", write_announcement(NAME, 1, 1, 99, NEW_YEAR))
    for shape in _SHAPES:
        yield _published("an announcement", f"{shape} view", shape_announcement(announced, shape))


def _published(name: str, at: str, frames: Frames) -> Map:
    body = decode(frames[-1])[0] if len(frames) == 2 else frames[0].decode()
    return {"name": name, "at": at, "frames": [frame.hex() for frame in frames], "decoded": body}


def _shown(raw: bytes) -> Map:
    return {"hex": raw.hex(), "decoded": decode(raw)[0]}


_SHAPES: tuple[ViewShape, ...] = ("text", "json")


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else FILE).write_text(text(), "utf-8")
