"""An example of every command of the command line, for the page that lists them and the test that runs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from coreto.cli.completion_levels import Level, levels
from coreto.cli.parser import build

Where = Literal["ports", "folder", "stopped", "journal", "alone", "plays", "serves"]
"""What an example needs: the ports of a cluster, the folder of one that runs or of one that is stopped, a journal,
nothing. What `plays` has a cluster of its own, and is run in tests/lab and tests/cli.
What `serves` goes on until it is told to stop; tests/cli_roles and tests/system run these."""


class Example(NamedTuple):
    """How a command is typed behind `coreto`, and whether it prints data: then it takes --json."""

    typed: str
    where: Where
    data: bool = True


EXAMPLES = {
    "up": Example("up --servers 5 --processes", "serves"),
    "reference": Example("reference --data lab/reference", "serves", data=False),
    "broker": Example("broker", "serves", data=False),
    "proxy": Example("proxy", "serves", data=False),
    "server": Example("server --name s1 --genesis 3", "serves", data=False),
    "view": Example("view --shape text", "serves", data=False),
    "chat": Example("chat --user ana", "serves"),
    "sub": Example("sub geral", "serves"),
    "bot": Example("bot --rate 20 --messages 2", "ports"),
    "pub": Example("pub geral oi", "ports", data=False),
    "admin list": Example("admin list", "ports"),
    "admin show": Example("admin show s1", "ports"),
    "admin poll-clock": Example("admin poll-clock", "ports"),
    "admin election": Example("admin election --server s1", "ports"),
    "admin set-clock": Example("admin set-clock --server s1 --time now", "ports"),
    "admin announce": Example("admin announce --coordinator s3", "ports"),
    "members": Example("members", "ports"),
    "promote": Example("promote s4", "ports"),
    "remove": Example("remove s4", "ports"),
    "exec": Example("exec servers", "folder"),
    "watch": Example("watch --count 2 --interval 0.1 servers", "folder"),
    "wait": Example("wait --coordinator --timeout 10", "folder"),
    "key": Example("key", "folder"),
    "backup": Example("backup copy", "stopped"),
    "restore": Example("restore copy --new-cluster", "stopped"),
    "reset": Example("reset s2 --yes", "stopped"),
    "recover": Example("recover --new-cluster --yes", "stopped"),
    "bench": Example("bench publish --runs 1 --seconds 0.2 --clients 1 --window 8", "ports"),
    "diagram": Example("diagram journal.jsonl", "journal"),
    "plot": Example("plot journal.jsonl", "journal"),
    "export": Example("export shiviz journal.jsonl", "journal", data=False),
    "scenario list": Example("scenario list", "alone"),
    "scenario run": Example("scenario run coordinator-killed", "plays"),
    "scenario check": Example("scenario check mine.toml", "plays"),
    "tour": Example("tour --fast", "plays"),
    "schema": Example("schema", "alone", data=False),
    "selftest": Example("selftest", "alone"),
    "simulate": Example("simulate --seeds 0-1", "alone"),
    "doctor": Example("doctor", "alone"),
    "completion": Example("completion bash", "alone", data=False),
}
"""By the words of the command."""


def commands() -> Iterator[tuple[str, str, Level]]:
    """Return the words of each command that does something, its help in the active language, and what may follow."""
    found = list(levels(build()[0]))
    helps = {f"{level.path} {name}".strip(): text for level in found for name, text in level.commands}
    return ((level.path, helps[level.path], level) for level in found if not level.commands)
