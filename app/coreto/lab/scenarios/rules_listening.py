"""The rules about what listeners hear: with the subscriber of this program, and with a bare SUB socket."""

from __future__ import annotations

from collections.abc import Iterator

from coreto.lab.scenarios.evidence import Evidence, Listened
from coreto.lab.scenarios.verdicts import Finding
from coreto.texts import _
from coreto.wire.publication import Publication


def heard(evidence: Evidence) -> Iterator[Finding]:
    """Each listener is shown its channels from the first message to the last: once, in order, as stored."""
    for listener in evidence.listened:
        for topic in listener.topics:
            yield from _heard(listener, topic, _rows(evidence, topic))


def bare_whole(evidence: Evidence) -> Iterator[Finding]:
    """What one might believe: a bare SUB socket hears every message of its topics."""
    for listener in evidence.listened:
        ids = {item.id for item in listener.bare}
        for topic in listener.topics:
            for row in _rows(evidence, topic):
                if row.id not in ids:
                    what = _("The bare socket of {who} never heard '{text}'.", who=listener.name, text=row.message)
                    yield Finding(row.id, what)


def bare_exact(evidence: Evidence) -> Iterator[Finding]:
    """What one might believe: a bare SUB socket hears no other topics."""
    for listener in evidence.listened:
        for item in listener.bare:
            if item.topic not in listener.topics:
                what = _("The bare socket of {who} asked for {topics}, and heard '{text}' of {topic}.",
                         who=listener.name, topics=", ".join(listener.topics), text=item.message,
                         topic=item.topic)  # fmt: skip
                yield Finding(item.id, what)


def _heard(listener: Listened, topic: str, rows: list[Publication]) -> Iterator[Finding]:
    names = {row.seq: row for row in rows}
    last = 0
    for item in listener.shown:
        if item.topic != topic:
            continue
        row = names.get(item.seq)
        if item.seq != last + 1:
            what = _("{who} was shown message {seq} of {topic} after message {last}.", who=listener.name, seq=item.seq,
                     topic=topic, last=last)  # fmt: skip
            yield Finding(row.id if row else f"{topic} {item.seq}", what)
        elif row is not None and row.message != item.message:
            what = _("{who} was shown '{text}', and '{stored}' is stored.", who=listener.name, text=item.message,
                     stored=row.message)  # fmt: skip
            yield Finding(row.id, what)
        last = item.seq
    if listener.complete and last < len(rows):
        missing = names.get(last + 1, rows[-1])
        what = _("{who} was never shown '{text}', message {seq} of {topic}.", who=listener.name, text=missing.message,
                 seq=missing.seq, topic=topic)  # fmt: skip
        yield Finding(missing.id, what)


def _rows(evidence: Evidence, topic: str) -> list[Publication]:
    """What is stored of a topic: the longest history there is."""
    found = [histories.get(topic, []) for histories in evidence.histories.values()]
    return max(found, key=len, default=[])
