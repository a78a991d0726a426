"""What the clients of a script ask: one command for each service."""

from __future__ import annotations

from coreto.simulator.script_stage import Stage
from coreto.simulator.script_words import (
    NTH_MAX,
    UsageError,
    command,
    living_in,
    number_in,
    parsed_options,
    server_in,
    two,
)


@command("client NAME session")
def _client(stage: Stage, words: list[str]) -> None:
    if len(words) != 2 or words[1] != "session":
        raise UsageError("a client is plain unless it is a session")
    stage.clients.add_session(words[0])


@command("subscribe NAME CHANNEL")
def _subscribe(stage: Stage, words: list[str]) -> None:
    _port_in(stage, {})
    stage.clients.add_subscriber(*two(words))


@command("propose SERVER NAME")
def _propose(stage: Stage, words: list[str]) -> None:
    server, name = two(words)
    stage.clients.ask(name, "login", {"user": name}, server_in(stage, server).name)


@command("fill SERVER COUNT")
def _fill(stage: Stage, words: list[str]) -> None:
    server, count = two(words)
    with stage.unseen():
        stage.clients.fill(int(number_in(count, NTH_MAX)), living_in(stage, server).name)


@command("login NAME [at SERVER] [id ID]")
def _login(stage: Stage, words: list[str]) -> None:
    _ask(stage, "login", words, ("user",))


@command("channel NAME CHANNEL [at SERVER] [id ID]")
def _channel(stage: Stage, words: list[str]) -> None:
    _ask(stage, "channel", words, ("user", "channel"))


@command("publish NAME CHANNEL TEXT [at SERVER] [id ID]")
def _publish(stage: Stage, words: list[str]) -> None:
    _ask(stage, "publish", words, ("user", "channel", "message"))


@command("message NAME USER TEXT [at SERVER] [id ID]")
def _message(stage: Stage, words: list[str]) -> None:
    _ask(stage, "message", words, ("src", "dst", "message"))


@command("read NAME CHANNEL [level local|session|linear] [at SERVER]")
def _read(stage: Stage, words: list[str]) -> None:
    words, options = parsed_options(words, "level", "at")
    name, channel = two(words)
    level = options.get("level", "session")
    if level not in ("local", "session", "linear"):
        raise UsageError(f"there is no level `{level}`")
    port = _port_in(stage, options)
    stage.clients.ask(name, "history", {"channel": channel, "level": level}, port)


def _port_in(stage: Stage, options: dict[str, str]) -> str:
    """Return the server at whose own port a client asks, empty for the broker."""
    if "at" in options:
        return server_in(stage, options["at"]).name
    if stage.broker is None:
        raise UsageError("there is no broker: say `at SERVER`")
    return ""


def _ask(stage: Stage, service: str, words: list[str], fields: tuple[str, ...]) -> None:
    words, options = parsed_options(words, "at", "id")
    if len(words) != len(fields):
        raise UsageError("the number of words")
    data = dict(zip(fields, words, strict=True))
    if "id" in options:
        data["id"] = options["id"]
    port = _port_in(stage, options)
    stage.clients.ask(words[0], service, data, port)
