"""Commands about messages: sending, reading back, searching, taking them along."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from coreto.client.errors import ClientError
from coreto.prompt.data import message_data
from coreto.prompt.errors import ChatError
from coreto.prompt.messages import as_spoken, page, pages_back
from coreto.prompt.results import Done, Messages, Result, Sent, Spoken
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible
from coreto.texts import _

HISTORY_MESSAGES = 100
"""Messages shown by /history without a number."""
SEARCH_PAGES_MAX = 40
"""Pages of 500 messages that /search goes back: some seconds of asking."""
FOUND_MAX = 50
"""Messages /search shows, the newest ones: about two screens."""
EXPORT_PAGES_MAX = 4_000
"""Pages of 500 messages that /export goes back: two million messages, as much as memory should hold."""


def publish(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Publish in the channel that is named."""
    return _publish(session, arguments["channel"], arguments["text"])


def say(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Send a text to the current place."""
    session.require_user()
    place = session.require_place()
    if place.startswith("@"):
        return _message(session, place[1:], arguments["text"])
    return _publish(session, place, arguments["text"])


def message(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Send a text to one user."""
    sent = _message(session, arguments["user"], arguments["text"])
    session.remember(users=[arguments["user"]])
    return sent


def history(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Show stored messages of a channel, of a conversation, or of everything sent to the person."""
    limit = int(arguments.get("count", HISTORY_MESSAGES))
    place = _wanted(session, arguments)
    rows = page(session, place, limit)
    if not rows:
        return Done(_nothing(place))
    return Messages(_titled(place), as_spoken(session, place, rows))


def search(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Show the newest messages of the current place that hold all the words; case does not count."""
    place = session.require_place()
    words = arguments["text"].casefold().split()
    found: list[Spoken] = []
    looked_at = 0
    for rows in pages_back(session, place, SEARCH_PAGES_MAX):
        hits = [item for item in as_spoken(session, place, rows) if _holds(item, words)]
        found = [*hits, *found][-FOUND_MAX:]
        looked_at += len(rows)
        session.progress = _("searching: {count} messages", count=looked_at)
        if len(found) == FOUND_MAX:
            break
    if not found:
        return Done(_("Nothing in {place} has these words ({count} messages looked at).", place=place, count=looked_at))
    return Messages(_("Found in {place}: {count}", place=place, count=len(found)), tuple(found))


def export(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Write all messages of a place to a file that does not exist yet: as text, or as JSON lines when it ends so."""
    path = Path(arguments["file"]).expanduser()
    place = _wanted(session, arguments)
    write = _as_json if path.suffix in (".json", ".jsonl") else _as_text
    pages = []
    count = 0
    for rows in pages_back(session, place, EXPORT_PAGES_MAX):
        pages.append(as_spoken(session, place, rows))
        count += len(rows)
        session.progress = _("exporting: {count} messages", count=count)
    lines = [write(spoken) for shown in reversed(pages) for spoken in shown]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except FileExistsError:
        raise ChatError(_("The file {file} exists already and was left as it is: name another.", file=path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ChatError(
            _("The file {file} cannot be written ({error}): name another.", file=path, error=reason)
        ) from None
    return Done(_("{count} messages of {place} are in {file}.", count=count, place=place, file=path))


def _publish(session: ChatSession, channel: str, text: str) -> Result:
    user = session.require_user()
    sent = _send(session, channel, text, lambda: session.chat.publish(user, channel, text))
    session.places.read(channel)
    return sent


def _message(session: ChatSession, receiver: str, text: str) -> Result:
    sender = session.require_user()
    sent = _send(session, receiver, text, lambda: session.chat.message(sender, receiver, text), direct=True)
    session.places.read(f"@{receiver}")
    return sent


def _send(
    session: ChatSession, topic: str, text: str, ask: Callable[[], Mapping[str, Any]], *, direct: bool = False
) -> Result:
    session.own.begin(topic, text)
    try:
        reply = ask()
    except ClientError as error:
        session.own.abandon(unknown=error.code == "unknown")
        raise
    seq = reply.get("seq") if isinstance(reply.get("seq"), int) else None
    clock = reply.get("clock")
    spoken = Spoken(
        topic, session.user, text, time.time(), direct, clock=clock if isinstance(clock, int) else 0, own=True
    )
    comes_back = session.follows(topic, direct=direct)
    follows = comes_back and session.interactive and seq is not None
    session.own.end(topic, seq if comes_back else None, spoken, follows=follows)
    return Sent(_sentence(topic, seq, direct=direct), spoken, seq, follows)


def _sentence(topic: str, seq: int | None, *, direct: bool) -> str:
    if direct:
        return _("Sent to {user}.", user=topic)
    if seq is None:
        return _("Published in {channel}.", channel=topic)
    return _("Published in {channel} as number {seq}.", channel=topic, seq=seq)


def _wanted(session: ChatSession, arguments: Mapping[str, str]) -> str:
    place = arguments.get("place") or session.place
    if not place:
        raise ChatError(_("Say whose history you want: a channel, or a user with @ in front."))
    return place


def _titled(place: str) -> str:
    if place.startswith("@"):
        return _("Direct messages with {user}:", user=place[1:])
    return _("History of {channel}:", channel=place)


def _nothing(place: str) -> str:
    if place.startswith("@"):
        return _("There are no direct messages with {user} yet.", user=place[1:])
    return _("Nobody has written in {channel} yet.", channel=place)


def _holds(spoken: Spoken, words: list[str]) -> bool:
    text = f"{spoken.user} {spoken.message}".casefold()
    return all(word in text for word in words)


def _as_json(spoken: Spoken) -> str:
    return json.dumps(message_data(spoken), ensure_ascii=not spoken.message.isprintable())


def _as_text(spoken: Spoken) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(spoken.time))
    return f"{when} {visible(spoken.user)}: {visible(spoken.message)}"
