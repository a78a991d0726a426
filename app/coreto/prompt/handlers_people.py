"""Commands about people: who is there, and messages to one of them."""

from __future__ import annotations

from collections.abc import Mapping

from coreto.prompt.results import Column, Done, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import _


def login(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Make the user known to the cluster and go on as them."""
    user = arguments["user"]
    session.chat.login(user)
    session.become(user)
    return Done(_("You are logged in as {user}.", user=user))


def users(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List everybody who ever logged in."""
    names = session.chat.users()
    session.remember_all(users=names)
    column = Column("user", _("user"))
    return Rows(_("Users: {count}", count=len(names)), (column,), tuple((name,) for name in names))


def message(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Send a text to one user."""
    sender, receiver = session.require_user(), arguments["user"]
    reply = session.chat.message(sender, receiver, arguments["text"])
    session.remember(users=[receiver])
    session.confirmed_own(receiver, reply.get("seq"))
    return Done(_("Sent to {user}.", user=receiver))
