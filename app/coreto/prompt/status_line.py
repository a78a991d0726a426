"""The line above the one being typed: where one is, how the cluster is, what waits; or what is wrong, in words."""

from __future__ import annotations

from coreto.prompt.places import Unread
from coreto.prompt.session import ChatSession
from coreto.prompt.visible import visible, width
from coreto.texts import _

SEPARATOR = " · "
PLACES_MAX = 3
"""Places whose unread messages are named; the others are added up."""


def status_line(session: ChatSession, columns: int = 0, waiting: int = 0) -> str:
    """Return where · cluster · unread; `waiting` is how many commands wait for the servers.

    Where `columns` (unless 0) are too few, the last things said of the cluster are left out, but
    never what is wrong with it.
    """
    before = [
        "" if session.user else _("not logged in"),
        session.place or _("no channel"),
        session.progress or (_("waiting for the servers ({count})", count=waiting) if waiting else ""),
    ]
    cluster = _cluster(session)
    unread = _unread(session.places.unread(), session.place)
    while True:
        line = visible(SEPARATOR.join(filter(None, [*before, *cluster, unread])))
        if not columns or width(line) <= columns or len(cluster) < 2:
            return line
        cluster.pop()


def _cluster(session: ChatSession) -> list[str]:
    cluster = session.cluster
    if cluster.trouble:
        return [cluster.trouble]
    if cluster.epoch is None and not cluster.coordinator:
        return []
    parts = [_("coordinator {coordinator}", coordinator=cluster.coordinator or _("none"))]
    if cluster.cut_off:
        names, hearing = ", ".join(cluster.cut_off), cluster.total - len(cluster.cut_off)
        parts.append(
            _(
                "cut off: {names}; {hearing} of {total} hear each other",
                names=names,
                hearing=hearing,
                total=cluster.total,
            )
        )
    elif cluster.alive is not None:
        parts.append(_("{alive}/{total} alive", alive=cluster.alive, total=cluster.total))
    if cluster.epoch is not None:
        parts.append(_("epoch {epoch}", epoch=cluster.epoch))
    parts.append(_("Lamport {clock}", clock=session.chat.lamport))
    if cluster.offset is not None:
        parts.append(_offset(cluster.offset))
    return parts


def _offset(seconds: float) -> str:
    amount = f"{round(seconds * 1000) + 0:+d} ms" if abs(seconds) < 1 else f"{seconds:+.1f} s"
    return _("clock {amount}", amount=amount)


def _unread(waiting: list[Unread], here: str) -> str:
    elsewhere = [item for item in waiting if item.place != here]
    if not elsewhere:
        return ""
    named = [f"{item.place} {item.count}{'!' if item.mentioned else ''}" for item in elsewhere[:PLACES_MAX]]
    others = sum(item.count for item in elsewhere[PLACES_MAX:])
    return _("unread: {places}", places=", ".join([*named, *([f"+{others}"] if others else [])]))
