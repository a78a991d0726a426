"""The hand that types the lines of a scenario: the prompt stands above this floor, and is given from there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from coreto.launcher.control_client import ControlClient

NAMES = ("first", "second", "third", "others", "coordinator")
"""What may stand in braces: who coordinated when the steps began, the lowest and the highest of the others, all others
with commas between them, and who coordinates when it is used."""
_BRACES = re.compile(r"\{(\w*)\}")


class Hand(Protocol):
    """Types prompt commands."""

    def check(self, line: str, roles: Sequence[str]) -> str:
        """Return what is wrong with a line, nothing if it could be typed in a cluster that has these roles."""

    def open(self, control: ControlClient, info: Mapping[str, Any]) -> AbstractContextManager[Callable[[str], str]]:
        """Return what types a line in a running cluster and returns the answer; it raises a `ClientError`."""


def unknown_names(text: str) -> list[str]:
    """Return the names in braces that nobody bears."""
    return [name for name in _BRACES.findall(text) if name not in NAMES]


def named(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 -- a pattern, or part of one
    """Return a text, or a pattern, with the names in braces put in."""
    if isinstance(value, str):
        return _BRACES.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: named(part, names) for key, part in value.items()}
    return value


def names_of(servers: Sequence[str], first: str) -> dict[str, str]:
    """Return whom the names in braces mean when `first` coordinates."""
    others = [name for name in servers if name != first] or [first]
    ends = {"second": others[0], "third": others[-1]}
    return {"first": first, **ends, "others": ",".join(others), "coordinator": first}
