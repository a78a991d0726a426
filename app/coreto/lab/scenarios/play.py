"""A scenario while it runs: who takes part, what its steps wait for, and what is seen of it.

Everything here is done by one thread; writers, readers and listeners are threads of their own. Each
wait is for something that is seen from outside, with a deadline that moves when the machine stands
still.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from functools import partial

from coreto.client.client import Client
from coreto.client.errors import ClientError, TimedOutError
from coreto.lab.scenarios import workload
from coreto.lab.scenarios.evidence import Evidence
from coreto.lab.scenarios.hand import named, names_of
from coreto.lab.scenarios.judge import apart
from coreto.lab.scenarios.listening import Listener
from coreto.lab.scenarios.model import Scenario, Step
from coreto.lab.scenarios.patterns import said
from coreto.lab.scenarios.stage import Stage
from coreto.lab.scenarios.stalls import Deadline, StallMeter, State
from coreto.lab.scenarios.workload import Reader, Writer
from coreto.net.sockets import make_context
from coreto.store.database import DiskError, StoreError
from coreto.texts import _

LOOK_SECONDS = 0.02
"""How often it is looked whether something has come …"""
ASK_SECONDS = 0.2
"""… and where servers are asked for it."""
FIRST_SECONDS = 30.0
"""Longest wait for the first coordinator and the first logins."""
AFTERWARDS = 3
"""Messages of each writer that must be acknowledged after the last step."""
END_SECONDS = 30.0
"""Longest wait for each thing that must be so in the end: some elections on a busy machine."""
LEAVE_SECONDS = 20.0
"""How long a writer may take for what is under way: longer than a client's own deadline."""

Tell = Callable[[str], None]


