"""The command table: parsing, /help, completion, the reference page and JSON all read it.

A group of commands is a tuple of rows in a file of its own; here they are put together, and the
one command that reads the table stands here too. Help and labels are ids of messages (`N_`): they
are translated where they are shown.
"""

from __future__ import annotations

from textwrap import shorten

from coreto.prompt.command import GROUPS, Argument, Arguments, Command
from coreto.prompt.errors import UsageError
from coreto.prompt.handlers_prompt import SHOWN, leave_prompt, show
from coreto.prompt.near import nearest
from coreto.prompt.results import Column, Done, Fact, Facts, Leave, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.prompt.table_chat import CHAT, PLAIN_TEXT
from coreto.prompt.table_cluster import CLUSTER
from coreto.prompt.table_faults import LAB
from coreto.prompt.table_why import WHY
from coreto.texts import N_, _

__all__ = ["BY_ELSEWHERE", "BY_NAME", "COMMANDS", "PLAIN_TEXT"]

EXPLAINED = "chat"
"""The group whose commands /help explains line by line; of the others it gives names."""
NAMES_COLUMNS = 33
"""Room for the names of a group beside the longest command, in a window of 60 columns: one line for each group."""


def _help(_session: ChatSession, arguments: Arguments) -> Result:
    wanted = arguments.get("command", "").removeprefix("/")
    if not wanted:
        return _overview()
    return _group(wanted) if wanted in GROUPS else _explain(wanted)


def _overview() -> Result:
    rows = [(command.brief, _(command.help)) for command in COMMANDS if command.group == EXPLAINED]
    used = {command.group: None for command in COMMANDS}
    for group in used:
        if group != EXPLAINED:
            rows.append((_(GROUPS[group]), _names(group)))
    return Rows(
        _("Text goes where you are; // begins a text with a slash."),
        (Column("usage", _("command")), Column("help", _("what it does"))),
        tuple(rows),
        _("/help COMMAND, or a group: {groups}.", groups="|".join(used)),
    )


def _names(group: str) -> str:
    """The commands of a group, as many as stand in one line."""
    names = " ".join(f"/{command.name}" for command in COMMANDS if command.group == group)
    return shorten(names, NAMES_COLUMNS, placeholder=" …")


def _group(group: str) -> Result:
    columns = Column("usage", _("command")), Column("help", _("what it does"))
    rows = tuple((command.usage, _(command.help)) for command in COMMANDS if command.group == group)
    return Rows(_("Commands: {group}", group=_(GROUPS[group])), columns, rows)  # type: ignore[index]  # it is one of them


def _explain(name: str) -> Result:
    command = BY_NAME.get(name) or BY_ELSEWHERE.get(name)
    if command is None:
        near = nearest(name, BY_NAME)
        if near:
            raise UsageError(_("There is no command /{name}. Did you mean /{near}?", name=name, near=near))
        raise UsageError(_("There is no command /{name}: type /help for the list.", name=name))
    facts = [Fact("example", _("example"), command.example)]
    if command.aliases:
        facts.append(Fact("aliases", _("also"), [f"/{alias}" for alias in command.aliases]))
    return Facts(f"{command.usage}: {_(command.help)}", tuple(facts))


PROMPT = (
    Command(
        "show",
        N_("say or change what is shown of messages"),
        "/show lamport on",
        show,
        (
            Argument("what", "choice", "", optional=True, choices=tuple(SHOWN)),
            Argument("state", "choice", "", optional=True, choices=("on", "off")),
        ),
        result=(Done, Facts),
        group="prompt",
        elsewhere=("set", "time"),
    ),
    Command(
        "help",
        N_("explain the commands, or one of them"),
        "/help publish",
        _help,
        (Argument("command", "command", N_("COMMAND"), optional=True),),
        aliases=("?",),
        result=(Rows, Facts),
        group="prompt",
        elsewhere=("man", "ajuda"),
    ),
    Command(
        "quit",
        N_("leave the chat"),
        "/quit",
        leave_prompt,
        aliases=("exit",),
        result=Leave,
        group="prompt",
        elsewhere=("bye", "sair"),
    ),
)

COMMANDS: tuple[Command, ...] = (*CHAT, *CLUSTER, *WHY, *LAB, *PROMPT)

BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}
BY_ELSEWHERE = {name: command for command in COMMANDS for name in command.elsewhere}
