"""What the tour shows: messages, elections, clocks, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from coreto.client.inbox import Received
from coreto.journal.event import Event
from coreto.journal.events import (
    Announced,
    FaultChanged,
    FirstAcknowledged,
    Promised,
    RoleChanged,
    Suspected,
)
from coreto.lab.scenarios.evidence import Evidence
from coreto.lab.wording import say
from coreto.texts import _

STORY = (FaultChanged, Suspected, Promised, RoleChanged, Announced, FirstAcknowledged)
"""What an election is told by."""
LINES_MAX = 14
"""Lines of one story: about half a screen."""


def messages(heard: Sequence[Received]) -> Iterator[str]:
    """Yield messages with what orders them: number in the channel, entry of the log, Lamport value."""
    for item in heard:
        yield _(
            "seq {seq}  entry {index}  Lamport {clock:>3}  {user}: {text}",
            seq=item.seq,
            index=item.index,
            clock=item.clock,
            user=item.user,
            text=item.message,
        )


def election(events: Sequence[Event]) -> Iterator[str]:
    """Yield what happened from a fault to the first new acknowledgement, in milliseconds since the first."""
    told = [event for event in events if isinstance(event, STORY)]
    last = next((place for place, event in enumerate(told) if isinstance(event, FirstAcknowledged)), len(told))
    for event in told[: last + 1][:LINES_MAX]:
        yield f"{(event.time - told[0].time) * 1000:6.0f} ms  {say(event)}"


def clocks(read: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """Yield how far each clock is ahead of this machine."""
    for name, (offset, error) in read.items():
        yield _("{name}: {offset} s (±{error} s)", name=name, offset=f"{offset:+.3f}", error=f"{error:.3f}")


def stored(evidence: Evidence) -> Iterator[str]:
    """Yield how many of the acknowledged messages each server has."""
    wanted = {(one.channel, one.text) for one in evidence.acknowledged}
    for server, histories in evidence.histories.items():
        held = {(channel, row.message) for channel, rows in histories.items() for row in rows}
        yield _(
            "{name}: {held} of {count} acknowledged messages", name=server, held=len(held & wanted), count=len(wanted)
        )
