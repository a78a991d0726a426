"""The requests of the golden vectors, in the order they are asked."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from coreto.wire.codec import Encoding

NEW_YEAR = 1_767_225_600.0
"""The start of 2026 in UTC, in Unix seconds: the moment of the first request."""
BROKER, SERVER, REFERENCE = "broker", "server", "reference"


class Asked(NamedTuple):
    """One request, and who gets it: the broker, a server at its own port, or the reference."""

    name: str
    to: str
    service: str
    data: dict[str, Any]
    encoding: Encoding = "msgpack"
    timestamp: Literal["float", "int", "int_ms"] = "float"
    wide: bool = False


_OI = {"user": "ana", "channel": "geral", "message": "oi, pessoal"}
_DIRECT = {"src": "ana", "dst": "bia", "message": "só para você"}

ASKED = [
    Asked("log in", BROKER, "login", {"user": "ana"}),
    Asked("log in again: no error", BROKER, "login", {"user": "ana"}),
    Asked("log in with JSON", BROKER, "login", {"user": "bia"}, "json"),
    Asked("a reserved name", BROKER, "login", {"user": "servers"}),
    Asked("list users", BROKER, "users", {}),
    Asked("list users with JSON, whole seconds", BROKER, "users", {}, "json", "int"),
    Asked("list users, milliseconds", BROKER, "users", {}, "msgpack", "int_ms"),
    Asked("list users of a server started with the wide profile", BROKER, "users", {}, wide=True),
    Asked("create a channel", BROKER, "channel", {"channel": "geral"}),
    Asked("create a channel that exists", BROKER, "channel", {"channel": "geral"}),
    Asked("list channels", BROKER, "channels", {}),
    Asked("publish", BROKER, "publish", _OI),
    Asked("publish with an id, so that it may be repeated", BROKER, "publish", {**_OI, "id": "ana-0001"}),
    Asked(
        "the same once more: the same seq, and nothing is stored twice", BROKER, "publish", {**_OI, "id": "ana-0001"}
    ),
    Asked(
        "publish with aliases and JSON", BROKER, "publish", {"username": "bia", "name": "geral", "text": "1\n2"}, "json"
    ),
    Asked("publish in no channel", BROKER, "publish", {**_OI, "channel": "praça"}),
    Asked("an empty message", BROKER, "publish", {**_OI, "message": ""}),
    Asked("send a direct message", BROKER, "message", _DIRECT),
    Asked("send to nobody", BROKER, "message", {**_DIRECT, "dst": "caio"}),
    Asked("read a channel", BROKER, "history", {"channel": "geral"}),
    Asked("read a channel behind seq 1", BROKER, "history", {"channel": "geral", "after": 1, "limit": 1}),
    Asked("read what a user received", BROKER, "history", {"user": "bia"}),
    Asked("read a conversation", BROKER, "history", {"user": "ana", "peer": "bia"}),
    Asked("a service that does not exist", BROKER, "logout", {"user": "ana"}),
    Asked("read a server's clock", SERVER, "clock", {}),
    Asked("set a server's clock", SERVER, "clock", {"time": NEW_YEAR + 3600}),
    Asked("shift a server's clock", SERVER, "clock", {"adjust": -0.5}),
    Asked("ask a server to take part in an election", SERVER, "election", {}),
    Asked("get a rank", REFERENCE, "rank", {"user": "Amora", "address": "tcp://10.0.0.7:5601"}),
    Asked("say that a server lives", REFERENCE, "heartbeat", {"user": "Amora", "address": "tcp://10.0.0.7:5601"}),
    Asked("list the servers", REFERENCE, "list", {}),
    Asked("read the reference's clock", REFERENCE, "clock", {}),
    Asked("ask who coordinates", REFERENCE, "election", {}),
    Asked("a service of the servers", REFERENCE, "login", {"user": "ana"}),
]
