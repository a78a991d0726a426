"""Who stood for coordinator and who was it, as stretches of lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from coreto.journal import events as ev
from coreto.journal.event import Event
from coreto.lab.picture.model import Reign, Standing
from coreto.texts import N_, _

SENTENCES: dict[Standing, str] = {
    "candidate": N_("{name} is a candidate for epoch {epoch}"),
    "establishing": N_("{name} establishes epoch {epoch}: its noop is not on a majority yet"),
    "coordinator": N_("{name} coordinates epoch {epoch}"),
}


def reigns_of(
    events: Sequence[Event], row_at: Callable[[float], int], lanes: Sequence[str], started: float
) -> Iterable[Reign]:
    """Return the stretches that reach into what is shown; `events` begin before it, at `started`."""
    standing: dict[str, tuple[Standing, float, int]] = {}
    last = row_at(float("inf"))
    for event in events:
        name = getattr(event, "name", "")
        if not _changes(event) or name not in lanes:
            continue
        if name in standing:
            yield from _reign(name, standing.pop(name), event.time, row_at(event.time), row_at, lanes, started)
        if isinstance(event, ev.RoleChanged) and event.state in SENTENCES:
            standing[name] = (event.state, event.time, event.epoch)
    for name, state in standing.items():
        yield from _reign(name, state, float("inf"), last, row_at, lanes, started)


def _changes(event: Event) -> bool:
    return isinstance(event, ev.RoleChanged | ev.RoleEnded | ev.Halted)


def _reign(
    name: str,
    state: tuple[Standing, float, int],
    until: float,
    last: int,
    row_at: Callable[[float], int],
    lanes: Sequence[str],
    started: float,
) -> Iterable[Reign]:
    standing, begun, epoch = state
    if until < started:
        return
    sentence = _(SENTENCES[standing], name=name, epoch=epoch)
    yield Reign(lanes.index(name), row_at(begun), last, standing, sentence)
