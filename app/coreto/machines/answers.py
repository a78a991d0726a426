"""The `data` of answers: outcomes and refusals in the words and keys of the course protocol (protocol.md §2)."""

from __future__ import annotations

from typing import Any

from coreto.machines.chat import Outcome
from coreto.texts import Catalogue
from coreto.wire.envelope import Incoming
from coreto.wire.log import Command
from coreto.wire.names import printable
from coreto.wire.refusal import RefusalError

_NAMED_BY_USER = frozenset({"sender_unknown", "name_is_channel"})


def outcome_data(outcome: Outcome, command: Command, catalogue: Catalogue) -> dict[str, Any]:
    """Return what a client is told of a command that went through the log."""
    if outcome.code != "ok":
        name = command.user if outcome.rule in _NAMED_BY_USER else command.target
        data = error_data(outcome.code, outcome.rule, catalogue, name=name)
        return {**data, "index": outcome.index}
    data = {"index": outcome.index}
    if command.kind in ("login", "channel"):
        return {"status": "sucesso", "description": "", **data}
    stored = {"seq": outcome.seq, "id": message_id(command, outcome.index)}
    return {"status": "OK", "message": "", **data, **stored}


def message_id(command: Command, index: int) -> str:
    """Return the id of a stored message: the client's own, else its place in the log."""
    return command.id or str(index)


def refusal_data(refusal: RefusalError, catalogue: Catalogue) -> dict[str, Any]:
    """Return what a client is told whose request breaks a rule of the protocol."""
    return error_data("bad_request", refusal.rule, catalogue, **refusal.fields)


def error_data(code: str, rule: str, catalogue: Catalogue, **fields: object) -> dict[str, Any]:
    """Return an error: the exact status, the sentence under both keys, and our code."""
    shown = {key: printable(value) for key, value in fields.items()}
    sentence = catalogue.sentence(rule, **shown)
    return {"status": "erro", "description": sentence, "message": sentence, "code": code, "rule": rule}


def reply_service(incoming: Incoming) -> str:
    """Return the service name of the answer: that of the request, or `error` where there is none."""
    unreadable = incoming.refusal is not None and incoming.refusal.rule in ("unknown_service", "no_service")
    return "error" if unreadable else incoming.service
