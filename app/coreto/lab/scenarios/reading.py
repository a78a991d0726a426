"""A scenario from a TOML file: either a `Scenario`, or everything that is wrong with the file, line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from coreto.lab.picture.kinds import SORTS
from coreto.lab.picture.panels import PANELS
from coreto.lab.picture.window import AROUND
from coreto.lab.scenarios import model, patterns
from coreto.lab.scenarios.hand import NAMES, Hand, named, names_of, unknown_names
from coreto.lab.scenarios.listening import BARE
from coreto.lab.scenarios.model import FORMAT, Scenario
from coreto.lab.scenarios.places import Key, line_of, written
from coreto.lab.scenarios.rules import ALWAYS, RULES
from coreto.lab.scenarios.shape import Difference, differences, near
from coreto.machines.settings import Settings
from coreto.texts import _
from coreto.wire.names import clean_channel
from coreto.wire.refusal import RefusalError

FILE_BYTES_MAX = 100_000
"""A longer file is no scenario."""
SUFFIX = ".toml"
ROLES = ("reference", "proxy", "broker", "view-text")
"""Beside the servers."""
DIAGRAM_ONLY = ("lanes", "kinds", "channel", "most")
"""Keys of a picture that plots have no use for."""
_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and where."""

    line: int
    key: str
    """As it is written, `steps[2].do`; empty for the file as a whole."""
    what: str

    def said(self, file: object) -> str:
        """Return it as one line for a person."""
        return f"{file}:{self.line}: {self.key}: {self.what}" if self.key else f"{file}:{self.line}: {self.what}"


class ScenarioError(Exception):
    """A file is no scenario; `problems` has at least one."""

    def __init__(self, file: object, problems: list[Problem]) -> None:
        super().__init__("\n".join(problem.said(file) for problem in problems))
        self.problems = problems


def names() -> list[str]:
    """Return the names of the scenarios that come with the program, in their order."""
    return sorted(entry.name.removesuffix(SUFFIX) for entry in _folder().iterdir() if entry.name.endswith(SUFFIX))


def read(wanted: str, hand: Hand) -> Scenario:
    """Return the scenario of this name, or in this file; raise `ScenarioError`."""
    return parsed(_text(wanted), wanted, hand)


