"""What a script does to messages, disks, time, lives and the network: one function for each command."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from coreto.simulator.script_broker import BROKER, REFERENCE
from coreto.simulator.script_server import Broken, Ranked
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_words import (
    NTH_MAX,
    PEER_KINDS,
    SECONDS_MAX,
    UsageError,
    alive_in,
    command,
    epoch_in,
    groups_in,
    living_in,
    messages_in,
    no_words,
    number_in,
    one,
    parsed_options,
    place_in,
    position_in,
    selector_in,
    server_in,
    servers_in,
    two,
)
from coreto.wire.log import POSITION_ZERO
from coreto.wire.peer import PeerMessage

CLOCK_JUMP_MAX = 1e9
"""Seconds a wall clock may jump: thirty years."""

# Messages.


@command("deliver [FROM [TO [KIND [NTH]]]]")
def _deliver(stage: Stage, words: list[str]) -> None:
    for item in messages_in(stage, words):
        stage.deliver(item)


@command("drop [FROM [TO [KIND [NTH]]]]")
def _drop(stage: Stage, words: list[str]) -> None:
    for item in messages_in(stage, words):
        stage.links.take(item)
        if not item.quiet:
            stage.detail(f"{item.source} -> {item.target} {item.text} is lost")


@command("duplicate [FROM [TO [KIND [NTH]]]]")
def _duplicate(stage: Stage, words: list[str]) -> None:
    for item in messages_in(stage, words):
        stage.links.duplicate(item)


@command("hold [FROM [TO [KIND]]]")
def _hold(stage: Stage, words: list[str]) -> None:
    stage.links.hold(selector_in(stage, words))


@command("release")
def _release(stage: Stage, words: list[str]) -> None:
    no_words(words)
    stage.links.release()


@command("forge FROM TO KIND FIELD=VALUE ...")
def _forge(stage: Stage, words: list[str]) -> None:
    if len(words) < 3 or words[2] not in PEER_KINDS:
        raise UsageError("a message between servers")
    source, target = server_in(stage, words[0]), server_in(stage, words[1])
    kind = PEER_KINDS[words[2]]
    fields = dict(_field(word) for word in words[3:])
    if not fields.keys() <= set(kind.__struct_fields__):
        raise UsageError(f"its fields are {', '.join(kind.__struct_fields__)}")
    header = {"cluster": source.disk.cluster, "sender": source.disk.replica, "incarnation": source.disk.incarnation}
    try:
        message: PeerMessage = msgspec.convert({**_BLANK, **header, **fields}, kind)
    except msgspec.ValidationError as error:
        raise UsageError(str(error)) from None
    stage.send_peer(source.name, target.name, message)


_BLANK = {"batches": [], "published": 0, "nonce": 1, "commit": 0, "prev": POSITION_ZERO}
"""Fields a forged message has when nothing is said of them."""


def _field(word: str) -> tuple[str, object]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"`{word}` is not FIELD=VALUE")
    if name in ("epoch", "promised"):
        return name, epoch_in(value)
    if name in ("prev", "last"):
        return name, position_in(value)
    return name, int(number_in(value, 10**9))


# Disks, time, lives.


@command("sync NAME ...")
def _sync(stage: Stage, words: list[str]) -> None:
    for server in servers_in(stage, words):
        if server.paused:
            raise UsageError(f"{server.name} is stopped")
        if server.has_unsynced:
            server.sync()
        else:
            stage.say(f"{server.name} writes nothing")


@command("slow NAME SECONDS")
def _slow(stage: Stage, words: list[str]) -> None:
    name, seconds = two(words)
    server_in(stage, name).sync_seconds = number_in(seconds, SECONDS_MAX)


@command("fail NAME")
def _fail(stage: Stage, words: list[str]) -> None:
    server_in(stage, one(words)).failing = True


@command("tick SECONDS")
def _tick(stage: Stage, words: list[str]) -> None:
    stage.tick(number_in(one(words), SECONDS_MAX))


@command("run SECONDS")
def _run(stage: Stage, words: list[str]) -> None:
    stage.run(number_in(one(words), SECONDS_MAX))


@command("crash NAME [keep N]")
def _crash(stage: Stage, words: list[str]) -> None:
    names, options = parsed_options(words, "keep")
    keep = int(number_in(options.get("keep", "0"), NTH_MAX))
    if names == [BROKER] and stage.broker is not None and stage.broker.is_up:
        stage.crash_broker()
    elif names == [REFERENCE] and stage.reference is not None and stage.reference.is_up:
        stage.reference.crash()
    else:
        for server in servers_in(stage, names):
            alive_in(stage, server.name).crash(keep)


@command("restart NAME")
def _restart(stage: Stage, words: list[str]) -> None:
    if words == [BROKER] and stage.broker is not None and not stage.broker.is_up:
        stage.broker.start()
    elif words == [REFERENCE] and stage.reference is not None and not stage.reference.is_up:
        stage.reference.start()
    else:
        for server in servers_in(stage, words):
            if server.is_up:
                raise UsageError(f"{server.name} is running")
            server.start()


@command("pause NAME ...")
def _pause(stage: Stage, words: list[str]) -> None:
    for server in servers_in(stage, words):
        alive_in(stage, server.name).paused = True


@command("resume NAME ...")
def _resume(stage: Stage, words: list[str]) -> None:
    for server in servers_in(stage, words):
        server.paused = False
        server.turn()


@command("elect NAME")
def _elect(stage: Stage, words: list[str]) -> None:
    living_in(stage, one(words)).elect()


@command("disconnect NAME FROM")
def _disconnect(stage: Stage, words: list[str]) -> None:
    name, peer = two(words)
    alive_in(stage, name).receive(Broken(server_in(stage, peer).disk.replica))


@command("rank NAME NUMBER")
def _rank(stage: Stage, words: list[str]) -> None:
    name, rank = two(words)
    value = int(number_in(rank, NTH_MAX))
    if not value:
        raise UsageError("ranks begin at 1")
    server_in(stage, name).receive(Ranked(value))


@command("clock NAME SECONDS")
def _clock(stage: Stage, words: list[str]) -> None:
    name, seconds = two(words)
    sign, digits = (-1, seconds[1:]) if seconds.startswith("-") else (1, seconds)
    node = living_in(stage, name).node
    assert node is not None
    node.clock.adjust(sign * number_in(digits, CLOCK_JUMP_MAX))


# The network.


@command("partition NAMES | NAMES ...")
def _partition(stage: Stage, words: list[str]) -> None:
    groups = groups_in(words)
    if len(groups) < 2:
        raise UsageError("at least two groups")
    for source, target in _pairs(groups):
        stage.network.cut(place_in(stage, source), place_in(stage, target))


def _pairs(groups: list[list[str]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for other in groups:
            if other is not group:
                yield from ((one, two) for one in group for two in other)


@command("cut FROM TO")
def _cut(stage: Stage, words: list[str]) -> None:
    source, target = two(words)
    stage.network.cut(place_in(stage, source), place_in(stage, target))


@command("heal")
def _heal(stage: Stage, words: list[str]) -> None:
    no_words(words)
    stage.network.heal()
