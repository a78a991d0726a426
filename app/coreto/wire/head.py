"""The head of a message: which service it is, without reading the rest."""

from __future__ import annotations

import msgspec


class _Head(msgspec.Struct):
    service: str = ""


_decoder = msgspec.msgpack.Decoder(_Head)


def service_of(raw: bytes) -> str:
    """Return the `service` of a MessagePack message of any kind, nothing when it names none."""
    try:
        return _decoder.decode(raw).service
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
