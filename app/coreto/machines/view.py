"""A view: the publications of the proxy in another shape, for readers that do not say who they are.

Theory of operation (protocol.md §3). The view follows at the proxy only what some reader of its
own follows, so a view without readers costs nothing. What arrives is written in the view's shape
and passed on. A new coordinator may publish a little again; a repetition is known by topic, `seq`
and the time of its log entry, and dropped. Holes are not filled: a reader of a view has no
`history`, and a publication is a hint.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import tzinfo

import msgspec

from coreto.journal.events import Announced
from coreto.machines.effects import Effect, Report
from coreto.machines.settings import REPUBLISH_MAX
from coreto.wire.codec import UndecodableError
from coreto.wire.publication import Publication, read_announcement, read_publication
from coreto.wire.shapes import Frames, ViewShape, shape_announcement, shape_publication
from coreto.wire.stamps import as_seconds

REMEMBERED_MAX = 2 * REPUBLISH_MAX
"""Publications remembered: all that a new coordinator may repeat, and what is published meanwhile."""
TOPIC_BYTES_MAX = 256
"""Longest topic passed on: twice the longest name. Anybody can publish, and the table must stay small."""
SAME_SECONDS = 1.0
"""A `seq` seen before at another time is no repetition: a new cluster counts from 1 again.

Foreign servers that number their messages may stamp a repetition when they send it.
"""


class Follow(Effect, frozen=True):
    """Begin or end a subscription at the proxy."""

    prefix: bytes
    begin: bool


class Forward(Effect, frozen=True):
    """Send a message to the readers of the view."""

    frames: Frames


class View:
    """Decides what its readers get; `zone` is that of the times in texts, None that of the machine."""

    def __init__(self, shape: ViewShape, zone: tzinfo | None = None) -> None:
        self._shape: ViewShape = shape
        self._zone = zone
        self._seen: OrderedDict[tuple[str, int], float] = OrderedDict()
        self._effects: list[Effect] = []

    def on_subscription(self, raw: bytes) -> None:
        """A reader began (1) or ended (0) a subscription; in texts a message follows the topic in the same frame."""
        if raw[:1] not in (b"\x00", b"\x01"):
            return
        wanted = raw[1:]
        prefix = wanted.partition(b" ")[0] if self._shape == "text" else wanted
        self._effects.append(Follow(prefix, raw[:1] == b"\x01"))

    def on_frames(self, frames: Sequence[bytes], time: float) -> None:
        """Something was published; `time` (Unix seconds) stands in for a timestamp that makes no sense."""
        announced = read_announcement(frames)
        if announced is not None:
            name, rank, epoch = announced.coordinator, announced.rank, announced.epoch
            self._effects.append(Report(Announced(role="view", name=name, rank=rank, epoch=epoch)))
            self._effects.append(Forward(shape_announcement(announced, self._shape)))
        elif len(frames) == 2 and len(frames[0]) <= TOPIC_BYTES_MAX:
            self._on_publication(frames[0], frames[1], time)

    def take(self) -> list[Effect]:
        """Return what is to be done, in order."""
        effects, self._effects = self._effects, []
        return effects

    def _on_publication(self, topic: bytes, raw: bytes, time: float) -> None:
        try:
            item = read_publication(topic, raw)
        except UndecodableError:
            return
        item = msgspec.structs.replace(item, time=as_seconds(item.time) or time)
        if not self._is_repeated(item):
            self._effects.append(Forward(shape_publication(item, self._shape, self._zone)))

    def _is_repeated(self, item: Publication) -> bool:
        """Whether this very message was passed on before; one without `seq` cannot be told."""
        if item.seq == 0:
            return False
        key = item.topic, item.seq
        before = self._seen.pop(key, None)
        self._seen[key] = item.time
        if len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)
        return before is not None and abs(before - item.time) <= SAME_SECONDS
