"""Requests as clients in the wild write them, each with what it means (protocol.md §4 to §6).

A table that the tests of the reader and those of a running cluster share. Everything here is to be
accepted, and answered in the encoding, the kind of timestamp and the shape it came in.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgpack

from coreto.wire.services import (
    Channels,
    CreateChannel,
    DirectText,
    History,
    Login,
    PublishText,
    Request,
    Users,
)

SECONDS = 1_700_000_000
MILLISECONDS = 1_700_000_000_000
CLOCK = 7


class Dialect(NamedTuple):
    """One way to write a request."""

    name: str
    raw: bytes
    request: Request
    encoding: str = "msgpack"
    timestamp: str = "float"
    clock: int | None = CLOCK


def _data(**fields: object) -> dict[str, object]:
    return {"timestamp": float(SECONDS), "clock": CLOCK, **fields}


def _both(name: str, envelope: dict[str, Any], request: Request, **expected: Any) -> list[Dialect]:
    """The same request in both encodings."""
    return [
        Dialect(f"{name}, msgpack", msgpack.packb(envelope), request, **expected),
        Dialect(f"{name}, JSON", json.dumps(envelope).encode(), request, encoding="json", **expected),
    ]


LOGIN, USERS = Login("ana"), Users()
PUBLISH, DIRECT = PublishText("ana", "geral", "oi"), DirectText("ana", "bia", "oi")

ALIASES: list[tuple[str, dict[str, str], Request]] = [
    ("login", {"user": "ana"}, LOGIN),
    ("login", {"username": "ana"}, LOGIN),
    ("login", {"src": "ana"}, LOGIN),
    ("login", {"from": "ana"}, LOGIN),
    ("channel", {"channel": "geral"}, CreateChannel("geral")),
    ("channel", {"name": "geral"}, CreateChannel("geral")),
    ("publish", {"user": "ana", "channel": "geral", "message": "oi"}, PUBLISH),
    ("publish", {"username": "ana", "channel": "geral", "message": "oi"}, PUBLISH),
    ("publish", {"src": "ana", "channel": "geral", "message": "oi"}, PUBLISH),
    ("publish", {"from": "ana", "channel": "geral", "message": "oi"}, PUBLISH),
    ("publish", {"user": "ana", "name": "geral", "message": "oi"}, PUBLISH),
    ("publish", {"user": "ana", "channel": "geral", "content": "oi"}, PUBLISH),
    ("publish", {"user": "ana", "channel": "geral", "text": "oi"}, PUBLISH),
    ("message", {"src": "ana", "dst": "bia", "message": "oi"}, DIRECT),
    ("message", {"user": "ana", "dst": "bia", "message": "oi"}, DIRECT),
    ("message", {"username": "ana", "dst": "bia", "message": "oi"}, DIRECT),
    ("message", {"from": "ana", "dst": "bia", "message": "oi"}, DIRECT),
    ("message", {"src": "ana", "to": "bia", "message": "oi"}, DIRECT),
    ("message", {"src": "ana", "dst": "bia", "content": "oi"}, DIRECT),
    ("message", {"src": "ana", "dst": "bia", "text": "oi"}, DIRECT),
    ("history", {"channel": "geral"}, History("geral")),
    ("history", {"name": "geral"}, History("geral")),
    ("history", {"user": "ana"}, History(user="ana")),
    ("history", {"username": "ana"}, History(user="ana")),
    ("users", {}, USERS),
    ("channels", {}, Channels()),
]
"""Every alias of every key; the first row of a service is the proper one."""

TIMESTAMPS: list[tuple[str, object, str]] = [
    ("whole seconds", SECONDS, "int"),
    ("seconds", SECONDS + 0.5, "float"),
    ("whole milliseconds", MILLISECONDS, "int_ms"),
    ("milliseconds as float64", MILLISECONDS + 0.5, "float_ms"),
    ("ISO with zone", "2023-11-14T22:13:20.000Z", "iso"),
    ("ISO without zone", "2023-11-14T22:13:20", "iso"),
    ("HH:MM:SS", "22:13:20", "hms"),
    ("nothing in it", None, "float"),
    ("NaN", float("nan"), "float"),
]

CLOCKS: list[tuple[str, object, int | None]] = [
    ("an integral float", 7.0, 7),
    ("a numeric text", "7", 7),
    ("NaN", float("nan"), None),
    ("infinity", float("inf"), None),
    ("true", True, None),
    ("negative", -1, None),
    ("beyond 2^31", 2**31 + 1, None),
    ("2^63", 2**63, None),
    ("half", 7.5, None),
    ("a word", "seven", None),
    ("nil", None, None),
]


def _aliases() -> list[Dialect]:
    return [
        dialect
        for service, fields, request in ALIASES
        for dialect in _both(
            f"{service} with {' '.join(fields) or 'nothing'}",
            {"service": service, "data": _data(**fields)},
            request,
        )
    ]


def _envelopes() -> list[Dialect]:
    data = _data(user="ana")
    found = [d for key in ("action", "type") for d in _both(f"service as {key}", {key: "login", "data": data}, LOGIN)]
    found += _both("everything at top level", {"service": "login", **data}, LOGIN)
    found += _both("no data", {"service": "users"}, USERS, clock=None)
    found += _both("nil data", {"service": "users", "data": None}, USERS, clock=None)
    found += _both("keys nobody knows", {"service": "login", "data": {**data, "cor": "azul"}, "versao": 2}, LOGIN)
    found += _both("proper key nil", {"service": "login", "data": _data(user=None, username="ana")}, LOGIN)
    found.append(Dialect("JSON after white space", b' \n{"service": "users"}', USERS, "json", clock=None))
    found.append(Dialect("user as bin", msgpack.packb({"service": "login", "data": _data(user=b"ana")}), LOGIN))
    found.append(Dialect("service as bin", msgpack.packb({"service": b"login", "data": data}), LOGIN))
    numbered: dict[object, object] = {"service": "login", "data": {"user": "ana", "clock": CLOCK, 5: "five"}, 1: "one"}
    found.append(Dialect("some keys that are numbers", msgpack.packb(numbered), LOGIN))
    old = {"service": "login", "data": data}
    found.append(Dialect("the old msgpack without bin and str8", msgpack.packb(old, use_bin_type=False), LOGIN))
    return found


def _timestamps() -> list[Dialect]:
    found = _both("no timestamp", {"service": "users", "data": {"clock": CLOCK}}, USERS)
    for name, value, kind in TIMESTAMPS:
        data = {"timestamp": value, "clock": CLOCK}
        found += _both(f"timestamp: {name}", {"service": "users", "data": data}, USERS, timestamp=kind)
    top = {"service": "users", "timestamp": SECONDS, "data": {"clock": CLOCK}}
    return found + _both("timestamp at top level", top, USERS, timestamp="int")


def _clocks() -> list[Dialect]:
    stamp = {"timestamp": float(SECONDS)}
    found = _both("clock at top level", {"service": "users", "clock": CLOCK, "data": stamp}, USERS)
    for key in ("lamport_clock", "logical_clock"):
        found += _both(f"{key} in data", {"service": "users", "data": {**stamp, key: CLOCK}}, USERS)
        found += _both(f"{key} at top level", {"service": "users", key: CLOCK, "data": stamp}, USERS)
    for name, value, clock in CLOCKS:
        found += _both(f"clock: {name}", {"service": "users", "data": {**stamp, "clock": value}}, USERS, clock=clock)
    return found


DIALECTS = [*_aliases(), *_envelopes(), *_timestamps(), *_clocks()]
