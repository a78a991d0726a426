"""Reading requests: the `data` of `users`, `channels` and `history`, from tables and log.

A read changes nothing and says which log index it reflects.
"""

from __future__ import annotations

from typing import Any

from coreto.machines.answers import message_id
from coreto.machines.chat import Chat
from coreto.machines.log import MachineLog
from coreto.machines.ports import Key, Value
from coreto.wire.limits import ANSWER_BYTES_MAX
from coreto.wire.log import Command, Entry
from coreto.wire.services import Channels, History, Users

_ROW_BYTES = 120
"""What a message costs in an answer beside its text."""


def list_names(request: Users | Channels, chat: Chat) -> dict[str, Any]:
    """Return names of users or channels in order of name."""
    kind = "user" if isinstance(request, Users) else "channel"
    after: Key = (kind, request.after) if request.after else ()
    rows = chat.tables.scan("topics", (kind,), after=after, limit=request.limit)
    names = [key[1] for key, _ in rows]
    return {"users": names} if kind == "user" else {"channels": names, "users": names}


def history(request: History, chat: Chat, log: MachineLog) -> dict[str, Any]:
    """Return stored messages in order, and whether there are more in the direction asked for."""
    if request.peer:
        found = _page(request, chat, "conversations", tuple(sorted((request.user, request.peer))))
        places = [(int(value[0]), int(key[2])) for key, value in found]
    else:
        found = _page(request, chat, "messages", (request.channel or request.user,))
        places = [(int(key[1]), int(value[0])) for key, value in found]
    wanted_last = request.after is None
    more = len(places) > request.limit
    if more:
        places = places[1:] if wanted_last else places[: request.limit]
    messages = _messages(places, log)
    kept = _fit(messages, from_end=wanted_last)
    return {"status": "OK", "messages": kept, "more": more or len(kept) < len(messages)}


def _page(request: History, chat: Chat, table: str, prefix: Key) -> list[tuple[Key, Value]]:
    after = () if request.after is None else (*prefix, request.after)
    before = () if request.before is None else (*prefix, request.before)
    backwards = request.after is None
    limit = request.limit + 1
    rows = chat.tables.scan(table, prefix, after=after, before=before, limit=limit, reverse=backwards)
    return rows[::-1] if backwards else rows


def _messages(places: list[tuple[int, int]], log: MachineLog) -> list[dict[str, Any]]:
    messages = []
    entries = _entries([index for _, index in places], log)
    for seq, index in places:
        entry = entries[index]
        command = entry.body
        assert isinstance(command, Command), index
        direct = command.kind == "message"
        names = {"src": command.user, "dst": command.target} if direct else {"user": command.user}
        row: dict[str, Any] = {"seq": seq, "index": index, "id": message_id(command, index), **names}
        messages.append(row | {"message": command.text, "timestamp": entry.time, "clock": entry.lamport})
    return messages


def _entries(indexes: list[int], log: MachineLog) -> dict[int, Entry]:
    """Return these entries; neighbours share a batch, which is decoded once."""
    found: dict[int, Entry] = {}
    for index in indexes:
        if index not in found:
            found.update(log.neighbours(index))
    return found


def _fit(messages: list[dict[str, Any]], *, from_end: bool) -> list[dict[str, Any]]:
    """Return as many messages as fit in one answer, nearest to where reading goes on from."""
    size, count = 0, 0
    for message in reversed(messages) if from_end else messages:
        size += len(message["message"].encode()) + _ROW_BYTES
        if size > ANSWER_BYTES_MAX and count:
            break
        count += 1
    return messages[len(messages) - count :] if from_end else messages[:count]
