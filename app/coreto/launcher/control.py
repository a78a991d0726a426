"""The control endpoint of a running cluster: on loopback, found through a file with a token (design.md §5).

One request, one answer, as MessagePack maps: `{"token", "command", …}` with the fields of a
`Request`. A refusal is answered `{"error": code, "fields": {…}}`. Who cannot read the file in the
data folder has no token, and gets no answer.
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

from coreto.launcher.requests import AnyRequest, RefusalError, Request
from coreto.net.frames import UnframedError, split
from coreto.net.sockets import Context, Socket, bound_socket, receive_all, send
from coreto.net.worker import Worker

DRAIN_MAX = 64
_ENDED = b"ended "
_requests: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)


class _Signed(msgspec.Struct):
    token: str = ""


class ControlWorker(Worker):
    """Answers on the control endpoint, and is the thread in which the cluster supervises its roles."""

    def __init__(
        self,
        context: Context,
        file: Path,
        handle: Callable[[Request], dict[str, Any]],
        role_ended: Callable[[str], None],
    ) -> None:
        super().__init__("control", context)
        self._file = file
        self._handle = handle
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
                signed = msgspec.msgpack.decode(raw, type=_Signed)
            except (UnframedError, msgspec.DecodeError, UnicodeDecodeError):
                continue
            if hmac.compare_digest(signed.token.encode(), self._token.encode()):
                send(self._socket, (*route, msgspec.msgpack.encode(self._answer(raw))))

    def close(self) -> None:
        """Remove the file: the cluster can no longer be found."""
        self._file.unlink(missing_ok=True)

    def _answer(self, raw: bytes) -> dict[str, Any]:
        try:
            return self._handle(_requests.decode(raw))
        except msgspec.DecodeError:
            return {"error": "unknown_request", "fields": {}}
        except RefusalError as refusal:
            return {"error": refusal.code, "fields": refusal.fields}
