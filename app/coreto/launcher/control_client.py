"""The other side of the control endpoint: how a prompt, `exec`, tests and scripts ask a running cluster."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import zmq

from coreto.client.errors import ProtocolError, RefusedError, TimedOutError, UnreachableError
from coreto.journal.events import AnyEvent, Event
from coreto.launcher.requests import EVENTS_TOLD_MAX, Events, FaultsInForce, Info, InForce, Request
from coreto.net.frames import DELIMITER
from coreto.net.sockets import AddressError, connected_socket, make_context
from coreto.texts import N_, _

ANSWER_MS = 3000
"""Longest wait for a running cluster to say how it is reached, in milliseconds."""
DONE_MS = 45_000
"""Longest wait until something is done, in milliseconds: a role that starts again may take half a minute."""

_SENTENCES = {
    "unknown_request": N_("The cluster that runs does not know this: is it an older version? Start it again."),
    "role_unknown": N_("There is no role {name}: this cluster has {names}."),
    "no_server": N_("{name} is no server, and only servers can suffer this: {names}."),
    "not_running": N_("{name} does not run: /restart {name} starts it."),
    "not_started": N_("{name} did not start: {reason}"),
    "no_link": N_("No messages that could be stopped pass between {source} and {target}."),
    "faults_many": N_("More than {limit} faults cannot be in force at once: /heal ends all of them."),
}


class ControlClient:
    """Asks the cluster that the control file of a data folder names; every method may raise a `ClientError`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def info(self) -> dict[str, Any]:
        """Return how the cluster is reached."""
        try:
            return self._exchange(Info(), ANSWER_MS)
        except TimedOutError:  # the file of a cluster that ended without a word
            raise self._nobody() from None

    def in_force(self) -> FaultsInForce:
        """Return every role with its state, and the faults between roles."""
        return msgspec.convert(self.ask(InForce()), FaultsInForce)

    def events(
        self,
        count: int = EVENTS_TOLD_MAX,
        *,
        traffic: bool = False,
        index: int = 0,
        since: float = 0.0,
        until: float = math.inf,
    ) -> list[Event]:
        """Return what happened last, oldest first; with messages, only of one entry of the log, or between moments."""
        told = self.ask(Events(count, traffic, index, since, until)).get("events")
        events: list[Event] = msgspec.convert(told, list[AnyEvent])
        return events

    def ask(self, request: Request) -> dict[str, Any]:
        """Return the answer to a request; raise `RefusedError` with a sentence when it is refused."""
        answer = self._exchange(request, DONE_MS)
        code = answer.get("error")
        if code is None:
            return answer
        fields = answer.get("fields")
        if code not in _SENTENCES or not isinstance(fields, dict):
            raise ProtocolError(_("The cluster that runs gave an answer that makes no sense here: {code}.", code=code))
        raise RefusedError(_(_SENTENCES[code], **fields), str(code))

    def _exchange(self, request: Request, wait_ms: int) -> dict[str, Any]:
        address, token = self._where()
        context = make_context()
        try:
            with connected_socket(context, zmq.DEALER, address, patient=True) as socket:
                signed = {"token": token, **msgspec.to_builtins(request)}
                socket.send_multipart((DELIMITER, msgspec.msgpack.encode(signed)))
                if not socket.poll(wait_ms):
                    raise TimedOutError(
                        _("The cluster of {folder} does not answer: try again.", folder=self._file.parent)
                    )
                return dict(msgspec.msgpack.decode(socket.recv_multipart()[-1], type=dict[str, Any]))
        except (AddressError, msgspec.DecodeError):
            raise self._nobody() from None
        finally:
            context.term()

    def _where(self) -> tuple[str, str]:
        try:
            found = json.loads(self._file.read_text("utf-8"))
            return str(found["address"]), str(found["token"])
        except (OSError, ValueError, KeyError, TypeError):
            raise self._nobody() from None

    def _nobody(self) -> UnreachableError:
        return UnreachableError(
            _(
                "No cluster runs on the folder {folder}: start one with coreto up, or say which with --data.",
                folder=self._file.parent,
            )
        )


def find_running(file: Path) -> dict[str, Any] | None:
    """Return what the cluster that `file` names says of itself, None if none answers."""
    try:
        return ControlClient(file).info()
    except UnreachableError:
        return None
