"""Who belongs to the cluster: servers that come, and what an operator asks of the coordinator."""

from __future__ import annotations

from coreto.simulator.script_setup import SERVERS_MAX
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_words import UsageError, command, living_in, one, parsed_options

OPERATOR = "operator"
"""Who asks for changes of members, and of whom answers are expected."""


@command("add NAME")
def _add(stage: Stage, words: list[str]) -> None:
    name = one(words)
    if name in stage.places:
        raise UsageError(f"there is a `{name}` already")
    if len(stage.judges) != 1 or len(stage.servers) >= SERVERS_MAX:
        raise UsageError(f"one cluster, of at most {SERVERS_MAX} servers")
    stage.add_server(name).start()


@command("promote NAME [at SERVER]")
def _promote(stage: Stage, words: list[str]) -> None:
    _ask(stage, "promote", words)


@command("remove NAME [at SERVER]")
def _remove(stage: Stage, words: list[str]) -> None:
    _ask(stage, "remove", words)


@command("members NAME")
def _members(stage: Stage, words: list[str]) -> None:
    stage.clients.ask(OPERATOR, "members", {}, living_in(stage, one(words)).name)


def _ask(stage: Stage, service: str, words: list[str]) -> None:
    words, options = parsed_options(words, "at")
    ports = [options["at"]] if "at" in options else stage.coordinators()
    if len(ports) != 1:
        raise UsageError("there is not one coordinator: say `at SERVER`")
    stage.clients.ask(OPERATOR, service, {"name": one(words)}, living_in(stage, ports[0]).name)
