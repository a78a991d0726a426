"""Commands about places: channels and conversations, entering and leaving them, what waits there unread."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from coreto.client.errors import RefusedError
from coreto.prompt.errors import ChatError
from coreto.prompt.messages import as_spoken
from coreto.prompt.results import Column, Done, Messages, Result, Rows, Spoken
from coreto.prompt.session import ChatSession
from coreto.texts import _

JOIN_MESSAGES = 20
"""Messages shown on joining: about a screen."""


def create(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Create a channel; that it exists already is no failure, for what was wanted is there."""
    channel = arguments["channel"]
    try:
        session.chat.create_channel(channel)
    except RefusedError as error:
        if error.rule != "channel_exists":
            raise
        done = _("The channel {channel} already exists: type /join {channel} to enter.", channel=channel)
    else:
        done = _("The channel {channel} was created: type /join {channel} to enter.", channel=channel)
    session.remember(channels=[channel])
    return Done(done)


def channels(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List all channels, which of them are joined, and what waits in them."""
    names = session.chat.channels()
    session.remember_all(channels=names)
    joined = session.known.joined
    waiting = {item.place: item.count for item in session.places.unread()}
    columns = Column("channel", _("channel")), Column("joined", _("joined")), Column("unread", _("unread"))
    rows = tuple((name, name in joined, waiting.get(name, 0)) for name in names)
    return Rows(_("Channels: {count}", count=len(names)), columns, rows)


def join(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Enter a place and show its last messages; without a place, where something waits unread."""
    place = arguments.get("place") or _waiting(session)
    if place.startswith("@"):
        session.require_user()
        _require_known(session, place[1:])
    marker = session.places.marker(place)
    rows = session.enter(place, JOIN_MESSAGES)
    if not rows:
        return Done(_("You are in {channel}, where nobody has written yet.", channel=place))
    messages = as_spoken(session, place, rows)
    new = [marker is not None and row.index > marker and row.user != session.user for row in rows]
    return Messages(_("You are in {channel}. The last messages:", channel=place), _marked(messages, new))


def leave(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Leave a place, or the current one."""
    place = arguments.get("place") or session.require_place()
    session.leave(place)
    if session.place:
        return Done(_("You left {channel} and are in {current}.", channel=place, current=session.place))
    return Done(_("You left {channel}.", channel=place))


def unread(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List the places where something waits."""
    waiting = session.places.unread()
    columns = Column("place", _("place")), Column("unread", _("unread")), Column("mentioned", _("for you"))
    rows = tuple((item.place, item.count, item.mentioned) for item in waiting)
    return Rows(_("Places with unread messages: {count}", count=len(rows)), columns, rows)


def read(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Count everything as read, or what is in one place."""
    place = arguments.get("place")
    places = [place] if place else [item.place for item in session.places.unread()]
    count = sum(session.places.read(name) for name in places)
    return Done(_("Messages counted as read: {count}.", count=count))


def _waiting(session: ChatSession) -> str:
    for item in session.places.unread():
        if item.place != session.place:
            return item.place
    raise ChatError(_("Nothing unread waits elsewhere: say where you want to go, for example /join geral."))


def _require_known(session: ChatSession, user: str) -> None:
    """Refuse a conversation with nobody: reading its empty history would not notice."""
    if user in session.known.users:
        return
    names = session.chat.users()
    session.remember_all(users=names)
    if user not in names:
        raise RefusedError(_("There is no user '{name}': /users lists them.", name=user), "refused", "user_unknown")


def _marked(messages: tuple[Spoken, ...], new: list[bool]) -> tuple[Spoken, ...]:
    """Mark the first message that was not read."""
    if True not in new:
        return messages
    first = new.index(True)
    marked = msgspec.structs.replace(messages[first], new=True)
    return (*messages[:first], marked, *messages[first + 1 :])
