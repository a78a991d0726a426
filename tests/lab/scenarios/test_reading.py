"""A file is a scenario, or everything that is wrong with it is said with its line."""

import msgspec
import pytest

from coreto.lab.scenarios.reading import ScenarioError, names, parsed, read
from coreto.lab.scenarios.rules import ALWAYS, BELIEFS, MEANINGS, RULES
from tests.lab.scenarios.conftest import HAND, text_of

GOOD = text_of("coordinator-killed")


def problems(text):
    with pytest.raises(ScenarioError) as caught:
        parsed(text, "x.toml", HAND)
    return [(problem.line, problem.key, problem.what) for problem in caught.value.problems]


def line_of(text, part):
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_there_are_twelve_and_each_can_be_read():
    assert len(names()) >= 12
    for name in names():
        scenario = read(name, HAND)
        assert scenario.expect.verdict == "valid"
        assert scenario.title.pt != scenario.title.en


@pytest.mark.parametrize(
    ("old", "new", "key", "word"),
    [
        ("scenario = 1", "scenario = 2", "scenario", "format 1"),
        ("writers = 2", 'writers = "2"', "workload.writers", "whole number"),
        ("writers = 2", "writers = 0", "workload.writers", "from 1 to 8"),
        ("writers = 2", "writes = 2", "workload.writes", "writers"),
        ("writers = 2", 'channels = ["a b"]', "workload.channels[1]", "'a b'"),
        ("writers = 2", "channels = []", "workload.channels", "one channel"),
        ("writers = 2", 'listened = ["prac"]', "workload.listened[1]", "praca"),
        ('do = ["/kill {first}"]', 'do = ["/kil {first}"]', "steps[1].do[1]", "/kill"),
        ('do = ["/kill {first}"]', 'do = ["/kill s4"]', "steps[1].do[1]", "s4"),
        ('do = ["/kill {first}"]', 'do = ["/kill {frist}"]', "steps[1].do[1]", "first"),
        ('do = ["/kill {first}"]', 'do = ["/drop s1 s2 3"]', "steps[1].do[1]", "30%"),
        ('do = ["/kill {first}"]', 'do = ["/join praca"]', "steps[1].do[1]", "/join"),
        ('do = ["/kill {first}"]', 'do = "/kill {first}"', "steps[1].do", "list"),
        ('event = { event = "first_acknowledged" }', 'event = { event = "first" }', "steps[2].event.event", "first"),
        ('event = { event = "first_acknowledged" }', 'event = { name = "s1" }', "steps[2].event.event", "missing"),
        ("settled = true", "settled = 1", "steps[4].settled", "true or false"),
        ("settled = true", "deadline = 0", "steps[4].deadline", "from 1 to 300"),
        ('state = "coordinator"', 'stat = "coordinator"', "expect.happen[2].stat", "state"),
        ("times = 2", "times = 0", "expect.happen[2].times", "from 1"),
        ('around = "coordinator"', 'around = "coordinatr"', "picture.around", "coordinator"),
        ('around = "coordinator"', 'arround = "kill"', "picture.arround", "around"),
        ('around = "coordinator"', 'plots = ["clock"]', "picture.plots[1]", "clocks"),
        ('around = "coordinator"', 'kinds = ["call", "acks"]', "picture.kinds[2]", "ack"),
        ('around = "coordinator"', 'lanes = ["s1", "s4"]', "picture.lanes[2]", "s4"),
        ('around = "coordinator"', 'lanes = ["{frist}"]', "picture.lanes[1]", "first"),
        ('around = "coordinator"', 'from = { event = "kill" }', "picture.from.event", "kill"),
        ('around = "coordinator"', 'to = { event = "halted", nme = "s1" }', "picture.to.nme", "name"),
        ('around = "coordinator"', 'to = { event = "halted", name = "{frist}" }', "picture.to", "first"),
        ('around = "coordinator"', "after = -1", "picture.after", "from 0 to 300"),
        ('around = "coordinator"', "most = 0", "picture.most", "from 1 to 1000"),
    ],
)
def test_what_is_wrong_is_said_with_line_and_key(old, new, key, word):
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    [(line, told, what)] = problems(text)
    assert told == key
    assert word in what
    assert (
        line == line_of(text, new.split(" = ", 1)[0] if "\n" not in new else new) or new in text.splitlines()[line - 1]
    )


@pytest.mark.parametrize(
    ("first", "second", "key", "word"),
    [
        ('around = "kill"', 'to = { event = "halted" }', "picture.to", "story"),
        ('plots = ["log"]', 'lanes = ["s1"]', "picture.lanes", "diagrams"),
    ],
)
def test_what_a_picture_cannot_have_together_is_said_with_line_and_key(first, second, key, word):
    text = GOOD.replace('around = "coordinator"', f"{first}\n{second}")
    [(line, told, what)] = problems(text)
    assert (line, told) == (line_of(text, second), key)
    assert word in what


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_lines():
    text = (
        GOOD.replace("writers = 2", "writers = 9")
        .replace("scenario = 1", "scenario = 2")
        .replace("times = 2", "times = 0")
    )
    found = problems(text)
    assert [line for line, _key, _what in found] == sorted(line for line, _key, _what in found)
    assert len(found) == 3


def test_a_text_that_is_missing_is_named_with_its_table():
    text = GOOD.replace('en = "The coordinator is killed"\n', "")
    assert problems(text) == [(line_of(text, "[title]"), "title.en", "this is missing.")]


def test_both_languages_need_the_same_number_of_questions():
    text = GOOD + '\n[questions2]\npt = ["a"]\n'
    [(line, key, _what)] = problems(text)
    assert (line, key) == (line_of(text, "[questions2]"), "questions2")


@pytest.mark.parametrize(("text", "line"), [("[a\n", 1), ("scenario = 1\nx = \n", 2), ("", 1)])
def test_what_is_no_toml_or_empty_is_refused(text, line):
    assert problems(text)[0][0] == line


def test_settings_are_those_of_the_program():
    text = GOOD.replace("[workload]", "[cluster.settings]\nstabel = 1.0\n\n[workload]")
    assert problems(text)[0][1:] == ("cluster.settings.stabel", "there is no such setting: did you mean stable?")
    good = text.replace("stabel = 1.0", "stable = 1")
    assert parsed(good, "x.toml", HAND).cluster.settings == {"stable": 1}


@pytest.mark.parametrize(("broken", "word"), [("stored", "must always hold"), ("wall_clok", "wall_clock")])
def test_only_beliefs_may_be_expected_to_break(broken, word):
    text = f'{GOOD.partition("[[expect")[0]}\n[expect]\nbreak = ["{broken}"]\n'
    [(_line, key, what)] = problems(text)
    assert key == "expect.break[1]"
    assert word in what


@pytest.mark.parametrize("wanted", ["no-such-scenario", "./no-such.toml", "/", "/dev/zero"])
def test_what_cannot_be_read_is_said(wanted):
    with pytest.raises(ScenarioError) as caught:
        read(wanted, HAND)
    assert len(caught.value.problems) == 1


def test_every_rule_has_a_meaning():
    assert RULES.keys() <= MEANINGS.keys()
    assert not ALWAYS.keys() & BELIEFS.keys()


def test_a_scenario_is_a_value():
    assert msgspec.structs.replace(read("split-brain", HAND)) == read("split-brain", HAND)
