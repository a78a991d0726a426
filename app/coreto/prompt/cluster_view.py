"""How the cluster looks from the prompt, and what is wrong with it in plain words."""

from __future__ import annotations

import msgspec

from coreto.client.survey import Look
from coreto.texts import _


class ClusterView(msgspec.Struct, frozen=True):
    """What was last heard of the cluster; `trouble` is a sentence when something is wrong."""

    coordinator: str = ""
    epoch: int | None = None
    total: int = 0
    silent: tuple[str, ...] | None = None
    """Voters the reference does not hear of; None when it is not known."""
    servers: tuple[str, ...] = ()
    offset: float | None = None
    """Seconds that the clock of the servers is ahead of this machine's."""
    cut_off: tuple[str, ...] = ()
    """Voters that live and do not hear the coordinator, while others do."""
    trouble: str = ""

    @property
    def alive(self) -> int | None:
        """Voters the reference hears of; None when it is not known."""
        return None if self.silent is None else self.total - len(self.silent)


def view_of(look: Look, *, lasting: bool = False) -> ClusterView:
    """Return what a look at the cluster tells a person; `lasting` when there was no quorum for some looks already."""
    status = look.status
    voters = _names(status.get("voters"))
    listed = None if look.servers is None else {str(row.get("name")) for row in look.servers}
    coordinator, epoch = str(status.get("coordinator") or ""), status.get("epoch")
    view = ClusterView(
        coordinator=coordinator,
        epoch=epoch if isinstance(epoch, int) else None,
        total=len(voters),
        silent=None if listed is None else tuple(name for name in voters if name not in listed),
        servers=tuple(dict.fromkeys((*voters, *sorted(listed or ())))),
        offset=look.offset,
        cut_off=_cut_off(look, voters),
    )
    return msgspec.structs.replace(view, trouble=_trouble(look, voters, listed, coordinator, lasting))


def _cut_off(look: Look, voters: tuple[str, ...]) -> tuple[str, ...]:
    if look.status.get("quorum") is not True:
        return ()
    return tuple(name for name in voters if look.hearing.get(name) is False)


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _trouble(
    look: Look,
    voters: tuple[str, ...],
    listed: set[str] | None,
    coordinator: str,
    lasting: bool,
) -> str:
    alive = len(voters) if listed is None else sum(name in listed for name in voters)
    without = look.status.get("quorum") is False
    if without and alive * 2 <= len(voters):
        return _no_quorum(alive, len(voters))
    if without and lasting and (elsewhere := sum(look.hearing.get(name, False) for name in voters)):
        # Others have a majority, and the broker cannot reach any of them.
        return _no_quorum(len(voters) - elsewhere, len(voters))
    if without and lasting:
        # The reference may hear servers that cannot hear each other.
        return _("no quorum: no majority of {total} servers hears each other, writing is refused", total=len(voters))
    if without or ("coordinator" in look.status and not coordinator):
        return _("no coordinator: the servers are choosing one, and writing waits for it")
    if listed is None:
        return _("the reference does not answer: chatting goes on, but a server that starts cannot join")
    return str(look.status.get("conflict") or "")


def _no_quorum(alive: int, total: int) -> str:
    return _("no quorum: {alive} of {total} servers reachable, writing is refused", alive=alive, total=total)
