"""Bytes to plain values and back, bounded: whatever comes in, either a value or `UndecodableError`.

The first byte tells MessagePack from JSON (a MessagePack map never starts with `{`); what is
neither is refused. Declared lengths are checked against the bytes that are really there, nesting
is limited, and invalid UTF-8 survives as lone surrogates, which the rules for names and texts
then refuse with a sentence (protocol.md §4, 1 and 2).
"""

from __future__ import annotations

import json
from typing import Any, Literal

import msgpack
import msgspec

from coreto.wire.limits import JSON_DEPTH_MAX

Encoding = Literal["msgpack", "json"]


class UndecodableError(ValueError):
    """The bytes are neither MessagePack nor JSON within the limits."""


def decode(raw: bytes) -> tuple[Any, Encoding]:
    """Return the value in `raw` and the encoding it came in; raise `UndecodableError` otherwise."""
    if raw[:1] != b"{":
        try:
            return _decode_msgpack(raw), "msgpack"
        except UndecodableError:
            pass
    return _decode_json(raw), "json"


def encode(value: object, encoding: Encoding) -> bytes:
    """Return `value` (built of maps, lists, strings, numbers) in the given encoding."""
    if encoding == "json":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:  # a lone surrogate, from invalid UTF-8 that came in
        return msgpack.packb(value, unicode_errors="replace") or b""


_encoder = msgspec.msgpack.Encoder()
"""Writes the same bytes as msgpack's packer, which is made anew for each value."""


def _decode_msgpack(raw: bytes) -> Any:  # noqa: ANN401 -- any value may come in
    try:
        return msgpack.unpackb(raw, strict_map_key=False, unicode_errors="surrogateescape")
    except (ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise UndecodableError(str(error)) from None
    except msgpack.exceptions.UnpackException as error:
        raise UndecodableError(str(error)) from None


def _decode_json(raw: bytes) -> Any:  # noqa: ANN401 -- any value may come in
    if raw.count(b"{") + raw.count(b"[") > JSON_DEPTH_MAX and _depth(raw) > JSON_DEPTH_MAX:
        raise UndecodableError("nested too deeply")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UndecodableError(str(error)) from None


def _depth(raw: bytes) -> int:
    """Return an upper bound of the nesting of JSON text: brackets inside strings count too."""
    depth = deepest = 0
    for byte in raw:
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest
