"""Commands about channels: creating, joining, leaving, publishing and reading back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coreto.client.errors import RefusedError
from coreto.prompt.errors import ChatError
from coreto.prompt.ports import HistoryRow
from coreto.prompt.results import Column, Done, Messages, Result, Rows, Spoken
from coreto.prompt.session import ChatSession
from coreto.texts import _

JOIN_MESSAGES = 20
"""Messages shown on joining: about a screen."""

HISTORY_MESSAGES = 100
"""Messages shown by /history without a number."""


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
    """List all channels, and which of them are joined."""
    names = session.chat.channels()
    session.remember_all(channels=names)
    joined = session.known.joined
    columns = Column("channel", _("channel")), Column("joined", _("joined"))
    rows = tuple((name, name in joined) for name in names)
    return Rows(_("Channels: {count}", count=len(names)), columns, rows)


def join(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Enter a channel and show its last messages."""
    channel = arguments["channel"]
    rows = session.enter(channel, JOIN_MESSAGES)
    if not rows:
        return Done(_("You are in {channel}, where nobody has written yet.", channel=channel))
    return Messages(_("You are in {channel}. The last messages:", channel=channel), _of_channel(rows, channel))


def leave(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Leave a channel, or the current one."""
    channel = arguments.get("channel") or session.require_channel()
    session.leave(channel)
    if session.channel:
        return Done(_("You left {channel} and are in {current}.", channel=channel, current=session.channel))
    return Done(_("You left {channel}.", channel=channel))


def publish(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Publish in the channel that is named."""
    return _publish(session, arguments["channel"], arguments["text"])


def say(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Publish in the current channel."""
    session.require_user()
    return _publish(session, session.require_channel(), arguments["text"])


def history(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Show stored messages of a channel, of a conversation, or of everything sent to the person."""
    limit = int(arguments.get("count", HISTORY_MESSAGES))
    place = arguments.get("place") or session.channel
    if not place:
        raise ChatError(_("Say whose history you want: a channel, or a user with @ in front."))
    if place.startswith("@"):
        return _conversation(session, place[1:], limit)
    rows = session.chat.history(channel=place, limit=limit)
    if not rows:
        return Done(_("Nobody has written in {channel} yet.", channel=place))
    return Messages(_("History of {channel}:", channel=place), _of_channel(rows, place))


def _publish(session: ChatSession, channel: str, message: str) -> Result:
    reply = session.chat.publish(session.require_user(), channel, message)
    seq = reply.get("seq")
    session.confirmed_own(channel, seq)
    if seq is None:
        return Done(_("Published in {channel}.", channel=channel))
    return Done(_("Published in {channel} as number {seq}.", channel=channel, seq=seq))


def _conversation(session: ChatSession, peer: str, limit: int) -> Result:
    user = session.require_user()
    alone = peer == user
    rows = session.chat.history(user=user, peer="" if alone else peer, limit=limit)
    if not rows:
        return Done(_("There are no direct messages with {user} yet.", user=peer))
    messages = tuple(
        Spoken(user if alone or row.user != user else peer, row.user, row.message, row.time, direct=True)
        for row in rows
    )
    return Messages(_("Direct messages with {user}:", user=peer), messages)


def _of_channel(rows: Sequence[HistoryRow], channel: str) -> tuple[Spoken, ...]:
    return tuple(Spoken(channel, row.user, row.message, row.time) for row in rows)
