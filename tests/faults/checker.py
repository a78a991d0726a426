"""Judges a run from outside, in linear time (after sorting): each rule takes the evidence and names what breaks it.

The rules are promises G1 to G4 of replication.md §1 and invariants I7 to I10 and I13 of §13 as a
client, a subscriber and a reader of the disks can see them. Nothing here asks the program whether
it is right.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, zip_longest
from typing import NamedTuple

from tests.faults.evidence import Content, Evidence, Logged, Operation

CERTAIN = frozenset({"no_quorum", "no_coordinator", "overloaded", "bad_request"})
"""Codes that say: certainly not logged."""
ANSWER_SECONDS = 5.0
"""A plain client has its answer within this time."""
EXAMPLES_MAX = 10
"""Violations shown of one rule; a thousand more would say the same."""

Messages = Iterator[str]


class Violation(NamedTuple):
    """A broken rule, and how it shows."""

    rule: str
    what: str


def check(evidence: Evidence) -> list[Violation]:
    """Return what breaks any rule; nothing, when all is well."""
    found: list[Violation] = []
    for name, rule in RULES.items():
        for number, what in enumerate(rule(evidence)):
            if number == EXAMPLES_MAX:
                found.append(Violation(name, "and more"))
                break
            found.append(Violation(name, what))
    return found


def acknowledged(evidence: Evidence) -> list[Operation]:
    """Return the writes that were answered with success."""
    return [operation for operation in evidence.operations if operation.is_write and operation.code == "ok"]


# Logs.


def logs_are_equal(evidence: Evidence) -> Messages:
    """After quiet every server holds the same entries."""
    names = list(evidence.logs)
    for name in names[1:]:
        pairs = zip_longest(evidence.logs[names[0]], evidence.logs[name])
        for one, other in pairs:
            if one != other:
                yield f"{names[0]} has {one}, {name} has {other}"
                break


def logs_are_in_order(evidence: Evidence) -> Messages:
    """Indexes count from 1, epochs never fall, Lamport stamps rise."""
    for name, log in evidence.logs.items():
        before = Logged(0, (0, ""), -1, None)
        for entry in log:
            if entry.index != before.index + 1 or entry.epoch < before.epoch or entry.lamport <= before.lamport:
                yield f"{name}: {entry} follows {before}"
            before = entry


def acknowledged_is_in_every_log(evidence: Evidence) -> Messages:
    """What was answered with success stands in every log where the answer says."""
    for name, log in evidence.logs.items():
        wanted: dict[int, Content] = {}
        for operation in acknowledged(evidence):
            if wanted.setdefault(operation.index, operation.content) != operation.content:
                yield f"index {operation.index} was answered to {operation.content} and {wanted[operation.index]}"
        for entry in log:
            content = wanted.pop(entry.index, entry.content)
            if content != entry.content:
                yield f"{name}: {content} was acknowledged at {entry.index}, where there is {entry.content}"
        for index, content in wanted.items():
            yield f"{name}: {content} was acknowledged at {index}, beyond the end of the log"


def certainly_refused_is_in_no_log(evidence: Evidence) -> Messages:
    """What was refused as certainly not logged is in no log."""
    refused = {operation.content: operation for operation in evidence.operations if operation.code in CERTAIN}
    for name, log in evidence.logs.items():
        for entry in log:
            if entry.content in refused:
                yield f"{name}: {refused[entry.content]} is logged at {entry.index}"


# Effects.


def effects(evidence: Evidence) -> Iterator[tuple[str, str, int, int, Content | None]]:
    """Return server, topic, seq, log index and content of every message in the tables."""
    for name, state in evidence.states.items():
        wanted = {index: (topic, seq) for topic, rows in state.messages.items() for seq, index in rows}
        for entry in evidence.logs.get(name, ()):
            if entry.index in wanted:
                topic, seq = wanted.pop(entry.index)
                yield name, topic, seq, entry.index, entry.content
        for index, (topic, seq) in wanted.items():
            yield name, topic, seq, index, None


def effects_happen_once(evidence: Evidence) -> Messages:
    """However many copies of a write the log holds, one message comes of it, in the topic it asked for."""
    seen: dict[tuple[str, Content], int] = {}
    for name, topic, seq, index, content in effects(evidence):
        if content is None or content.kind not in ("publish", "message") or content.target != topic:
            yield f"{name}: message {seq} of {topic} rests on entry {index}, which is {content}"
        elif (name, content) in seen:
            yield f"{name}: {content} took effect at {seen[name, content]} and at {index}"
        else:
            seen[name, content] = index


def refused_has_no_effect(evidence: Evidence) -> Messages:
    """What was refused, for certain or by the log, is no message."""
    codes = CERTAIN | {"refused"}
    refused = {operation.content: operation for operation in evidence.operations if operation.code in codes}
    for name, topic, seq, _index, content in effects(evidence):
        if content in refused:
            yield f"{name}: {refused[content]} is message {seq} of {topic}"


def acknowledged_took_effect(evidence: Evidence) -> Messages:
    """An acknowledged message has the number that was answered; an acknowledged name exists."""
    for name, state in evidence.states.items():
        places = {(topic, seq): index for topic, rows in state.messages.items() for seq, index in rows}
        for operation in acknowledged(evidence):
            if operation.index > state.checkpoint:
                continue
            content = operation.content
            if operation.topic:
                if places.get((operation.topic, operation.seq)) != operation.index:
                    yield f"{name}: {operation} is not message {operation.seq} of {operation.topic}"
            elif (content.user or content.target) not in state.topics:
                yield f"{name}: {operation} left no name"


def tables_reach_far_enough(evidence: Evidence) -> Messages:
    """The tables on disk cover everything the subscribers must have heard, so that the other rules mean something."""
    for name, state in evidence.states.items():
        for topic, seq in evidence.upto.items():
            if len(state.messages.get(topic, ())) < seq:
                yield f"{name}: the tables end at {state.checkpoint}, before message {seq} of {topic}"


def messages_count_from_one(evidence: Evidence) -> Messages:
    """In each topic seq is 1..n in log order, on every server, and n is what the server thinks it is."""
    for name, state in evidence.states.items():
        for topic, rows in state.messages.items():
            if [seq for seq, _ in rows] != list(range(1, len(rows) + 1)):
                yield f"{name}: the numbers of {topic} have a hole"
            if any(one >= other for (_, one), (_, other) in pairwise(rows)):
                yield f"{name}: {topic} is not in the order of the log"
        for topic, (_kind, seq, _created) in state.topics.items():
            if seq != len(state.messages.get(topic, ())):
                yield f"{name}: {topic} ends at {seq} and has {len(state.messages.get(topic, ()))} messages"


def states_are_equal(evidence: Evidence) -> Messages:
    """The tables say the same on every server, as far as all of them reach."""
    reach = min((state.checkpoint for state in evidence.states.values()), default=0)
    views = {name: _within(state.messages, reach) for name, state in evidence.states.items()}
    first = next(iter(views), "")
    for name, view in views.items():
        if view != views[first]:
            yield f"the messages of {first} and {name} differ"


def _within(messages: dict[str, list[tuple[int, int]]], reach: int) -> dict[str, list[tuple[int, int]]]:
    kept = {topic: [row for row in rows if row[1] <= reach] for topic, rows in messages.items()}
    return {topic: rows for topic, rows in kept.items() if rows}


# Time.


def order_is_real_time(evidence: Evidence) -> Messages:
    """A write that began after another was acknowledged stands behind it, in the log and in its topic."""
    writes = acknowledged(evidence)
    yield from _overtaken(writes, lambda operation: operation.index)
    by_topic: dict[str, list[Operation]] = {}
    for operation in writes:
        if operation.topic:
            by_topic.setdefault(operation.topic, []).append(operation)
    for same in by_topic.values():
        yield from _overtaken(same, lambda operation: operation.seq)


def linear_reads_are_current(evidence: Evidence) -> Messages:
    """A linear read shows whatever was acknowledged before it began."""
    reads = [o for o in evidence.operations if o.level == "linear" and o.code == "ok"]
    for read, ended in _with_ended(reads, acknowledged(evidence), lambda operation: operation.index):
        if ended is not None and read.index < ended.index:
            yield f"{read} does not reach {ended}"


def _overtaken(writes: list[Operation], place: Callable[[Operation], int]) -> Messages:
    for write, ended in _with_ended(writes, writes, place):
        if ended is not None and place(write) <= place(ended) and write is not ended:
            yield f"{write} began after the end of {ended}"


def _with_ended(
    begun: Iterable[Operation], ended: Iterable[Operation], place: Callable[[Operation], int]
) -> Iterator[tuple[Operation, Operation | None]]:
    """Return each of `begun` with the one of `ended` that stands furthest of those that ended before it began."""
    waiting = sorted(ended, key=lambda operation: operation.end, reverse=True)
    furthest: Operation | None = None
    for operation in sorted(begun, key=lambda operation: operation.start):
        while waiting and waiting[-1].end < operation.start:
            candidate = waiting.pop()
            if furthest is None or place(candidate) > place(furthest):
                furthest = candidate
        yield operation, furthest


# Reads.


def sessions_never_go_back(evidence: Evidence) -> Messages:
    """What a client is shown never gets older, its own writes included; a new broker forgets plain clients."""
    clients: dict[str, list[Operation]] = {}
    for operation in evidence.operations:
        if operation.code == "ok" and operation.level != "local":
            clients.setdefault(operation.client, []).append(operation)
    for operations in clients.values():
        yield from _going_back(operations, evidence.broker_kills)


def _going_back(operations: list[Operation], kills: Iterable[float]) -> Messages:
    pending = sorted(kills, reverse=True)
    mark = 0
    for operation in sorted(operations, key=lambda operation: operation.end):
        forgotten = False
        while pending and pending[-1] <= operation.end:
            # Whether the old broker or the new one answered cannot be told when the kill lies within.
            forgotten = pending.pop() >= operation.start
            mark = 0 if operation.plain else mark
        if not operation.is_write and operation.index < max(mark, operation.min_index):
            yield f"{operation} shows less than {mark}, which this client has seen"
        if not (operation.plain and forgotten):
            mark = max(mark, operation.index)


def reads_show_the_log(evidence: Evidence) -> Messages:
    """An answer to `history` is what the log held at the index it names: no message more, none less."""
    log = next(iter(evidence.logs.values()), ())
    texts = {entry.index: entry.content.text for entry in log if entry.content is not None}
    state = next(iter(evidence.states.values()), None)
    for read in evidence.operations:
        if state is None or read.is_write or read.code != "ok" or read.index > state.checkpoint:
            continue
        rows = state.messages.get(read.content.target, [])[read.after : read.after + read.limit]
        wanted = [(seq, index, texts.get(index)) for seq, index in rows if index <= read.index]
        if wanted != [(row.seq, row.index, row.text) for row in read.rows]:
            yield f"{read} should be {wanted}"


# Subscribers and answers.


def subscribers_hear_everything_in_order(evidence: Evidence) -> Messages:
    """Each subscriber is shown each topic from where it joined to the end: every message once, in order, as stored."""
    state = next(iter(evidence.states.values()), None)
    log = next(iter(evidence.logs.values()), ())
    texts = {entry.index: entry.content.text for entry in log if entry.content is not None}
    messages = state.messages if state is not None else {}
    for name, deliveries in evidence.deliveries.items():
        last: dict[str, int] = {}
        for topic, seq, text in deliveries:
            if seq != last.get(topic, seq - 1) + 1 or seq == 0:
                yield f"{name}: {topic} {seq} follows {last.get(topic)}"
            elif topic not in last and seq > evidence.since[topic]:
                yield f"{name}: {topic} begins at {seq}, after {evidence.since[topic]}"
            last[topic] = seq
            stored = messages.get(topic, [])[seq - 1 : seq]
            if stored and texts.get(stored[0][1]) != text:
                yield f"{name}: {topic} {seq} was {text!r}, stored is {texts.get(stored[0][1])!r}"
        for topic, seq in evidence.upto.items():
            if last.get(topic, 0) < seq:
                yield f"{name}: {topic} ends at {last.get(topic)}, before {seq}"


def plain_clients_are_answered(evidence: Evidence) -> Messages:
    """A plain client has an answer within five seconds, unless the broker itself was killed meanwhile."""
    for operation in evidence.operations:
        late = operation.code == "silence" or operation.end - operation.start > ANSWER_SECONDS
        if operation.plain and late and not excused(operation, evidence):
            yield f"{operation}: {operation.end - operation.start:.2f} s"


def excused(operation: Operation, evidence: Evidence) -> bool:
    """Whether the broker was killed and not back at some moment of this request; outages are in order."""
    at = bisect_left(evidence.outages, operation.start, key=lambda span: span.end)
    return at < len(evidence.outages) and evidence.outages[at].start <= operation.end


RULES: dict[str, Callable[[Evidence], Messages]] = {
    rule.__name__: rule
    for rule in (
        logs_are_equal,
        logs_are_in_order,
        acknowledged_is_in_every_log,
        certainly_refused_is_in_no_log,
        effects_happen_once,
        refused_has_no_effect,
        acknowledged_took_effect,
        tables_reach_far_enough,
        messages_count_from_one,
        states_are_equal,
        order_is_real_time,
        linear_reads_are_current,
        sessions_never_go_back,
        reads_show_the_log,
        subscribers_hear_everything_in_order,
        plain_clients_are_answered,
    )
}
"""Every rule by its name."""
