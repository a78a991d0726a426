"""The words of a command, and the table of commands.

A command gets the stage and its words. Words it cannot use are a `UsageError`; the runner adds the
line and how the command is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from coreto.simulator.script_links import ANY, Selector, Waiting
from coreto.simulator.script_server import StageServer
from coreto.simulator.script_stage import Stage
from coreto.wire.backend import AnyBackendMessage
from coreto.wire.log import Epoch, Position
from coreto.wire.peer import AnyPeerMessage, PeerMessage

PEER_KINDS: dict[str, type[PeerMessage]] = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyPeerMessage)}
KINDS = {
    *PEER_KINDS, *(str(kind.__struct_config__.tag) for kind in get_args(AnyBackendMessage)),
    "publication", "announcement", "rank", "heartbeat", ANY,
}  # fmt: skip
SECONDS_MAX = 10_000.0
"""Seconds one command may take."""
NTH_MAX = 10_000
"""Place of a message that may be selected."""

Handler = Callable[[Stage, list[str]], None]
COMMANDS: dict[str, tuple[Handler, str]] = {}
"""Name to what it does and how it is written."""


class UsageError(Exception):
    """The words of a command do not fit it."""


def command(usage: str) -> Callable[[Handler], Handler]:
    """Register a command under the first word of its usage."""

    def register(handler: Handler) -> Handler:
        COMMANDS[usage.partition(" ")[0]] = handler, usage
        return handler

    return register


def number_in(word: str, most: float) -> float:
    """Return the number a word says; raise `UsageError` if it says none between 0 and `most`."""
    try:
        value = float(word)
    except ValueError:
        raise UsageError(f"`{word}` is not a number") from None
    if not 0 <= value <= most:
        raise UsageError(f"{word} is not between 0 and {most:g}")
    return value


def server_in(stage: Stage, name: str) -> StageServer:
    """Return the server of this name."""
    if name not in stage.servers:
        raise UsageError(f"there is no server `{name}`")
    return stage.servers[name]


def alive_in(stage: Stage, name: str) -> StageServer:
    """Return the server of this name, which must run; it may be stopped."""
    server = server_in(stage, name)
    if not server.is_up:
        raise UsageError(f"{name} is down")
    return server


def living_in(stage: Stage, name: str) -> StageServer:
    """Return the server of this name, which must run, and not be mending its log."""
    server = alive_in(stage, name)
    if server.node is None:
        raise UsageError(f"{name} is damaged")
    return server


def servers_in(stage: Stage, names: list[str]) -> list[StageServer]:
    """Return the servers of these names; `all` means every one."""
    if not names:
        raise UsageError("which server?")
    return list(stage.servers.values()) if names == [ANY] else [server_in(stage, name) for name in names]


def place_in(stage: Stage, name: str) -> str:
    """Return a name that messages may go from or to."""
    if name != ANY and name not in stage.places:
        raise UsageError(f"there is no `{name}` on this stage")
    return name


def selector_in(stage: Stage, words: list[str]) -> Selector:
    """Return which messages `[FROM [TO [KIND]]]` means."""
    if len(words) > 3:
        raise UsageError("too many words")
    places = [place_in(stage, word) for word in words[:2]]
    if words[2:] and words[2] not in KINDS:
        raise UsageError(f"there is no kind of message `{words[2]}`")
    return Selector(*places, *words[2:])


def messages_in(stage: Stage, words: list[str]) -> list[Waiting]:
    """Return the messages `[FROM [TO [KIND [NTH]]]]` means; says so if none waits."""
    found = stage.links.select(selector_in(stage, words[:3]))
    if len(words) > 4:
        raise UsageError("too many words")
    if words[3:]:
        nth = int(number_in(words[3], NTH_MAX))
        found = found[nth - 1 : nth] if nth else []
    if not found:
        stage.say("no such message waits")
    return found


def parsed_options(words: list[str], *known: str) -> tuple[list[str], dict[str, str]]:
    """Return words without the pairs `at SERVER`, `id ID` … at their end, and these pairs."""
    options: dict[str, str] = {}
    while len(words) >= 2 and words[-2] in known:
        *words, key, value = words
        options[key] = value
    return words, options


def groups_in(words: list[str]) -> list[list[str]]:
    """Return the groups of names that `|` separates."""
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            groups.append([])
        else:
            groups[-1].append(word)
    if not all(groups):
        raise UsageError("a group has no names")
    return groups


def epoch_in(word: str) -> Epoch:
    """Return the epoch that `counter.server` says."""
    counter, _, name = word.partition(".")
    if not counter.isdigit() or not name:
        raise UsageError(f"`{word}` is not an epoch such as 2.s1")
    return Epoch(int(counter), f"r-{name}")


def position_in(word: str) -> Position:
    """Return the position that `epoch/index` says."""
    epoch, _, index = word.partition("/")
    if not index.isdigit():
        raise UsageError(f"`{word}` is not a position such as 2.s1/7")
    return Position(epoch_in(epoch), int(index))


def one(words: list[str]) -> str:
    """Return the only word."""
    if len(words) != 1:
        raise UsageError("one word")
    return words[0]


def two(words: list[str]) -> tuple[str, str]:
    """Return the two words."""
    if len(words) != 2:
        raise UsageError("two words")
    return words[0], words[1]


def no_words(words: list[str]) -> None:
    """See that there are none."""
    if words:
        raise UsageError("nothing follows it")
