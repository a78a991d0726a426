"""From what was seen to a verdict: invalid when a rule is broken, unknown when something could not be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice, pairwise

from coreto.journal.events import RoleChanged
from coreto.lab.scenarios import patterns
from coreto.lab.scenarios.evidence import CERTAIN, OK, Evidence
from coreto.lab.scenarios.hand import named
from coreto.lab.scenarios.model import Scenario, Verdict
from coreto.lab.scenarios.rules import ALWAYS, BELIEFS, NOWHERE
from coreto.lab.scenarios.verdicts import Figures, Finding, Judged
from coreto.texts import _

SHOWN_MAX = 5
"""Findings of one rule that are kept; a thousand more would say the same."""
TIMELY = frozenset({"caught_up", "progress", "steps", "happened", "clocks"})
"""Rules about what comes in time: a machine that stands still can break them without any fault of the cluster."""


def judged(scenario: Scenario, evidence: Evidence, names: Mapping[str, str]) -> tuple[Judged, ...]:
    """Return every rule of a scenario with what was found against it; `names` are those of `hand.NAMES`."""
    expect = scenario.expect
    rows = [_judged(name, "hold", rule(evidence)) for name, rule in ALWAYS.items()]
    rows += [_judged(name, "hold", BELIEFS[name](evidence)) for name in expect.hold if name in BELIEFS]
    rows += [_judged(name, "break", BELIEFS[name](evidence)) for name in expect.broken]
    asked: list[tuple[bool, str, Callable[[], Iterator[Finding]]]] = [
        (bool(scenario.steps), "steps", lambda: (Finding(NOWHERE, what) for what in evidence.steps_missed)),
        (bool(expect.happen), "happened", lambda: _missing(scenario, evidence, names)),
        (bool(expect.never), "never", lambda: _unwanted(scenario, evidence, names)),
        (bool(expect.clocks_within), "clocks", lambda: _apart(evidence, expect.clocks_within)),
    ]
    return (*rows, *(_judged(name, "hold", find()) for is_asked, name, find in asked if is_asked))


def verdict_of(rules: tuple[Judged, ...], evidence: Evidence) -> Verdict:
    """Return the verdict; of a machine that was too slow only what no slowness excuses is invalid."""
    broken = [row for row in rules if not row.passed]
    if not evidence.slow:
        return "invalid" if broken else "valid"
    return "invalid" if any(row.wanted == "hold" and row.rule not in TIMELY for row in broken) else "unknown"


def figures_of(evidence: Evidence, stalled: float) -> Figures:
    """Return what the run was like."""
    ends = sorted(operation.end for operation in evidence.acknowledged)
    codes = [operation.code for operation in evidence.operations]
    return Figures(
        acknowledged=len(ends),
        refused=sum(code in CERTAIN for code in codes),
        in_doubt=sum(code not in CERTAIN and code != OK for code in codes),
        elections=sum(isinstance(event, RoleChanged) and event.state == "coordinator" for event in evidence.events),
        longest_silence=round(max((after - before for before, after in pairwise(ends)), default=0.0), 3),
        stalled=round(stalled, 3),
    )


def apart(clocks: Mapping[str, tuple[float, float]], within: float) -> tuple[str, str, float] | None:
    """Return two clocks that differ by more than `within` and what is not known of them, and by how much."""
    for one, (first, error) in clocks.items():
        for other, (second, other_error) in clocks.items():
            if first - second > within + error + other_error:
                return one, other, first - second
    return None


def _judged(name: str, wanted: str, found: Iterator[Finding]) -> Judged:
    shown = tuple(islice(found, SHOWN_MAX))
    count = len(shown) + sum(1 for _finding in found)
    return Judged(name, "hold" if wanted == "hold" else "break", shown, count)


def _missing(scenario: Scenario, evidence: Evidence, names: Mapping[str, str]) -> Iterator[Finding]:
    for wanted in scenario.expect.happen:
        pattern = named(wanted, names)
        times = int(pattern.get(patterns.TIMES, 1))
        found = sum(patterns.fits(pattern, event) for event in evidence.events)
        if found < times:
            what = _("This happened {found} times, and should {times}: {event}.", found=found, times=times,
                     event=patterns.said(pattern))  # fmt: skip
            yield Finding(NOWHERE, what)


def _unwanted(scenario: Scenario, evidence: Evidence, names: Mapping[str, str]) -> Iterator[Finding]:
    for wanted in scenario.expect.never:
        pattern = named(wanted, names)
        for event in evidence.events:
            if patterns.fits(pattern, event):
                yield Finding(event.id, _("This should never happen: {event}.", event=patterns.said(pattern)))


def _apart(evidence: Evidence, within: float) -> Iterator[Finding]:
    found = apart(evidence.clocks, within)
    if found is not None:
        one, other, seconds = found
        what = _("The clock of {one} is {seconds} s ahead of that of {other}; {within} s are allowed.", one=one,
                 other=other, seconds=f"{seconds:.3f}", within=f"{within:g}")  # fmt: skip
        yield Finding(one, what)
    elif not evidence.clocks:
        yield Finding(NOWHERE, _("No clock could be read."))
