"""The rules that a run is judged by, from outside: a broken one names the message.

Nothing here asks a server whether it is right. What clients were told, what readers were shown, what
listeners heard, what histories and disks hold must fit together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise, zip_longest

from coreto.lab.monitor import tell
from coreto.lab.scenarios.evidence import CERTAIN, Evidence, Operation
from coreto.lab.scenarios.rules_listening import bare_exact, bare_whole, heard
from coreto.lab.scenarios.verdicts import Finding
from coreto.texts import N_, _
from coreto.wire.publication import Publication

Rule = Callable[[Evidence], Iterator[Finding]]
NOWHERE = "-"
"""Stands for the name of a message that has none."""


def stored(evidence: Evidence) -> Iterator[Finding]:
    """Whatever was acknowledged stands in every history, under the number that was answered."""
    for server, histories in evidence.histories.items():
        for operation in evidence.acknowledged:
            rows = histories.get(operation.channel, [])
            row = rows[operation.seq - 1] if 0 < operation.seq <= len(rows) else None
            if row is None or (row.message, row.index) != (operation.text, operation.index):
                what = _(
                    "{who} was told that '{text}' is message {seq} of {channel}; {server} has {found} there.",
                    who=operation.writer,
                    text=operation.text,
                    seq=operation.seq,
                    channel=operation.channel,
                    server=server,
                    found=_("nothing") if row is None else f"'{row.message}'",
                )
                yield Finding(operation.id, what)


def once(evidence: Evidence) -> Iterator[Finding]:
    """Each message stands in a history once, however often its request arrived."""
    for server, histories in evidence.histories.items():
        for channel, rows in histories.items():
            counts = Counter((row.user, row.message) for row in rows)
            for row in rows:
                if counts.pop((row.user, row.message), 1) > 1:
                    what = _("'{text}' stands more than once in {channel} of {server}.", text=row.message,
                             channel=channel, server=server)  # fmt: skip
                    yield Finding(row.id, what)


def refused(evidence: Evidence) -> Iterator[Finding]:
    """What was certainly refused is in no history."""
    told = {(one.channel, one.text): one for one in evidence.operations if one.code in CERTAIN}
    for server, histories in evidence.histories.items():
        for channel, rows in histories.items():
            for row in rows:
                if (channel, row.message) in told:
                    code = told[channel, row.message].code
                    what = _("'{text}' was refused ({code}) and stands in {channel} of {server}.", text=row.message,
                             code=code, channel=channel, server=server)  # fmt: skip
                    yield Finding(row.id, what)


def numbered(evidence: Evidence) -> Iterator[Finding]:
    """The messages of a channel are numbered from 1 without a hole, in the order of the log."""
    for server, histories in evidence.histories.items():
        for channel, rows in histories.items():
            for number, row in enumerate(rows, 1):
                if row.seq != number:
                    what = _("Message {number} of {channel} is called {seq} by {server}.", number=number,
                             channel=channel, seq=row.seq, server=server)  # fmt: skip
                    yield Finding(row.id, what)
            yield from _falling(rows, lambda row: row.index, N_("'{text}' stands in the log before '{before}'."))


def stamped(evidence: Evidence) -> Iterator[Finding]:
    """Lamport values rise along every channel (Lamport 1978: a before b, so C(a) < C(b))."""
    for histories in evidence.histories.values():
        for rows in histories.values():
            sentence = N_("'{text}' comes after '{before}', and its Lamport value is not greater.")
            yield from _falling(rows, lambda row: row.clock, sentence)


def wall_clock(evidence: Evidence) -> Iterator[Finding]:
    """What one might believe: times of day rise along every channel."""
    for histories in list(evidence.histories.values())[:1]:
        for rows in histories.values():
            for before, row in pairwise(rows):
                if row.time < before.time:  # those of one batch show the same
                    what = _("'{text}' comes after '{before}', and shows an earlier time of day.", text=row.message,
                             before=before.message)  # fmt: skip
                    yield Finding(row.id, what)


def same(evidence: Evidence) -> Iterator[Finding]:
    """Every server that runs has the same histories."""
    (first, rows_of), *others = list(evidence.histories.items()) or [("", {})]
    for server, histories in others:
        for channel in histories:
            for one, other in zip_longest(rows_of.get(channel, []), histories[channel]):
                if one != other:
                    row = one or other
                    what = _("{server} and {other} have different things as message {seq} of {channel}.", server=first,
                             other=server, seq=row.seq, channel=channel)  # fmt: skip
                    yield Finding(row.id, what)
                    break


def logs(evidence: Evidence) -> Iterator[Finding]:
    """On the disks: the same entries everywhere, epochs never fall, Lamport values rise."""
    (first, log), *others = list(evidence.logs.items()) or [("", [])]
    for before, entry in pairwise(log):
        if entry.index != before.index + 1 or entry.epoch < before.epoch or entry.lamport <= before.lamport:
            what = _("On the disk of {server}, entry {index} does not follow the one before it.", server=first,
                     index=entry.index)  # fmt: skip
            yield Finding(_entry(entry.index), what)
    reach = min((part[-1].index for part in evidence.logs.values() if part), default=0)
    for server, other in others:
        for one, two in zip(log[:reach], other[:reach], strict=False):
            if one != two:
                what = _("The disks of {server} and {other} differ at entry {index}.", server=first, other=server,
                         index=one.index)  # fmt: skip
                yield Finding(_entry(one.index), what)
                break


def real_time(evidence: Evidence) -> Iterator[Finding]:
    """A message that was sent after another was acknowledged stands behind it."""
    ended = sorted(evidence.acknowledged, key=lambda operation: operation.end, reverse=True)
    last: Operation | None = None
    for operation in sorted(evidence.acknowledged, key=lambda operation: operation.start):
        while ended and ended[-1].end < operation.start:
            candidate = ended.pop()
            last = candidate if last is None or candidate.index > last.index else last
        if last is not None and operation.index <= last.index and operation is not last:
            what = _("'{text}' was sent after '{before}' was acknowledged, and stands before it in the log.",
                     text=operation.text, before=last.text)  # fmt: skip
            yield Finding(operation.id, what)


def read(evidence: Evidence) -> Iterator[Finding]:
    """Readers are shown what is stored, and never less than they were shown before."""
    final = next(iter(evidence.histories.values()), {})
    marks: dict[str, int] = {}
    for page in evidence.pages:
        whole = final.get(page.channel, [])
        for row in page.rows:
            if not 0 < row.seq <= len(whole) or whole[row.seq - 1] != row:
                yield Finding(
                    row.id, _("{who} was shown '{text}', which is not stored.", who=page.reader, text=row.message)
                )
                break
        if page.index < marks.get(page.reader, 0):
            what = _("{who} was shown the log up to {index}, and {before} before.", who=page.reader, index=page.index,
                     before=marks[page.reader])  # fmt: skip
            yield Finding(_entry(page.index), what)
        marks[page.reader] = max(page.index, marks.get(page.reader, 0))


def progress(evidence: Evidence) -> Iterator[Finding]:
    """After the last step everybody who writes is acknowledged again."""
    for writer in evidence.without_progress:
        last = max((one for one in evidence.operations if one.writer == writer), key=lambda one: one.end, default=None)
        what = _("{who} was not acknowledged any more; the last try was '{text}' ({code}).", who=writer,
                 text=last.text if last else "", code=last.code if last else "")  # fmt: skip
        yield Finding(last.id or last.text if last else NOWHERE, what)


def caught_up(evidence: Evidence) -> Iterator[Finding]:
    """In the end every server that runs has applied everything that was acknowledged."""
    for server, applied in evidence.applied.items():
        behind = [operation for operation in evidence.acknowledged if operation.index > applied]
        if behind:
            missing = min(behind, key=lambda operation: operation.index)
            what = _("{server} has not got '{text}', entry {index} of the log; it has applied {applied}.",
                     server=server, text=missing.text, index=missing.index, applied=applied)  # fmt: skip
            yield Finding(missing.id, what)


def monitored(evidence: Evidence) -> Iterator[Finding]:
    """The monitor of the journal saw none of its rules broken."""
    for violation in evidence.violations:
        yield Finding(violation.message, tell(violation))


ALWAYS: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (stored, once, refused, numbered, stamped, same, logs, real_time, read, heard, caught_up, progress,
                 monitored)
}  # fmt: skip
"""What must hold in every run."""
BELIEFS: dict[str, Rule] = {rule.__name__: rule for rule in (wall_clock, bare_whole, bare_exact)}
"""What one might believe: a scenario says that it must hold, or that it must be seen broken."""
RULES = ALWAYS | BELIEFS

MEANINGS = {
    "stored": N_("whatever was acknowledged is stored, on every server"),
    "once": N_("each message is stored once"),
    "refused": N_("what was refused is not stored"),
    "numbered": N_("messages are numbered without a hole, in the order of the log"),
    "stamped": N_("Lamport values rise along every channel"),
    "same": N_("all servers have the same histories"),
    "logs": N_("the logs on the disks are equal and in order"),
    "real_time": N_("what was sent later stands later"),
    "read": N_("readers were shown what is stored, and never less than before"),
    "heard": N_("listeners were shown everything once and in order"),
    "caught_up": N_("every server has caught up"),
    "progress": N_("everybody is acknowledged again in the end"),
    "monitored": N_("the monitor saw no rule broken"),
    "wall_clock": N_("times of day rise along every channel"),
    "bare_whole": N_("a bare SUB socket hears every message"),
    "bare_exact": N_("a bare SUB socket hears its own topics only"),
    "steps": N_("every step came in time"),
    "happened": N_("what should happen happened"),
    "never": N_("what should not happen did not"),
    "clocks": N_("the clocks are together in the end"),
}
"""What each rule says, in a few words; the last four are asked by the scenario itself."""


def _falling(rows: list[Publication], value: Callable[[Publication], float], sentence: str) -> Iterator[Finding]:
    for before, row in pairwise(rows):
        if value(row) <= value(before):
            yield Finding(row.id, _(sentence, text=row.message, before=before.message))


def _entry(index: int) -> str:
    return _("entry {index}", index=index)
