"""The command table: parsing, /help and completion all read it.

Help and labels are ids of messages (`N_`): they are translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from coreto.prompt import handlers_channels, handlers_clocks, handlers_cluster, handlers_people
from coreto.prompt.command import Argument, Arguments, Command
from coreto.prompt.errors import UsageError
from coreto.prompt.results import Column, Fact, Facts, Leave, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.prompt.table_faults import FAULT_COMMANDS, FAULTS
from coreto.prompt.table_why import WHY_COMMANDS
from coreto.texts import N_, _

USER = Argument("user", "user", N_("USER"))
CHANNEL = Argument("channel", "channel", N_("CHANNEL"))
LAB = "lab"
TEXT = Argument("text", "text", N_("TEXT"), rest=True)


def _help(_session: ChatSession, arguments: Arguments) -> Result:
    if arguments.get("command") == LAB:
        return _listed(_("Breaking the cluster on purpose; A -> B is one direction:"), FAULT_COMMANDS)
    if "command" in arguments:
        return _explain(arguments["command"])
    title = _("Text without / goes to the current channel; // begins a text with a slash.")
    return _listed(title, (command for command in COMMANDS if command not in FAULT_COMMANDS))


def _listed(title: str, commands: Iterable[Command]) -> Rows:
    columns = Column("usage", _("command")), Column("help", _("what it does"))
    return Rows(title, columns, tuple((command.usage, _(command.help)) for command in commands))


def _explain(name: str) -> Result:
    command = BY_NAME.get(name.removeprefix("/"))
    if command is None:
        raise UsageError(_("There is no command /{name}: type /help for the list.", name=name.removeprefix("/")))
    facts = [Fact("example", _("example"), command.example)]
    if command.aliases:
        facts.append(Fact("aliases", _("also"), [f"/{alias}" for alias in command.aliases]))
    return Facts(f"{command.usage}: {_(command.help)}", tuple(facts))


def _quit(_session: ChatSession, _arguments: Arguments) -> Result:
    return Leave()


COMMANDS: tuple[Command, ...] = (
    Command("login", N_("chat under this name"), "/login ana", handlers_people.login, (USER,)),
    Command("users", N_("list everybody who ever logged in"), "/users", handlers_people.users),
    Command("channel", N_("create a channel"), "/channel geral", handlers_channels.create, (CHANNEL,)),
    Command("channels", N_("list the channels"), "/channels", handlers_channels.channels),
    Command(
        "join",
        N_("enter a channel and see its last messages"),
        "/join geral",
        handlers_channels.join,
        (CHANNEL,),
    ),
    Command(
        "leave",
        N_("leave a channel, or the current one"),
        "/leave geral",
        handlers_channels.leave,
        (Argument("channel", "channel", N_("CHANNEL"), optional=True),),
    ),
    Command(
        "publish",
        N_("publish a text in a channel"),
        "/publish geral oi",
        handlers_channels.publish,
        (CHANNEL, TEXT),
    ),
    Command(
        "message",
        N_("send a text to one user"),
        "/message bia oi",
        handlers_people.message,
        (USER, TEXT),
        ("msg",),
    ),
    Command(
        "history",
        N_("show stored messages, oldest first"),
        "/history geral 20",
        handlers_channels.history,
        (
            Argument("place", "place", N_("CHANNEL|@USER"), optional=True),
            Argument("count", "number", N_("NUMBER"), optional=True),
        ),
    ),
    Command("servers", N_("list the live servers"), "/servers", handlers_cluster.servers),
    Command("status", N_("show how the cluster is"), "/status", handlers_cluster.status),
    Command("clocks", N_("compare the clocks of the servers"), "/clocks", handlers_clocks.clocks),
    Command(
        "set-clock",
        N_("set the clock of one server"),
        "/set-clock s1 12:00:00",
        handlers_clocks.set_clock,
        (Argument("server", "user", N_("SERVER")), Argument("time", "text", N_("TIME"), rest=True)),
    ),
    Command("election", N_("say which server coordinates"), "/election", handlers_cluster.election),
    *WHY_COMMANDS,
    FAULTS,
    *FAULT_COMMANDS,
    Command(
        "help",
        N_("explain the commands, or one of them"),
        "/help publish",
        _help,
        (Argument("command", "command", N_("COMMAND"), optional=True),),
    ),
    Command("quit", N_("leave the chat"), "/quit", _quit, (), ("exit",)),
)

BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}

PLAIN_TEXT = Command("", N_("publish a text in the current channel"), "oi", handlers_channels.say, (TEXT,))
"""What a line without slash does."""