class Play:
    """One run; `stage` runs already."""

    def __init__(
        self, scenario: Scenario, stage: Stage, meter: StallMeter, type_line: Callable[[str], str], tell: Tell
    ) -> None:
        self.names: dict[str, str] = {}
        """Whom the names in braces mean."""
        self.evidence = Evidence()
        self._scenario = scenario
        self._stage = stage
        self._meter = meter
        self._type = type_line
        self._tell = tell
        self._context = make_context()
        self._writers: list[Writer] = []
        self._readers: list[Reader] = []
        self._listeners: list[Listener] = []
        self._stored = itertools.count(1)
        self._acknowledged = 0
        self._place = 0
        """Events before it happened before the lines of the step before."""

    # What a run is made of, in order.

    def begin(self) -> None:
        """Find out who is who, and let everybody begin; raise a `ClientError`."""
        work, info = self._scenario.workload, self._stage.cluster.info()
        self.names = names_of(self._scenario.servers, self._stage.coordinator(FIRST_SECONDS))
        people = workload.NAMES[: work.writers]
        with Client(info["broker"], context=self._context) as client:
            workload.enter(client, people, work.channels)
        self._listen(work.listeners)
        where = (self._context, info["broker"], self._stage.settings)
        self._writers = [Writer(name, *where, work.channels, work.rate, self._count) for name in people]
        self._readers = [Reader(f"reader-{number + 1}", *where, work.channels) for number in range(work.readers)]
        for person in (*self._writers, *self._readers):
            person.start()
        self._place = self._stage.happenings.count()

    def do_steps(self) -> None:
        """Do the steps in order; one that waits in vain is noted, and those after it are done all the same."""
        for number, step in enumerate(self._scenario.steps, 1):
            self.do_step(number, step)

    def do_step(self, number: int, step: Step) -> None:
        """Wait for what a step names, and do its lines; when it waits in vain, that is noted instead."""
        goal = self._acknowledged + step.acknowledged
        if self._wait_for(step, number, goal) and step.do:
            self._place = self._stage.happenings.count()
            for line in step.do:
                self._do(number, line)

    def end(self) -> None:
        """Let everybody be acknowledged once more, stop them, and see what is stored."""
        self._listen(self._scenario.workload.late)
        self._see_progress()
        for person in (*self._writers, *self._readers):
            person.stop()
        for person in (*self._writers, *self._readers):
            person.join(LEAVE_SECONDS)
        self.evidence.operations = [one for writer in self._writers for one in writer.operations]
        self.evidence.pages = [page for reader in self._readers for page in reader.pages]
        self._see_applied()
        self._see_clocks()
        self._see_histories()
        self._see_heard()

    def leave(self) -> None:
        """Give everything back, whatever happened."""
        for person in (*self._writers, *self._readers):
            person.stop()
        for person in (*self._writers, *self._readers):
            person.join(0)
        for listener in self._listeners:
            listener.stop()
        self._context.term()

    def see_disks(self) -> None:
        """Read the logs on the disks; the cluster must be stopped."""
        try:
            self.evidence.logs = self._stage.logs(list(self.evidence.applied))
        except (StoreError, DiskError, OSError) as error:
            self.evidence.slow.append(_("The disks could not be read: {error}", error=error))
        self.evidence.events = self._stage.happenings.since(0)
        self.evidence.violations = list(self._stage.violations)

    # Steps.

    def _wait_for(self, step: Step, number: int, goal: int) -> bool:
        waits: list[tuple[bool, str, float, Callable[[], bool]]] = [
            (bool(step.acknowledged), self._words_acknowledged(step), LOOK_SECONDS, lambda: self._acknowledged >= goal),
            (bool(step.event), said(named(step.event, self.names)), LOOK_SECONDS, lambda: self._happened(step)),
            (step.coordinator, _("a coordinator whom a majority follows"), ASK_SECONDS, self._has_coordinator),
            (step.settled, _("every server holds everything acknowledged"), ASK_SECONDS, self._is_settled),
        ]
        if step.seconds:
            threading.Event().wait(step.seconds)
        for is_asked, what, pause, condition in waits:
            if is_asked and not self._wait(number, what, step.deadline, pause, condition):
                return False
        return True

    def _words_acknowledged(self, step: Step) -> str:
        return _("{count} more messages acknowledged", count=step.acknowledged)

    def _wait(self, number: int, what: str, seconds: float, pause: float, condition: Callable[[], bool]) -> bool:
        deadline = self._meter.deadline(seconds)
        state = self._until(condition, deadline, pause)
        if state == "open":
            self._tell(_("step {number}: {what}, after {seconds} s", number=number, what=what,
                         seconds=f"{deadline.elapsed:.1f}"))  # fmt: skip
            return True
        sentence = _("Step {number} waited {seconds} s in vain: {what}.", number=number, what=what,
                     seconds=f"{deadline.elapsed:.0f}")  # fmt: skip
        self._tell(sentence)
        self._missed(state, sentence)
        return False

    def _missed(self, state: State, sentence: str) -> None:
        (self.evidence.slow if state == "too_slow" else self.evidence.steps_missed).append(sentence)

    def _until(self, condition: Callable[[], bool], deadline: Deadline, pause: float) -> State:
        """Return `open` when the condition holds, else how the deadline ended."""
        ticking = threading.Event()
        while not condition():
            if deadline.state != "open":
                return deadline.state
            ticking.wait(pause)
        return "open"

    def _do(self, number: int, line: str) -> None:
        if "{coordinator}" in line:
            self._has_coordinator()
        line = named(line, self.names)
        try:
            self._type(line)
        except ClientError as error:
            self.evidence.steps_missed.append(
                _("Step {number} could not do {line}: {error}", number=number, line=line, error=error)
            )
        self._tell(_("step {number}: {line}", number=number, line=line))

    def _happened(self, step: Step) -> bool:
        return self._stage.happenings.find(named(step.event, self.names), self._place) is not None

    def _has_coordinator(self) -> bool:
        try:
            self.names["coordinator"] = self._stage.coordinator(ASK_SECONDS)
        except TimedOutError:
            return False
        return True

    def _is_settled(self) -> bool:
        newest = max((one.index for writer in self._writers for one in list(writer.operations)), default=0)
        return all(applied >= newest for applied in self._stage.applied().values())

    # The end.

    def _see_progress(self) -> None:
        goals = {writer: writer.stored + AFTERWARDS for writer in self._writers}
        deadline = self._meter.deadline(END_SECONDS)
        state = self._until(lambda: all(one.stored >= goal for one, goal in goals.items()), deadline, LOOK_SECONDS)
        late = [writer.name for writer, goal in goals.items() if writer.stored < goal]
        if state == "passed":
            self.evidence.without_progress = late
        elif state == "too_slow":
            self.evidence.slow.append(
                _("The machine was too slow to see who is acknowledged: {names}.", names=", ".join(late))
            )

    def _see_applied(self) -> None:
        deadline = self._meter.deadline(END_SECONDS)
        state = self._until(self._have_all_applied, deadline, ASK_SECONDS)
        if state == "too_slow":
            self.evidence.slow.append(_("The machine was too slow to see whether every server catches up."))
            newest = self.evidence.newest
            self.evidence.applied = {name: max(newest, had) for name, had in self.evidence.applied.items()}

    def _have_all_applied(self) -> bool:
        self.evidence.applied = self._stage.applied()
        return all(applied >= self.evidence.newest for applied in self.evidence.applied.values())

    def _see_clocks(self) -> None:
        within = self._scenario.expect.clocks_within
        if (
            within
            and self._until(lambda: self._are_together(within), self._meter.deadline(END_SECONDS), ASK_SECONDS)
            == "too_slow"
        ):
            self.evidence.slow.append(_("The machine was too slow to compare clocks."))

    def _are_together(self, within: float) -> bool:
        self.evidence.clocks = self._stage.clocks()
        return bool(self.evidence.clocks) and apart(self.evidence.clocks, within) is None

    def _see_histories(self) -> None:
        newest = self.evidence.newest
        addresses = self._stage.addresses()
        for name, applied in self.evidence.applied.items():
            if applied < newest:
                continue  # it has not caught up, and that is said already
            try:
                self.evidence.histories[name] = {
                    channel: self._stage.history(addresses[name], channel, newest)
                    for channel in self._scenario.workload.channels
                }
            except ClientError as error:
                self.evidence.slow.append(_("The history of {name} could not be read: {error}", name=name, error=error))

    def _see_heard(self) -> None:
        topics = self._topics()
        last = {
            topic: max((one.seq for one in self.evidence.acknowledged if one.channel == topic), default=0)
            for topic in topics
        }
        deadline = self._meter.deadline(END_SECONDS)
        for listener in self._listeners:
            state = self._until(partial(_has_heard, listener, last), deadline, LOOK_SECONDS)
            listener.stop()
            self.evidence.listened.append(listener.result(complete=state != "too_slow"))

    # Who takes part.

    def _topics(self) -> tuple[str, ...]:
        return self._scenario.workload.listened or self._scenario.workload.channels

    def _listen(self, count: int) -> None:
        info = self._stage.cluster.info()
        for _number in range(count):
            name = f"listener-{len(self._listeners) + 1}"
            listener = Listener(name, self._context, info["proxy"], info["broker"], self._topics(), self._stage.record)
            self._listeners.append(listener)
            listener.start()

    def _count(self) -> None:
        self._acknowledged = next(self._stored)


def _has_heard(listener: Listener, last: Mapping[str, int]) -> bool:
    """Whether a listener heard the last message of each topic."""
    return all(listener.last(topic) >= seq for topic, seq in last.items())
