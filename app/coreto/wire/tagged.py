"""One codec for the messages between our own roles: the course envelope around a tagged struct.

    {"service": "append", "data": {"type": "append", ..., "clock": 7, "timestamp": 1.5}}

The tag inside `data` lets one typed decoder read every kind in a single pass.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

Family = TypeVar("Family")


class TaggedCodec(Generic[Family]):
    """Writes and reads every kind of one family of messages, given as a union of tagged structs."""

    def __init__(self, family: Any) -> None:  # noqa: ANN401 -- a union of types has no static type
        envelope = msgspec.defstruct("Envelope", [("service", str), ("data", family)])
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: Any = msgspec.msgpack.Decoder(envelope)

    def write(self, message: msgspec.Struct) -> bytes:
        """Return the one frame of `message`."""
        return self._encoder.encode({"service": message.__struct_config__.tag, "data": message})

    def read(self, raw: bytes) -> Family | None:
        """Return the message in `raw`, or None if it is none of the family."""
        try:
            message: Family = self._decoder.decode(raw).data
            return message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
