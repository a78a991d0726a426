"""The rows of the command table about people, places and messages."""

from __future__ import annotations

from coreto.prompt import handlers_messages, handlers_people, handlers_places
from coreto.prompt.command import Argument, Command
from coreto.prompt.results import Done, Messages, Rows, Sent
from coreto.texts import N_

USER = Argument("user", "user", N_("USER"))
CHANNEL = Argument("channel", "channel", N_("CHANNEL"))
PLACE = Argument("place", "place", N_("CHANNEL|@USER"), optional=True)
TEXT = Argument("text", "text", N_("TEXT"), rest=True)
COUNT = Argument("count", "number", N_("NUMBER"), optional=True)

CHAT: tuple[Command, ...] = (
    Command(
        "login", N_("chat under this name"), "/login ana", handlers_people.login, (USER,), elsewhere=("nick", "entrar")
    ),
    Command("logout", N_("be nobody again, in no channel"), "/logout", handlers_people.logout),
    Command("users", N_("list everybody who ever logged in"), "/users", handlers_people.users, result=Rows),
    Command(
        "who",
        N_("list who was heard lately"),
        "/who",
        handlers_people.who,
        result=Rows,
        elsewhere=("names", "online"),
    ),
    Command(
        "channel", N_("create a channel"), "/channel geral", handlers_places.create, (CHANNEL,), elsewhere=("create",)
    ),
    Command(
        "channels", N_("list the channels"), "/channels", handlers_places.channels, result=Rows, elsewhere=("list",)
    ),
    Command(
        "join",
        N_("go to a channel, a person or news"),
        "/join geral",
        handlers_places.join,
        (PLACE,),
        ("j",),
        result=(Done, Messages),
        elsewhere=("query", "window", "switch"),
    ),
    Command(
        "leave",
        N_("leave a channel, or this one"),
        "/leave geral",
        handlers_places.leave,
        (PLACE,),
        elsewhere=("part", "close"),
    ),
    Command(
        "publish",
        N_("publish a text in a channel"),
        "/publish geral oi",
        handlers_messages.publish,
        (CHANNEL, TEXT),
        result=Sent,
        elsewhere=("send", "pub"),
    ),
    Command(
        "message",
        N_("send a text to one user"),
        "/message bia oi",
        handlers_messages.message,
        (USER, TEXT),
        ("msg",),
        result=Sent,
        elsewhere=("dm", "whisper", "w"),
    ),
    Command(
        "history",
        N_("show stored messages in order"),
        "/history geral 20",
        handlers_messages.history,
        (PLACE, COUNT),
        result=(Done, Messages),
    ),
    Command(
        "search",
        N_("find words where you are"),
        "/search oi",
        handlers_messages.search,
        (TEXT,),
        result=(Done, Messages),
        elsewhere=("find", "grep"),
    ),
    Command(
        "export",
        N_("write all messages to a new file"),
        "/export geral.txt geral",
        handlers_messages.export,
        (Argument("file", "file", N_("FILE")), PLACE),
        elsewhere=("save",),
    ),
    Command("unread", N_("list where something waits"), "/unread", handlers_places.unread, result=Rows),
    Command("read", N_("count everything as read"), "/read geral", handlers_places.read, (PLACE,)),
)

PLAIN_TEXT = Command("", N_("send a text where you are"), "oi", handlers_messages.say, (TEXT,), result=Sent)
"""What a line without slash does."""
