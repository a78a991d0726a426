"""The course of the tour: seven chapters on one cluster, told as they happen, with the verdict of a scenario."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from coreto.client.client import Client
from coreto.client.inbox import InboxWorker, Received
from coreto.journal.file import Header, JournalFile
from coreto.lab.keepsakes import JOURNAL, keepsakes
from coreto.lab.scenarios.evidence import Evidence
from coreto.lab.scenarios.hand import Hand
from coreto.lab.scenarios.judge import apart, figures_of, judged, verdict_of
from coreto.lab.scenarios.model import ClusterPart, Expect, Scenario, Step, Text, Texts, Workload
from coreto.lab.scenarios.play import LOOK_SECONDS, Play
from coreto.lab.scenarios.run import EXPLAINED
from coreto.lab.scenarios.stage import Stage
from coreto.lab.scenarios.stalls import StallMeter
from coreto.lab.scenarios.verdicts import Report
from coreto.lab.tour import looks
from coreto.lab.tour.narrator import Narrator
from coreto.texts import N_, _

CHANNEL = "coreto"
TALK = (
    ("ana", N_("Good evening! Is the band here?")),
    ("bia", N_("It is tuning. Sit down.")),
    ("ana", N_("I am coming.")),
)
"""Who says what in the first chapter."""
TALK_SECONDS = 10.0
"""Longest wait until the subscriber has heard it: twice the time after which it asks for what it missed."""
CHAPTERS = 7
SKEW = "+5s"
WITHIN = 0.05
"""Seconds within which the clocks must be in the end."""
NAME = "tour"

SCENARIO = Scenario(
    scenario=1,
    title=Text("", ""),
    explanation=Text("", ""),
    watch=Texts((), ()),
    questions=Texts((), ()),
    # So that one can look at a wrong clock before it is corrected.
    cluster=ClusterPart(settings={"sync_pause": 3.0, "sync_idle": 3.0}),
    workload=Workload(writers=2, readers=1, listeners=1),
    steps=(
        Step(acknowledged=30, do=("/kill {first}",)),
        Step(event={"event": "first_acknowledged"}),
        Step(acknowledged=30, do=("/restart {first}",)),
        Step(settled=True),
        Step(do=(f"/skew {{second}} {SKEW}",)),
        Step(event={"event": "clock_corrected", "name": "{second}"}),
    ),
    expect=Expect(
        clocks_within=WITHIN,
        happen=(
            {"event": "role_changed", "state": "coordinator", "times": 2},
            {"event": "clock_corrected", "name": "{second}"},
        ),
    ),
)
"""What the tour goes through, and is judged by."""


class Request(msgspec.Struct, frozen=True):
    """How to give the tour; `folder` is there, and takes its files."""

    language: str
    hand: Hand
    folder: Path
    header: Header
    trouble: Callable[[str], None]


def give_tour(request: Request, narrator: Narrator) -> Report:
    """Give the tour and return the verdict; raise `OSError` when its files cannot be written."""
    began = time.monotonic()
    meter = StallMeter()
    journal = JournalFile(request.folder / JOURNAL, request.header, request.trouble)
    meter.start()
    try:
        report = _Tour(request, narrator, meter, journal).give()
    except BrokenPipeError:  # whoever listened has gone
        raise
    except EXPLAINED as error:
        trouble = _("The tour did not come to its end: {error}", error=error)
        narrator.say(trouble)
        report = Report(NAME, "unknown", "valid", 0.0, why_unknown=(trouble,))
    finally:
        meter.stop()
        journal.close()
    return msgspec.structs.replace(report, seconds=time.monotonic() - began)


class _Tour:
    """One tour."""

    def __init__(self, request: Request, narrator: Narrator, meter: StallMeter, journal: JournalFile) -> None:
        self._request = request
        self._narrator = narrator
        self._meter = meter
        self._journal = journal
        self._chapter = 0
        self._step = 0

    def give(self) -> Report:
        """Give every chapter."""
        self._open(_("A cluster in this window"))
        self._say(_(WELCOME))
        with Stage(SCENARIO.cluster, self._request.language, self._journal.record) as stage:
            self._say(_(STARTED, names=", ".join(SCENARIO.servers)))
            self._talk(stage)
            with self._request.hand.open(stage.control, stage.cluster.info()) as type_line:
                play = Play(SCENARIO, stage, self._meter, type_line, lambda line: None)
                try:
                    self._go_through(play, stage)
                finally:
                    play.leave()
            stage.stop()
            play.see_disks()
        return self._judge(play.evidence, play.names)

    # Chapters.

    def _talk(self, stage: Stage) -> None:
        self._open(_("Two people talk"))
        self._say(_(TALKING))
        heard = _conversation(stage)
        self._narrator.show(looks.messages(heard))
        self._open(_("One order for everybody"))
        self._say(_(ORDER))

    def _go_through(self, play: Play, stage: Stage) -> None:
        play.begin()
        self._open(_("The coordinator is killed"))
        self._say(_(KILLING, coordinator=play.names["first"]))
        place = stage.happenings.count()
        self._do(play, 2)
        self._narrator.show(looks.election(stage.happenings.since(place)))
        self._say(_(ELECTED))
        self._do(play, 2)
        self._say(_(BACK, name=play.names["first"]))
        self._open(_("A clock that lies"))
        self._say(_(LYING, name=play.names["second"]))
        self._do(play, 1)
        self._narrator.show(looks.clocks(stage.clocks()))
        self._do(play, 1)
        self._say(_(CORRECTED))
        self._narrator.show(looks.clocks(self._together(stage)))
        self._open(_("Nothing is lost"))
        play.end()
        self._say(_(COUNTED))
        self._narrator.show(looks.stored(play.evidence))

    def _judge(self, evidence: Evidence, names: dict[str, str]) -> Report:
        self._open(_("What is left"))
        self._journal.close()
        self._say(_(FILES))
        self._narrator.show(str(path) for path in keepsakes(self._request.folder / JOURNAL))
        rules = judged(SCENARIO, evidence, names)
        verdict = verdict_of(rules, evidence)
        why = tuple(evidence.slow) if verdict == "unknown" else ()
        figures = figures_of(evidence, self._meter.seconds)
        return Report(NAME, verdict, "valid", 0.0, rules, why, figures)

    # How.

    def _open(self, title: str) -> None:
        self._chapter += 1
        self._narrator.chapter(self._chapter, CHAPTERS, title)

    def _say(self, paragraph: str) -> None:
        self._narrator.say(paragraph)

    def _do(self, play: Play, count: int) -> None:
        for step in SCENARIO.steps[self._step : self._step + count]:
            self._step += 1
            play.do_step(self._step, step)

    def _together(self, stage: Stage) -> dict[str, tuple[float, float]]:
        """Return the clocks as they are when they are together, or when nobody waits for that any longer."""
        deadline = self._meter.deadline(TALK_SECONDS)
        read = stage.clocks()
        while apart(read, WITHIN) is not None and deadline.state == "open":
            read = stage.clocks()
        return read


def _conversation(stage: Stage) -> Sequence[Received]:
    """Have two people say what they have to say, and return what a subscriber hears of it."""
    info = stage.cluster.info()
    inbox = InboxWorker(stage.context, info["proxy"], info["broker"])
    inbox.start()
    try:
        with Client(info["broker"], context=stage.context) as client:
            for user in dict.fromkeys(user for user, _text in TALK):
                client.login(user)
            client.create_channel(CHANNEL)
            inbox.follow(CHANNEL, direct=False, after=0)
            for user, text in TALK:
                client.publish(user, CHANNEL, _(text))
        return _heard(inbox)
    finally:
        inbox.stop()
        inbox.join()


def _heard(inbox: InboxWorker) -> list[Received]:
    heard: list[Received] = []
    until = time.monotonic() + TALK_SECONDS
    ticking = threading.Event()
    while len(heard) < len(TALK) and time.monotonic() < until:
        heard += inbox.received()
        ticking.wait(LOOK_SECONDS)
    return heard


WELCOME = N_(
    "Welcome to Coreto. In two to three minutes you will see a distributed chat at work, and break it. All of it is "
    "real: the sockets, the disks, the elections. A cluster starts now on ports of its own, with data that is "
    "forgotten in the end."
)
STARTED = N_(
    "There it is: a reference that gives out ranks, a broker that takes requests, a proxy that spreads messages, and "
    "three servers, {names}, that keep everything three times. One of them coordinates: it was elected a moment ago, "
    "by promises of a majority."
)
TALKING = N_(
    "Ana and Bia talk in the channel coreto. Each message goes to the broker, from there to the coordinator, into "
    "its log, and onto the disks of a majority. Only then is it acknowledged and published. This is what a subscriber "
    "hears:"
)
ORDER = N_(
    "Look at the numbers. Seq counts the messages of a channel without a hole, so whoever misses one notices. The "
    "entry is the place in the log that all servers share. The Lamport value grows with every message that caused "
    "another: it tells what came before what, and no clock on any wall is asked."
)
KILLING = N_(
    "Now two people write as fast as they may, twenty messages a second each. In the middle of it the coordinator, "
    "{coordinator}, is killed, as in a power cut. Watch what the others do, in milliseconds since the kill:"
)
ELECTED = N_(
    "They suspected it, asked each other whether anybody still hears it, promised a new epoch to one of them, and that "
    "one stored a first entry before it answered anybody. The writers noticed a pause. What was under way was sent "
    "again under the same name, so nothing happens twice."
)
BACK = N_(
    "{name} has been started again. It copied what it missed from the others and follows the new coordinator; it may "
    "get its office back later, in good order."
)
LYING = N_(
    "Clocks now. The clock of {name} is made to jump ahead by five seconds. Nothing breaks, because no decision rests "
    "on it; but messages would show a wrong time. So far the clocks are, compared with this machine:"
)
CORRECTED = N_(
    "The coordinator compared all clocks, as Berkeley did in 1989: it allowed for half of each round trip, left the "
    "liar out of the average, and told each server its own correction. Together again:"
)
COUNTED = N_(
    "Was anything lost? We do not ask the servers whether they are well. We compare what the writers were told with "
    "what every server holds, what a subscriber heard, and what is written on the disks."
)
FILES = N_("The cluster is stopped. What happened is kept, to be looked at again:")
