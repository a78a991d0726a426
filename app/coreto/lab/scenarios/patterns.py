"""Patterns of events: a table whose every key must fit. `event` is the kind; the others are fields of it.

A table fits a value that has all of its keys; beside a list, one of its elements has to fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from coreto.journal.event import Event
from coreto.journal.events import AnyEvent
from coreto.journal.traffic import Traffic
from coreto.lab.scenarios.places import Key
from coreto.lab.scenarios.shape import Difference, near
from coreto.texts import _

KIND = "event"
TIMES = "times"
"""How often it must have happened at least; once when it is left out."""

KINDS: dict[str, type[Event]] = {
    str(kind.__struct_config__.tag): kind for kind in AnyEvent.__args__ if not issubclass(kind, Traffic)
}
"""Messages are not among them: there are too many to keep."""


def fits(pattern: Mapping[str, Any], event: Event) -> bool:
    """Return whether an event is as the pattern says."""
    if event.__struct_config__.tag != pattern.get(KIND):
        return False
    fields = {key: value for key, value in pattern.items() if key not in (KIND, TIMES)}
    return _fits(fields, msgspec.to_builtins(event))


def said(pattern: Mapping[str, Any]) -> str:
    """Return a pattern as one would say it: `clock_round, clocks (name = s1, left_out = disagrees)`."""
    parts = [str(pattern[KIND])] if KIND in pattern else []
    for key, value in pattern.items():
        if isinstance(value, dict):
            parts.append(f"{key} ({said(value)})")
        elif key != KIND:
            parts.append(f"{key} = {str(value).lower() if isinstance(value, bool) else value}")
    return ", ".join(parts)


def mistakes(pattern: Mapping[str, Any], key: Key, *, counted: bool) -> Iterator[Difference]:
    """Yield what is wrong with a pattern; `counted` when it may say how often."""
    kind = pattern.get(KIND)
    if not isinstance(kind, str):
        yield (*key, KIND), _("this is missing")
        return
    if kind not in KINDS:
        yield (*key, KIND), _("there is no event {kind}: {near}", kind=kind, near=near(kind, list(KINDS)))
        return
    fields = [field.name for field in msgspec.structs.fields(KINDS[kind])]
    for name, value in pattern.items():
        if name == TIMES and counted:
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                yield (*key, name), _("it should be a whole number from 1")
        elif name != KIND and name not in fields:
            yield (*key, name), _("{kind} has no such field: {near}", kind=kind, near=near(name, fields))


def _fits(wanted: object, value: object) -> bool:
    if isinstance(value, list | tuple) and not isinstance(wanted, list):
        return any(_fits(wanted, part) for part in value)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(_fits(part, value.get(key)) for key, part in wanted.items())
    return wanted == value
