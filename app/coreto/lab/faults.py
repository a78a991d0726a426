"""The vocabulary of faults between roles: what a person writes, as faults of links.

s1 | s2,s3           nothing passes between s1 and the two others, either way
s1 -> s2             nothing passes from s1 to s2
s1 s2 200ms±50       what passes between s1 and s2 takes longer
s1 -> s2 30%         of what passes from s1 to s2, a share is struck
… --kind append      only messages of one kind are struck
"""

from __future__ import annotations

import itertools
import typing

from coreto.lab.quantities import QuantityError, read_delay, read_share
from coreto.net.faults import Effect, LinkFault
from coreto.texts import _
from coreto.wire.backend import AnyBackendMessage
from coreto.wire.peer import AnyPeerMessage
from coreto.wire.services import Request

KIND_FLAG = "--kind"
ARROW = "->"
Ways = list[tuple[str, str]]


class WordsError(ValueError):
    """What was written is no fault; the text is a sentence."""


def read_partition(text: str) -> tuple[LinkFault, ...]:
    """Return the cuts that a partition means; raise `WordsError`."""
    rest, kind = _kind(text)
    ways = _one_way(rest) if ARROW in rest else _between_groups(rest)
    return tuple(LinkFault(source, target, "cut", kind=kind) for source, target in ways)


def read_delays(text: str) -> tuple[LinkFault, ...]:
    """Return the faults of `s1 s2 200ms±50`; raise `WordsError`."""
    ways, amount, kind = _ways_and_amount(text)
    try:
        seconds, spread = read_delay(amount)
    except QuantityError as error:
        raise WordsError(str(error)) from None
    return tuple(LinkFault(*way, "delay", seconds=seconds, spread=spread, kind=kind) for way in ways)


def read_shares(text: str, effect: Effect, default: str = "") -> tuple[LinkFault, ...]:
    """Return the faults of `s1 s2 30%`; without an amount it is `default`; raise `WordsError`."""
    ways, amount, kind = _ways_and_amount(text, default)
    try:
        share = read_share(amount)
    except QuantityError as error:
        raise WordsError(str(error)) from None
    return tuple(LinkFault(*way, effect, share=share, kind=kind) for way in ways)


def kinds() -> frozenset[str]:
    """Return every kind of message that links carry: its `service`."""
    messages = *typing.get_args(AnyPeerMessage), *typing.get_args(AnyBackendMessage), *Request.__subclasses__()
    return frozenset(str(message.__struct_config__.tag) for message in messages)


def _ways_and_amount(text: str, default: str = "") -> tuple[Ways, str, str]:
    rest, kind = _kind(text)
    words = rest.replace(ARROW, f" {ARROW} ").split()
    one_way = ARROW in words
    names = [word for word in words[:3] if word != ARROW][:2]
    amount = words[3:] if one_way else words[2:]
    if len(names) < 2 or len(amount) > 1 or (one_way and words[1] != ARROW) or not (amount or default):
        raise WordsError(_("Name the two ends, and how much: for example s1 s2, or s1 -> s2 for one direction."))
    source, target = names
    _require_two([source], [target])
    ways = [(source, target)] if one_way else [(source, target), (target, source)]
    return ways, (amount or [default])[0], kind


def _one_way(text: str) -> Ways:
    sides = [_names(side) for side in text.split(ARROW)]
    if len(sides) != 2 or "|" in text or not all(sides):
        raise WordsError(_("One direction is written with one arrow: s1 -> s2."))
    _require_two(*sides)
    return list(itertools.product(sides[0], sides[1]))


def _between_groups(text: str) -> Ways:
    groups = [_names(group) for group in text.split("|")]
    if len(groups) < 2 or not all(groups):
        raise WordsError(_("Write the groups with | between them, and names with commas: s1 | s2,s3."))
    _require_two(*groups)
    pairs = itertools.permutations(groups, 2)
    return [way for one, other in pairs for way in itertools.product(one, other)]


def _names(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _require_two(*groups: list[str]) -> None:
    names = [name for group in groups for name in group]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise WordsError(_("{name} stands on both sides, and nobody is parted from itself.", name=twice))


def _kind(text: str) -> tuple[str, str]:
    """Split off the kind of message that is struck, empty for all."""
    rest, flag, tail = text.partition(KIND_FLAG)
    if not flag:
        return text, ""
    words = tail.replace("=", " ").split()
    if len(words) != 1 or words[0] not in kinds():
        raise WordsError(
            _("After {flag} comes one kind of message: {kinds}.", flag=KIND_FLAG, kinds=", ".join(sorted(kinds())))
        )
    return rest, words[0]
