"""What a script looks at and what it insists on: `show` and `expect`."""

from __future__ import annotations

from collections.abc import Callable

from coreto.machines.replica import Role
from coreto.simulator.script_clients import messages_of
from coreto.simulator.script_links import Selector
from coreto.simulator.script_server import StageServer
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_text import entry_text, epoch_text
from coreto.simulator.script_words import UsageError, command, number_in, one, server_in, servers_in
from coreto.wire.log import Command

COUNT_MAX = 1e6
"""The greatest number an `expect` compares with."""
ROLES = (*(role.value for role in Role), "learner", "damaged", "down")
"""What a server may be."""
ROWS_MAX = 1_000_000
"""More messages than any script writes."""


class ExpectationError(AssertionError):
    """Something is not as the script expects it."""


def _insist(holds: bool, text: str) -> None:
    if not holds:
        raise ExpectationError(text)


@command("show NAME ...|links")
def _show(stage: Stage, words: list[str]) -> None:
    if words != ["links"]:
        for server in servers_in(stage, words):
            stage.say(server.describe())
        return
    waiting = [item for item in stage.links.select(Selector()) if not item.quiet]
    for item in waiting:
        stage.say(f"{item.source} -> {item.target} {item.text}")
    if not waiting:
        stage.say("nothing waits")


@command("expect SERVER|CLIENT|SUBSCRIBER|coordinator|coordinators|effects|reference WHAT ...")
def _expect(stage: Stage, words: list[str]) -> None:
    if len(words) < 2:
        raise UsageError("of whom, and what?")
    subject, what = words[0], words[1:]
    general = _GENERAL.get(subject)
    if general is not None:
        general(stage, what)
    elif subject in stage.servers:
        _expect_server(server_in(stage, subject), what)
    elif what[0] == "sees":
        _expect_seen(stage, subject, what[1:])
    else:
        _expect_answer(stage, subject, what)


# The whole.


def _expect_coordinator(stage: Stage, words: list[str]) -> None:
    found = stage.coordinators()
    wanted = [] if words == ["none"] else sorted(words)
    _insist(found == wanted, f"coordinators: {' '.join(found) or 'none'}")


def _expect_coordinators(stage: Stage, words: list[str]) -> None:
    """Compare how many epochs ever had a coordinator: a measure of unrest."""
    most = number_in(one([word for word in words if word not in ("at", "most")]), COUNT_MAX)
    count = sum(judge.coordinators for judge in stage.judges)
    _insist(count <= most, f"{count} epochs had a coordinator")


def _expect_effects(stage: Stage, words: list[str]) -> None:
    """Compare how many stored messages have this text, where most is applied."""
    if len(words) != 2:
        raise UsageError("effects TEXT COUNT")
    nodes = [server.node for server in stage.servers.values() if server.node is not None]
    node = max(nodes, key=lambda node: node.chat.applied)
    rows = node.chat.tables.scan("messages", (), limit=ROWS_MAX)
    entries = [node.log.entry(int(value[0])) for _, value in rows]
    bodies = [entry.body for entry in entries if entry is not None]
    found = sum(isinstance(body, Command) and body.text == words[0] for body in bodies)
    _insist(found == number_in(words[1], COUNT_MAX), f"{words[0]} has {found} effects")


def _expect_reference(stage: Stage, words: list[str]) -> None:
    if stage.reference is None or words[0] != "lists":
        raise UsageError("a stage with a reference, and what it lists")
    found = stage.reference.listed()
    _insist(sorted(found) == sorted(words[1:]), f"it lists {' '.join(found)}")


_GENERAL: dict[str, Callable[[Stage, list[str]], None]] = {
    "coordinator": _expect_coordinator,
    "coordinators": _expect_coordinators,
    "effects": _expect_effects,
    "reference": _expect_reference,
}


# A server.


def _expect_server(server: StageServer, words: list[str]) -> None:
    what, rest = words[0], words[1:]
    if what == "disk":
        last = server.disk.batches[-1].last if server.disk.batches else 0
        _insist(last == number_in(one(rest), COUNT_MAX), f"its disk ends at {last}")
    elif what == "calls":
        _insist(server.calls == number_in(one(rest), COUNT_MAX), f"it began {server.calls} calls")
    elif what == "halted":
        _insist(bool(server.halted), f"it is {server.role}, and did not halt")
    elif what in ROLES and not rest:
        _insist(server.role == what, f"it is {server.role}")
    elif what in _STATE and server.node is None:
        _insist(False, f"it is {server.role}")
    elif what in _STATE:
        found = _STATE[what](server)
        _insist(found == rest, f"{what} is {' '.join(found) or 'empty'}")
    else:
        raise UsageError(f"one of {', '.join([*_STATE, 'disk', 'calls', 'halted'])}, or {', '.join(ROLES)}")


def _log(server: StageServer) -> list[str]:
    assert server.node is not None
    log = server.node.log
    return [entry_text(entry) for _, entry in log.entries(1, log.last.index)]


def _commit(server: StageServer) -> list[str]:
    assert server.node is not None
    return [str(server.node.replica.commit)]


def _promised(server: StageServer) -> list[str]:
    assert server.node is not None
    return [epoch_text(server.node.replica.promised)]


def _follows(server: StageServer) -> list[str]:
    assert server.node is not None
    return [server.node.coordinator_name() or "nobody"]


def _voters(server: StageServer) -> list[str]:
    assert server.node is not None
    return [voter.name for voter in server.node.log.config.voters]


_STATE: dict[str, Callable[[StageServer], list[str]]] = {
    "log": _log,
    "commit": _commit,
    "promised": _promised,
    "follows": _follows,
    "voters": _voters,
}


# A client.


def _expect_seen(stage: Stage, name: str, words: list[str]) -> None:
    subscriber = stage.clients.subscribers.get(name)
    if subscriber is None:
        raise UsageError(f"nobody called `{name}` subscribes")
    found = [item.message for item in subscriber.shown]
    _insist(found == words, f"{name} saw {' '.join(found) or 'nothing'}")


def _expect_answer(stage: Stage, name: str, words: list[str]) -> None:
    operation = stage.clients.last(name)
    if operation is None:
        raise UsageError(f"nobody called `{name}` has asked anything")
    code = operation.code if operation.answers else "waiting"
    _insist(words[0] == code, f"the answer to {name} is {code}")
    if words[1:2] == ["index"]:
        found = operation.answer.get("index")
        _insist(found == number_in(one(words[2:]), COUNT_MAX), f"the answer to {name} names index {found}")
    elif words[1:2] == ["reads"]:
        texts = messages_of(operation)
        _insist(texts == words[2:], f"{name} reads {' '.join(texts) or 'nothing'}")
    elif words[1:2] == ["rule"]:
        rule = str(operation.answer.get("rule", ""))
        _insist(rule == one(words[2:]), f"the answer to {name} names the rule {rule or 'of none'}")
    elif words[1:]:
        raise UsageError("CODE, then `index N`, `reads TEXTS` or `rule NAME`")
