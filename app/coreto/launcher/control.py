"""The control endpoint of a running cluster: on loopback, found through a file with a token (design.md §5).

One request, one answer, as MessagePack maps: `{"token", "command"}`. Who cannot read the file in
the data folder has no token, and gets no answer.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import zmq

from coreto.net.frames import DELIMITER, UnframedError, split
from coreto.net.sockets import (
    AddressError,
    Context,
    Socket,
    bound_socket,
    connected_socket,
    make_context,
    receive_all,
    send,
)
from coreto.net.worker import Worker

ANSWER_MS = 3000
"""Longest wait for a running cluster to answer on its control endpoint, in milliseconds."""
DRAIN_MAX = 64
_ENDED = b"ended "


class ControlWorker(Worker):
    """Answers on the control endpoint, and is the thread in which the cluster supervises its roles."""

    def __init__(
        self,
        context: Context,
        file: Path,
        info: Callable[[], dict[str, Any]],
        role_ended: Callable[[str], None],
    ) -> None:
        super().__init__("control", context)
        self._file = file
        self._info = info
        self._role_ended = role_ended
        self._token = secrets.token_hex(16)
        self._address = ""

    def report_end(self, name: str) -> None:
        """A role's thread ended; may be called from that thread."""
        self.tell(_ENDED + name.encode())

    def told(self, message: bytes) -> None:
        """Supervise: a role's thread ended."""
        self._role_ended(message.removeprefix(_ENDED).decode())

    def open(self) -> None:
        """Bind to a port the system chooses."""
        self._socket = self.listen(bound_socket(self._context, zmq.ROUTER, ["tcp://127.0.0.1:*"], "--data"))
        self._address = self._socket.get_string(zmq.LAST_ENDPOINT)

    def announce(self) -> None:
        """Write the file through which others find this cluster; only its owner may read it."""
        content = json.dumps({"address": self._address, "token": self._token, "pid": os.getpid()})
        self._file.unlink(missing_ok=True)
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(content)

    def turn(self, ready: set[Socket], now: float) -> None:
        """Answer requests that bring the token."""
        for frames in receive_all(self._socket, DRAIN_MAX):
            try:
                route, raw = split(frames)
                request = msgspec.msgpack.decode(raw, type=dict[str, str])
            except (UnframedError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            if hmac.compare_digest(request.get("token", "").encode(), self._token.encode()):
                send(self._socket, (*route, msgspec.msgpack.encode(self._answer(request))))

    def close(self) -> None:
        """Remove the file: the cluster can no longer be found."""
        self._file.unlink(missing_ok=True)

    def _answer(self, request: dict[str, str]) -> dict[str, Any]:
        if request.get("command") == "info":
            return self._info()
        return {"error": "unknown command"}


def find_running(file: Path) -> dict[str, Any] | None:
    """Return what the cluster that `file` names says of itself, None if none answers."""
    try:
        found = json.loads(file.read_text())
        address, token = str(found["address"]), str(found["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    context = make_context()
    try:
        socket = connected_socket(context, zmq.DEALER, address, patient=True)
    except AddressError:
        context.term()
        return None
    try:
        socket.send_multipart((DELIMITER, msgspec.msgpack.encode({"token": token, "command": "info"})))
        if not socket.poll(ANSWER_MS):
            return None
        return dict(msgspec.msgpack.decode(socket.recv_multipart()[-1], type=dict[str, Any]))
    finally:
        socket.close()
        context.term()
