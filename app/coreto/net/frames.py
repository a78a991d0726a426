"""Client messages as frames: the envelope that leads back, and the one frame that is the request."""

from __future__ import annotations

from coreto.wire.limits import FRAMES_PER_MESSAGE

DELIMITER = b""


class UnframedError(ValueError):
    """A message is none that can be a request; `route` still leads back to its sender."""

    def __init__(self, route: tuple[bytes, ...], rule: str) -> None:
        super().__init__(rule)
        self.route = route
        self.rule = rule


def split(frames: list[bytes]) -> tuple[tuple[bytes, ...], bytes]:
    """Return (route, body) of a message received on a ROUTER; raise `UnframedError`.

    A reply is `[*route, reply]`. REQ sends an empty delimiter, which stays in the route; a DEALER
    that sends none gets none back; routers in between add their own frames before the delimiter.
    """
    if DELIMITER in frames[1:-1]:
        end = frames.index(DELIMITER, 1) + 1
        route = tuple(frames[:end])
    else:
        end = len(frames) - 1 if len(frames) > 1 else 1
        route = tuple(frames[:end])
    if len(frames) > FRAMES_PER_MESSAGE:
        raise UnframedError(_way_back(frames, end), "parts_many")
    if len(frames) != end + 1:
        raise UnframedError(route, "not_readable")
    return route, frames[end]


def _way_back(frames: list[bytes], end: int) -> tuple[bytes, ...]:
    """Return the shortest route that reaches the sender of a message with too many frames."""
    return tuple(frames[:2]) if end >= 2 and frames[1] == DELIMITER else (frames[0],)
