"""A scenario from its start to its verdict."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from coreto.client.errors import ClientError
from coreto.journal.sink import Sink
from coreto.lab.scenarios.evidence import Evidence
from coreto.lab.scenarios.hand import Hand
from coreto.lab.scenarios.judge import figures_of, judged, verdict_of
from coreto.lab.scenarios.model import Scenario
from coreto.lab.scenarios.play import Play
from coreto.lab.scenarios.stage import Stage
from coreto.lab.scenarios.stalls import StallMeter
from coreto.lab.scenarios.verdicts import Report
from coreto.launcher.base import StartError
from coreto.launcher.folder import FolderError
from coreto.net.sockets import AddressError
from coreto.store.database import StoreError
from coreto.texts import _

EXPLAINED = (StartError, AddressError, FolderError, StoreError, ClientError, OSError)
"""Failures that keep a run from its verdict; their text is for a person."""


class Request(msgspec.Struct, frozen=True):
    """How to run it: `tell` gets a line about each step, `sink` every event."""

    name: str
    language: str
    hand: Hand
    tell: Callable[[str], None]
    sink: Sink


def run_scenario(scenario: Scenario, request: Request) -> Report:
    """Run a scenario on a cluster of its own and return the verdict; what keeps it from one makes it unknown."""
    began = time.monotonic()
    meter = StallMeter()
    meter.start()
    evidence, names, trouble = Evidence(), dict[str, str](), ""
    try:
        with Stage(scenario.cluster, request.language, request.sink) as stage:
            evidence, names = _played(scenario, stage, meter, request)
    except BrokenPipeError:  # whoever was told about the steps has gone
        raise
    except EXPLAINED as error:
        trouble = _("The run did not come to its end: {error}", error=error)
    finally:
        meter.stop()
    report = Report(request.name, "unknown", scenario.expect.verdict, time.monotonic() - began)
    if trouble:
        return msgspec.structs.replace(report, why_unknown=(trouble,))
    rules = judged(scenario, evidence, names)
    verdict = verdict_of(rules, evidence)
    why = tuple(evidence.slow) if verdict == "unknown" else ()
    figures = figures_of(evidence, meter.seconds)
    return msgspec.structs.replace(report, verdict=verdict, rules=rules, why_unknown=why, figures=figures, names=names)


def _played(scenario: Scenario, stage: Stage, meter: StallMeter, request: Request) -> tuple[Evidence, dict[str, str]]:
    with request.hand.open(stage.control, stage.cluster.info()) as type_line:
        play = Play(scenario, stage, meter, type_line, request.tell)
        try:
            play.begin()
            play.do_steps()
            play.end()
        finally:
            play.leave()
    stage.stop()
    play.see_disks()
    return play.evidence, play.names
