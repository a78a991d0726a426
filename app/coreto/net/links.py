"""The links between roles, and the table of faults they consult for every whole message.

The table is empty until somebody puts a fault in force; then it says for each message whether it
passes. A link knows nothing of what a message means.
"""

from __future__ import annotations

from coreto.net.sockets import Socket, send


class FaultTable:
    """Which directions between roles are cut; shared by every link of a process."""

    def __init__(self) -> None:
        self._cuts: frozenset[tuple[str, str]] = frozenset()

    def cut(self, source: str, target: str) -> None:
        """Lose every message from `source` to `target` from now on."""
        self._cuts |= {(source, target)}

    def heal(self) -> None:
        """Put no fault in force any more."""
        self._cuts = frozenset()

    def passes(self, source: str, target: str) -> bool:
        """Whether a message from `source` reaches `target`."""
        return not self._cuts or (source, target) not in self._cuts


class Link:
    """Sends from one role to another, unless a fault is in the way."""

    def __init__(self, socket: Socket, faults: FaultTable, source: str, target: str) -> None:
        self._socket = socket
        self._faults = faults
        self._source = source
        self._target = target

    def send(self, *frames: bytes) -> bool:
        """Send one message; return False if the peer is known to be gone. A fault looks like a loss."""
        if not self._faults.passes(self._source, self._target):
            return True
        return send(self._socket, frames)
