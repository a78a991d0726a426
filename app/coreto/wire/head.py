"""The head of a message: which service it is and its Lamport value, without reading the rest."""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.wire.stamps import as_clock


class _Head(msgspec.Struct):
    service: str = ""


class _Data(msgspec.Struct, frozen=True):
    clock: Any = None


class _StampedHead(msgspec.Struct):
    service: str = ""
    data: _Data = _Data()


_decoder = msgspec.msgpack.Decoder(_Head)
_stamped = msgspec.msgpack.Decoder(_StampedHead)
_stamped_json = msgspec.json.Decoder(_StampedHead)


def service_of(raw: bytes) -> str:
    """Return the `service` of a MessagePack message of any kind, nothing when it names none."""
    try:
        return _decoder.decode(raw).service
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def stamp_of(raw: bytes) -> tuple[str, int]:
    """Return `service` and Lamport value of a course message in MessagePack or JSON; what it lacks is empty or 0."""
    try:
        head = (_stamped_json if raw[:1] == b"{" else _stamped).decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return service_of(raw), 0
    return head.service, as_clock(head.data.clock) or 0
