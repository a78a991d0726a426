"""Every rule holds on sound evidence, fires on evidence that is broken in one place, and names the message."""

from copy import deepcopy

import msgspec
import pytest

from coreto.client.inbox import Received
from coreto.journal.events import Violated
from coreto.lab.scenarios.evidence import Evidence, Listened, Logged, Operation, Page
from coreto.lab.scenarios.judge import apart, judged, verdict_of
from coreto.lab.scenarios.rules import ALWAYS, BELIEFS
from coreto.wire.publication import Publication
from tests.lab.scenarios.conftest import built_in

COUNT = 5
ID = "k:3"
"""The message that is tampered with: the third."""


def row(number, **changes):
    made = Publication(
        "praca", False, "ana", f"ana {number}", number, 10 + number, f"k:{number}", 100.0 + number, 20 + number
    )
    return msgspec.structs.replace(made, **changes)


def operation(number, **changes):
    made = Operation("ana", "praca", f"ana {number}", number, number + 0.5, "ok", number, 10 + number, f"k:{number}")
    return msgspec.structs.replace(made, **changes)


def shown(number):
    return Received("praca", False, "ana", f"ana {number}", number, 10 + number, 100.0, 20, True)


def logged(number, **changes):
    made = Logged(10 + number, (1, "a"), 20 + number, ("publish", "ana", "praca", f"ana {number}"))
    return msgspec.structs.replace(made, **changes)


def sound():
    numbers = range(1, COUNT + 1)
    rows = [row(number) for number in numbers]
    listened = Listened("listener-1", ("praca",), tuple(map(shown, numbers)), tuple(rows), True)
    return Evidence(
        operations=[operation(number) for number in numbers],
        pages=[Page("reader-1", "praca", 0, 12, tuple(rows[:2])), Page("reader-1", "praca", 0, 15, tuple(rows))],
        listened=[listened],
        histories={"s1": {"praca": list(rows)}, "s2": {"praca": list(rows)}},
        logs={"s1": [logged(number) for number in numbers], "s2": [logged(number) for number in numbers]},
        applied={"s1": 15, "s2": 15},
    )


def in_histories(change):
    def tamper(evidence):
        for histories in evidence.histories.values():
            change(histories["praca"])

    return tamper


def lose(rows):
    del rows[2]


def twice(rows):
    rows.append(row(6, message="ana 3", id=ID))


def listening(**changes):
    def tamper(evidence):
        evidence.listened = [msgspec.structs.replace(evidence.listened[0], **changes)]

    return tamper


TAMPERED = {
    "stored": (in_histories(lose), ID),
    "once": (in_histories(twice), ID),
    "refused": (lambda e: e.operations.__setitem__(2, operation(3, code="no_quorum")), ID),
    "numbered": (in_histories(lambda rows: rows.__setitem__(2, row(3, seq=7))), ID),
    "stamped": (in_histories(lambda rows: rows.__setitem__(2, row(3, clock=1))), ID),
    "same": (lambda e: e.histories["s2"]["praca"].__setitem__(2, row(3, message="else")), ID),
    "logs": (lambda e: e.logs["s2"].__setitem__(2, logged(3, lamport=9)), "entry 13"),
    "real_time": (lambda e: e.operations.__setitem__(2, operation(3, start=9.0, end=9.5)), ID),
    "read": (lambda e: e.pages.append(Page("reader-1", "praca", 0, 15, (row(3, message="else"),))), ID),
    "heard": (listening(shown=(shown(1), shown(2), shown(4))), "k:4"),
    "caught_up": (lambda e: e.applied.__setitem__("s2", 12), ID),
    "progress": (lambda e: e.without_progress.append("ana"), "k:5"),
    "monitored": (
        lambda e: e.violations.append(
            Violated(role="monitor", rule="epoch", message=ID, names=("s1", "s2"), values=(1,))
        ),
        ID,
    ),
    "wall_clock": (in_histories(lambda rows: rows.__setitem__(2, row(3, time=1.0))), ID),
    "bare_whole": (listening(bare=(row(1), row(2), row(4), row(5))), ID),
    "bare_exact": (listening(bare=(row(3, topic="pracas"),)), ID),
}


@pytest.mark.parametrize("rule", [*ALWAYS, *BELIEFS])
def test_a_rule_holds_where_all_is_well(rule):
    assert list((ALWAYS | BELIEFS)[rule](sound())) == []


@pytest.mark.parametrize("rule", [*ALWAYS, *BELIEFS])
def test_a_rule_fires_and_names_the_message(rule):
    tamper, name = TAMPERED[rule]
    evidence = deepcopy(sound())
    tamper(evidence)
    found = list((ALWAYS | BELIEFS)[rule](evidence))
    assert found, "it did not fire"
    assert found[0].message == name
    assert found[0].what.endswith(".")


def test_a_reader_that_is_shown_less_than_before_is_noticed():
    evidence = sound()
    evidence.pages.append(Page("reader-1", "praca", 0, 11, (row(1),)))
    assert [finding.message for finding in ALWAYS["read"](evidence)] == ["entry 11"]


def test_a_listener_that_had_no_time_is_not_judged_by_what_is_missing():
    evidence = sound()
    listening(shown=(shown(1),), complete=False)(evidence)
    assert list(ALWAYS["heard"](evidence)) == []


def test_a_log_that_a_killed_server_left_short_is_compared_as_far_as_it_reaches():
    evidence = sound()
    del evidence.logs["s2"][3:]
    assert list(ALWAYS["logs"](evidence)) == []


# Verdicts.


def verdict(scenario, evidence):
    return verdict_of(judged(scenario, evidence, {"first": "s3"}), evidence)


def without_happenings(name):
    scenario = built_in(name)
    return msgspec.structs.replace(scenario, expect=msgspec.structs.replace(scenario.expect, happen=()))


def test_the_verdict_is_valid_when_every_rule_is_as_wanted():
    assert verdict(without_happenings("coordinator-killed"), sound()) == "valid"


def test_what_should_be_seen_broken_and_was_not_is_invalid():
    scenario = built_in("slow-joiner")
    assert verdict(scenario, sound()) == "invalid"
    evidence = sound()
    listening(bare=(row(5),))(evidence)
    assert verdict(scenario, evidence) == "valid"


def test_what_should_have_happened_and_did_not_is_invalid():
    assert verdict(built_in("coordinator-killed"), sound()) == "invalid"


def test_what_could_not_be_judged_is_unknown_unless_something_is_broken():
    evidence = sound()
    evidence.slow = ["too slow"]
    scenario = without_happenings("coordinator-killed")
    assert verdict(scenario, evidence) == "unknown"
    in_histories(lose)(evidence)
    assert verdict(scenario, evidence) == "invalid"


def test_what_came_too_late_on_a_slow_machine_is_unknown():
    evidence = sound()
    evidence.steps_missed = ["step 1 waited in vain"]
    scenario = without_happenings("coordinator-killed")
    assert verdict(scenario, evidence) == "invalid"
    evidence.slow = ["too slow"]
    assert verdict(scenario, evidence) == "unknown"


def test_clocks_are_compared_with_what_is_known_of_them():
    assert apart({"s1": (0.0, 0.01), "s2": (0.05, 0.01)}, 0.03) is None
    assert apart({"s1": (0.0, 0.01), "s2": (0.06, 0.01)}, 0.03) == ("s2", "s1", 0.06)
