"""The envelope of the course protocol: one raw frame in, a typed request out, and back again.

`read` never raises: whatever came in becomes an `Incoming`, with a request or with the refusal
that explains why there is none, and with the `Shape` in which the sender expects its answer
(protocol.md §2 and §4).
"""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.wire.codec import Encoding, UndecodableError, decode, encode
from coreto.wire.limits import REQUEST_ID_CHARACTERS
from coreto.wire.names import printable
from coreto.wire.refusal import RefusalError
from coreto.wire.services import READERS, WRITES, Data, Level, Request
from coreto.wire.stamps import TimestampKind, as_clock, read_clock, timestamp_kind, write_timestamp
from coreto.wire.typed import read_typed
from coreto.wire.wide import widen

_LEVELS: dict[object, Level] = {None: "session", "local": "local", "session": "session", "linear": "linear"}


class Shape(msgspec.Struct, frozen=True):
    """How the sender of a request writes, hence how its answer is written."""

    encoding: Encoding = "msgpack"
    timestamp: TimestampKind = "float"
    wide: bool = False
    """Whether an answer carries its values a second time, where some other readers look for them."""


_PLAIN = Shape()
_PLAIN_UNTIL = 1e10
"""Timestamps up to here, the year 2286, are seconds beyond doubt, so that nearly all answers share one shape."""
_INDEX_END = 2**53


class Incoming(msgspec.Struct):
    """A request as read from outside: `request`, or the `refusal` that says why there is none."""

    shape: Shape
    service: str = "error"
    request: Request | None = None
    refusal: RefusalError | None = None
    clock: int | None = None
    id: str = ""
    level: Level = "session"
    min_index: int = 0

    @property
    def is_write(self) -> bool:
        """Whether the request goes through the log."""
        return self.service in WRITES


def read(raw: bytes, *, wide: bool = False) -> Incoming:
    """Return what `raw` asks for; never raises, whatever the bytes are. `wide` is how it will be answered."""
    return _read_quickly(raw, wide) or read_tolerantly(raw, wide=wide)


def _read_quickly(raw: bytes, wide: bool) -> Incoming | None:
    """Return what is written as our schema says, None where the tolerant reader has to look."""
    found = read_typed(raw)
    if found is None:
        return None
    try:
        request_id = _request_id(found.id) if found.id else ""
    except RefusalError:
        return None
    is_plain = isinstance(found.timestamp, float) and 0 <= found.timestamp <= _PLAIN_UNTIL and not wide
    shape = _PLAIN if is_plain else None
    return Incoming(
        shape or Shape("msgpack", timestamp_kind(found.timestamp), wide),
        found.service,
        found.request,
        None,
        as_clock(found.clock),
        request_id,
        found.level,
        found.min_index if 0 < found.min_index < _INDEX_END else 0,
    )


def read_tolerantly(raw: bytes, *, wide: bool = False) -> Incoming:
    """Return what `raw` asks for as `read` does, without its short cut."""
    try:
        value, encoding = decode(raw)
    except UndecodableError:
        guess: Encoding = "json" if raw[:1] == b"{" else "msgpack"
        return Incoming(Shape(guess, wide=wide), refusal=RefusalError("not_readable"))
    if not isinstance(value, dict):
        return Incoming(Shape(encoding, wide=wide), refusal=RefusalError("not_readable"))
    return _read_envelope(value, encoding, wide)


def _read_envelope(envelope: Data, encoding: Encoding, wide: bool) -> Incoming:
    raw_data = envelope.get("data")
    data: Data = raw_data if isinstance(raw_data, dict) else {}
    shape = Shape(encoding, timestamp_kind(data.get("timestamp", envelope.get("timestamp"))), wide)
    incoming = Incoming(shape, clock=read_clock(envelope, data))
    try:
        incoming.service = _service(envelope)
        reader = READERS.get(incoming.service)
        if reader is None:
            raise RefusalError("unknown_service", service=printable(incoming.service))
        if not isinstance(raw_data, dict) and raw_data is not None:
            raise RefusalError("data_missing")
        _read_options(incoming, data)
        incoming.request = reader(data if isinstance(raw_data, dict) else envelope)
    except RefusalError as refusal:
        incoming.refusal = refusal
    return incoming


def _service(envelope: Data) -> str:
    for key in ("service", "action", "type"):
        value = envelope.get(key)
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if isinstance(value, str):
            return value
    raise RefusalError("no_service")


def _read_options(incoming: Incoming, data: Data) -> None:
    wanted = data.get("level")
    if not isinstance(wanted, str | None) or wanted not in _LEVELS:
        raise RefusalError("bad_level")
    incoming.level = _LEVELS[wanted]
    incoming.id = _request_id(data.get("id"))
    index = data.get("min_index", 0)
    if type(index) is int and 0 < index < _INDEX_END:
        incoming.min_index = index


def _request_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable() or len(value) > REQUEST_ID_CHARACTERS:
        raise RefusalError("bad_id", limit=REQUEST_ID_CHARACTERS)
    return value


def write(shape: Shape, service: str, data: dict[str, Any], clock: int, time: float) -> bytes:
    """Return an answer in the given shape; `clock` and `timestamp` stand in `data` and on top."""
    timestamp = write_timestamp(time, shape.timestamp)
    body = {**data, "timestamp": timestamp, "clock": clock}
    envelope = {"service": service, "data": body, "timestamp": timestamp, "clock": clock}
    if shape.wide:
        widen(envelope)
    return encode(envelope, shape.encoding)


def write_request(
    service: str, data: dict[str, Any], clock: int, time: float, timestamp: TimestampKind = "float"
) -> bytes:
    """Return a request as our own clients and servers send it; `timestamp` suits a foreign server's taste."""
    stamps = {"timestamp": write_timestamp(time, timestamp), "clock": clock}
    return encode({"service": service, "data": {**data, **stamps}}, "msgpack")


def read_reply(raw: bytes) -> tuple[str, dict[str, Any]]:
    """Return the service and the `data` of an answer; raise `UndecodableError` if there is none.

    Reads more than we write, for clients of ours that meet a foreign server: MessagePack or JSON,
    `data` nested or flat, `success` (bool) for `status`.
    """
    value, _ = decode(raw)
    if not isinstance(value, dict):
        raise UndecodableError("an answer is a map")
    nested = value.get("data")
    data = {str(key): item for key, item in (nested if isinstance(nested, dict) else value).items()}
    if isinstance(data.get("success"), bool):
        data.setdefault("status", "sucesso" if data["success"] else "erro")
    return str(value.get("service", "")), data


def is_failure(data: dict[str, Any]) -> bool:
    """Whether the `data` of an answer tells of an error, in any of the words in use."""
    return str(data.get("status", "")).lower() in _FAILURES


def names_in(service: str, data: dict[str, Any]) -> list[str]:
    """Return the names in an answer to `users` or `channels`, under any of the keys in use."""
    for key in (service, "users", "lista"):
        names = data.get(key)
        if isinstance(names, list):
            return [name for name in names if isinstance(name, str)]
    return []


_FAILURES = frozenset({"erro", "error", "falha", "fail"})