def parsed(text: str, file: object, hand: Hand) -> Scenario:
    """Return the scenario that a text is; raise `ScenarioError`."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(file, [_broken(text, error)]) from None
    wrong = list(differences(found, Scenario))
    if not wrong:
        scenario = msgspec.convert(found, Scenario, strict=False)
        wrong = list(_mistakes(scenario, hand))
        if not wrong:
            return scenario
    problems = [Problem(line_of(text, key), written(key), _sentence(what)) for key, what in wrong]
    raise ScenarioError(file, sorted(problems, key=lambda problem: problem.line))


def _sentence(what: str) -> str:
    return what if what.endswith(("?", ".")) else f"{what}."


def _text(wanted: str) -> str:
    """Return the text of a scenario; a word without dot or slash is the name of one that is built in."""
    is_file = wanted.endswith(SUFFIX) or Path(wanted).name != wanted
    source: Path | Traversable = Path(wanted) if is_file else _folder() / f"{wanted}{SUFFIX}"
    try:
        with source.open("rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        if not is_file:
            what = _("There is no scenario {name}: {near}", name=wanted, near=near(wanted, names()))
        else:
            what = _("The file cannot be read: {reason}.", reason=error.strerror or error)
        raise ScenarioError(wanted, [Problem(1, "", what)]) from None
    if len(raw) > FILE_BYTES_MAX:
        what = _("The file has more than {limit} bytes, and is no scenario.", limit=FILE_BYTES_MAX)
        raise ScenarioError(wanted, [Problem(1, "", what)])
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ScenarioError(wanted, [Problem(line, "", _("The file is not written in UTF-8."))]) from None


def _folder() -> Traversable:
    return resources.files("coreto.lab.scenarios") / "builtin"


def _broken(text: str, error: tomllib.TOMLDecodeError) -> Problem:
    found = _LINE.search(str(error))
    line = int(found[1]) if found and found[1] else len(text.splitlines()) or 1
    return Problem(line, "", _("This is not TOML: {reason}.", reason=_LINE.sub("", str(error)).strip()))


# What has the right shape, and makes no sense.


def _mistakes(scenario: Scenario, hand: Hand) -> Iterator[Difference]:
    if scenario.scenario != FORMAT:
        yield ("scenario",), _("this program reads format {known}", known=FORMAT)
    yield from _numbers(scenario)
    yield from _settings(scenario)
    yield from _channels(scenario)
    yield from _texts(scenario)
    yield from _steps(scenario, hand)
    yield from _expected(scenario)
    yield from _picture(scenario)


def _numbers(scenario: Scenario) -> Iterator[Difference]:
    cluster, work = scenario.cluster, scenario.workload
    limits: list[tuple[Key, float, float, float]] = [
        (("cluster", "servers"), cluster.servers, 1, model.SERVERS_MAX),
        (("workload", "writers"), work.writers, 1, model.WRITERS_MAX),
        (("workload", "readers"), work.readers, 0, model.READERS_MAX),
        (("workload", "listeners"), work.listeners, 0, model.LISTENERS_MAX),
        (("workload", "late"), work.late, 0, model.LISTENERS_MAX),
        (("workload", "rate"), work.rate, 1, model.RATE_MAX),
        (("steps",), len(scenario.steps), 0, model.STEPS_MAX),
        (("picture", "before"), scenario.picture.before, 0, model.DEADLINE_MAX),
        (("picture", "after"), scenario.picture.after, 0, model.DEADLINE_MAX),
        (("picture", "most"), scenario.picture.most, 1, model.DRAWN_MAX),
        (("expect", "clocks_within"), scenario.expect.clocks_within, 0, model.DEADLINE_MAX),
    ]
    for number, step in enumerate(scenario.steps):
        limits.append((("steps", number, "seconds"), step.seconds, 0, model.DEADLINE_MAX))
        limits.append((("steps", number, "deadline"), step.deadline, 1, model.DEADLINE_MAX))
        limits.append((("steps", number, "acknowledged"), step.acknowledged, 0, float(10**6)))
    for key, value, low, high in limits:
        if not low <= value <= high:
            yield key, _("{value} is not from {low} to {high}", value=f"{value:g}", low=f"{low:g}", high=f"{high:g}")


def _settings(scenario: Scenario) -> Iterator[Difference]:
    if scenario.cluster.processes and scenario.cluster.settings:
        yield ("cluster", "settings"), _("roles that are processes have the usual settings")
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    for name, value in scenario.cluster.settings.items():
        key = ("cluster", "settings", name)
        if name not in known:
            yield key, _("there is no such setting: {near}", near=near(name, list(known)))
        elif type(known[name].default) not in (int, float, bool):
            yield key, _("this setting cannot be changed here")
        else:
            yield from differences(value, type(known[name].default), key)


def _channels(scenario: Scenario) -> Iterator[Difference]:
    work = scenario.workload
    for number, channel in enumerate(work.channels):
        try:
            fits = clean_channel(channel) == channel
        except RefusalError:
            fits = False
        if not fits:
            yield ("workload", "channels", number), _("'{channel}' is no name of a channel", channel=channel)
    if not work.channels:
        yield ("workload", "channels"), _("there should be one channel at least")
    for number, channel in enumerate(work.listened):
        if channel not in work.channels:
            what = _("nobody writes in {channel}: {near}", channel=channel, near=near(channel, work.channels))
            yield ("workload", "listened", number), what


def _texts(scenario: Scenario) -> Iterator[Difference]:
    for name, texts in (("watch", scenario.watch), ("questions", scenario.questions)):
        if not texts.en or len(texts.pt) != len(texts.en):
            yield (name,), _("both languages need the same number of texts, one at least")


def _steps(scenario: Scenario, hand: Hand) -> Iterator[Difference]:
    known = names_of(scenario.servers, scenario.servers[-1])
    roles = (*ROLES, *scenario.servers)
    for number, step in enumerate(scenario.steps):
        if step.event:
            yield from patterns.mistakes(step.event, ("steps", number, "event"), counted=False)
            yield from _braces(step.event.values(), ("steps", number, "event"))
        for place, line in enumerate(step.do):
            key: Key = ("steps", number, "do", place)
            yield from _braces([line], key)
            if not unknown_names(line) and (what := hand.check(named(line, known), roles)):
                yield key, what


def _braces(values: Iterable[Any], key: Key) -> Iterator[Difference]:
    for value in values:
        for name in unknown_names(value) if isinstance(value, str) else ():
            yield key, _("nobody is called {name}: {near}", name=f"{{{name}}}", near=near(name, NAMES))


def _expected(scenario: Scenario) -> Iterator[Difference]:
    expect = scenario.expect
    for key, rules in (("hold", expect.hold), ("break", expect.broken)):
        for number, rule in enumerate(rules):
            if rule not in RULES:
                yield (
                    ("expect", key, number),
                    _("there is no rule {rule}: {near}", rule=rule, near=near(rule, list(RULES))),
                )
            elif key == "break" and rule in ALWAYS:
                yield ("expect", key, number), _("{rule} must always hold", rule=rule)
    for key, wanted in (("happen", expect.happen), ("never", expect.never)):
        for number, pattern in enumerate(wanted):
            yield from patterns.mistakes(pattern, ("expect", key, number), counted=key == "happen")
            yield from _braces(pattern.values(), ("expect", key, number))


def _picture(scenario: Scenario) -> Iterator[Difference]:
    part = scenario.picture
    kinds = [*SORTS, *(kind for sort in SORTS.values() for kind in sort)]
    lanes = [*ROLES, "clients", *scenario.servers, *_listeners(scenario), *(f"{{{name}}}" for name in NAMES)]
    for key, words, known in (
        ("plots", part.plots, PANELS),
        ("kinds", part.kinds, kinds),
        ("lanes", part.lanes, lanes),
    ):
        for number, word in enumerate(words):
            if word not in known:
                yield ("picture", key, number), _("there is no {word}: {near}", word=word, near=near(word, known))
    if part.around and part.around not in AROUND:
        yield ("picture", "around"), _("there is no {word}: {near}", word=part.around, near=near(part.around, AROUND))
    for key, pattern in (("from", part.begin), ("to", part.end)):
        if pattern and part.around:
            yield ("picture", key), _("what is drawn around a story begins and ends with it")
        elif pattern:
            yield from patterns.mistakes(pattern, ("picture", key), counted=False)
            yield from _braces(pattern.values(), ("picture", key))
    for key in DIAGRAM_ONLY if part.plots else ():
        if getattr(part, key) != getattr(model.PicturePart(), key):
            yield ("picture", key), _("this is for diagrams, and here plots are drawn")


def _listeners(scenario: Scenario) -> Iterator[str]:
    for number in range(scenario.workload.listeners + scenario.workload.late):
        yield from (f"listener-{number + 1}", f"listener-{number + 1}{BARE}")
