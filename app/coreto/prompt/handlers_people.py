"""Commands about people: who one is, who there is, who is there."""

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


def logout(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Be nobody again and leave every place; the servers keep the name and what it wrote."""
    user = session.require_user()
    session.forget_user()
    return Done(_("You are no longer {user}, and in no channel. The messages stay.", user=user))


def users(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List everybody who ever logged in."""
    names = session.chat.users()
    session.remember_all(users=names)
    column = Column("user", _("user"))
    return Rows(_("Users: {count}", count=len(names)), (column,), tuple((name,) for name in names))


def who(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List who said something lately in the places the person is in."""
    active = session.people.active()
    columns = Column("user", _("user")), Column("seconds", _("last heard (s ago)"))
    rows = tuple((user, round(age)) for user, age in active)
    return Rows(_("Heard in the last ten minutes: {count}", count=len(rows)), columns, rows)
