"""The quick way to read the two requests that make up nearly all of the load.

A publication or a direct message in MessagePack, written as our schema says, is decoded in one typed
pass. Whatever differs from that in anything (an alias, an odd stamp, invalid UTF-8, a broken rule)
is nothing to this module, and the tolerant reader (`envelope`) has the last word. So both must agree
wherever this one answers: it knows the proper keys only, and accepts no kind of value that the other
would read in another way.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from coreto.wire.names import clean_channel, clean_name, clean_text
from coreto.wire.refusal import RefusalError
from coreto.wire.services import DirectText, Level, PublishText, Request


class _Data(msgspec.Struct):
    """What every request carries; stamps are read here only in their usual kinds."""

    timestamp: float | int
    """Not made the same: an answer has it in the kind the request had."""
    clock: int
    message: str
    id: str | None = None
    level: Level | None = None
    min_index: int = 0


class _PublishData(_Data, kw_only=True):
    user: str
    channel: str


class _DirectData(_Data, kw_only=True):
    src: str
    dst: str


class _Publish(msgspec.Struct, tag_field="service", tag="publish"):
    data: _PublishData


class _Direct(msgspec.Struct, tag_field="service", tag="message"):
    data: _DirectData


class Typed(NamedTuple):
    """A request that was written properly; options and stamps as they came."""

    service: str
    request: Request
    timestamp: float | int
    clock: int
    id: str
    level: Level
    min_index: int


_PUBLISH, _MESSAGE = b"\xa7publish", b"\xa7message"
"""One of these is in what this module reads, so that other requests lose no time here."""
_decoder = msgspec.msgpack.Decoder(_Publish | _Direct)


def read_typed(raw: bytes) -> Typed | None:
    """Return a publication or a direct message that is written properly and breaks no rule, else None."""
    if _PUBLISH not in raw and _MESSAGE not in raw:
        return None
    try:
        data: _PublishData | _DirectData = _decoder.decode(raw).data
        if isinstance(data, _PublishData):
            service = "publish"
            request: Request = PublishText(clean_name(data.user), clean_channel(data.channel), clean_text(data.message))
        else:
            service = "message"
            request = DirectText(clean_name(data.src), clean_name(data.dst), clean_text(data.message))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RefusalError):
        return None
    level: Level = data.level or "session"
    return Typed(service, request, data.timestamp, data.clock, data.id or "", level, data.min_index)
