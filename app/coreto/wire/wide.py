"""The wide profile: values of an answer repeated where some student clients look for them (protocol.md §4, 7)."""

from __future__ import annotations

from typing import Any

_ON_TOP = ("users", "channels", "message")
_LISTS = ("list", "channels", "users")
"""The keys of an answer that hold what was asked to be listed; the first that is there counts."""


def widen(envelope: dict[str, Any]) -> None:
    """Add `success`, what some read at top level, and the list under `lista`; nothing is replaced or removed."""
    data: dict[str, Any] = envelope["data"]
    success = data.get("status") != "erro" and envelope["service"] != "error"
    data.setdefault("success", success)
    for key in _LISTS:
        if isinstance(data.get(key), list):
            data.setdefault("lista", data[key])
    on_top = {key: data[key] for key in (*_ON_TOP, "success") if key in data}
    envelope |= {key: value for key, value in on_top.items() if key not in envelope}
