"""Whether a figure may be believed: every acknowledged message is in the log, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from coreto.client.client import Client
from coreto.lab.bench.load import Answered, text_of
from coreto.texts import _

PAGE = 500
"""Rows asked for at once: the most there are."""
SHOWN = 3
"""Ids that a verdict names."""


def why_void(client: Client, channel: str, size: int, answered: Sequence[Answered]) -> str:
    """Return why the acknowledgements are not to be believed, nothing if each message is in the log once.

    `channel` must hold what one load published, in texts of `size` bytes. Its texts are counted as
    well as its ids: a request that took effect twice has two ids.
    """
    newest = max((one.at for one in answered), default=0)
    rows = [(str(row["id"]), str(row["message"])) for row in history_rows(client, channel, newest)]
    texts = [text_of(one.number, size) for one in answered]
    return compare([one.id for one in answered], [row[0] for row in rows]) or compare(texts, [row[1] for row in rows])


def compare(acknowledged: Sequence[str], stored: Iterable[str]) -> str:
    """Return what is wrong with what is stored, given what was acknowledged; nothing if nothing is."""
    counts = Counter(stored)
    told = Counter(acknowledged)
    lost = [name for name in told if not counts[name]]
    twice = [name for name, times in counts.items() if times > 1] + [name for name, n in told.items() if n > 1]
    if lost:
        return _("{count} acknowledged messages are not in the log: {ids}", count=len(lost), ids=_shown(lost))
    if twice:
        return _("{count} messages are there more than once: {ids}", count=len(twice), ids=_shown(twice))
    return ""


def history_rows(client: Client, channel: str, newest: int) -> Iterator[dict[str, Any]]:
    """Yield every stored message of a channel in order, read by a server that has applied entry `newest`."""
    after = 0
    while True:
        page = client.ask("history", channel=channel, after=after, limit=PAGE, min_index=newest)
        yield from page["messages"]
        if not page["messages"]:
            return
        after = page["messages"][-1]["seq"]


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
