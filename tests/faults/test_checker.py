"""Each rule of the checker catches what it is for: a good history passes, one doctored in one place does not."""

import copy
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.chaos import Chaos
from tests.faults.checker import CERTAIN, RULES, check
from tests.faults.evidence import Content, Delivery, Evidence, Logged, Operation, Row, Span, State

SERVERS = ("s1", "s2", "s3")


def published(text: str, channel: str = "geral") -> Content:
    """A message of ana in a channel."""
    return Content("publish", "ana", channel, text)


def wrote(text: str, index: int, seq: int, at: float, **more: object) -> Operation:
    """An acknowledged publication, one second long."""
    return Operation("w1", published(text), at, at + 1, "ok", index, seq, 1, **more)  # type: ignore[arg-type]


def read(index: int, rows: list[Row], at: float, **more: object) -> Operation:
    """A page of the channel that shows all messages; a tenth of a second long."""
    fields = {"client": "w1", "level": "session", "limit": 20, **more}
    asked = Content("history", "", "geral", "")
    return Operation(content=asked, start=at, end=at + 0.1, code="ok", index=index, rows=tuple(rows), **fields)  # type: ignore[arg-type]


ROWS = [Row(1, 3, "a"), Row(2, 4, "b"), Row(3, 6, "c")]


@pytest.fixture
def good():
    """Three messages of one client, a copy of the second in the log, a reader, a subscriber, three servers."""
    contents = [None, Content("login", "ana", "", ""), published("a"), published("b"), published("b"), published("c")]
    log = [Logged(n, (1, "x"), 10 + n, content) for n, content in enumerate(contents, 1)]
    topics = {"geral": ("channel", 3, 1), "ana": ("user", 0, 2)}
    state = State(6, {"geral": [(1, 3), (2, 4), (3, 6)]}, topics)
    return Evidence(
        operations=[
            Operation("w1", Content("login", "ana", "", ""), 0.0, 0.5, "ok", 2, epoch=1),
            wrote("a", 3, 1, 1.0),
            wrote("b", 4, 2, 3.0),
            read(4, ROWS[:2], 4.5),
            wrote("c", 6, 3, 5.0),
            read(6, ROWS, 6.5, level="linear"),
            Operation("p1", published("refused", "nowhere"), 1.0, 2.0, "refused", plain=True),
            Operation("p1", published("never"), 3.0, 4.0, "no_quorum", plain=True),
            Operation("p1", published("lost"), 9.0, 14.0, "silence", plain=True),
        ],
        deliveries={"l1": [Delivery("geral", row.seq, row.text) for row in ROWS]},
        since={"geral": 1},
        upto={"geral": 3},
        broker_kills=[10.0],
        outages=[Span(10.0, 11.0)],
        logs={name: list(log) for name in SERVERS},
        states={name: copy.deepcopy(state) for name in SERVERS},
    )


def broken(evidence: Evidence) -> set[str]:
    """The rules that the evidence breaks."""
    return {violation.rule for violation in check(evidence)}


def relog(evidence: Evidence, index: int, /, **changes: object) -> None:
    """Doctor one entry in every log."""
    for name, log in evidence.logs.items():
        evidence.logs[name] = [
            entry if entry.index != index else Logged(**{**fields(entry), **changes})  # type: ignore[arg-type]
            for entry in log
        ]


def fields(struct: Logged | Operation) -> dict[str, object]:
    """The fields of a struct by name."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def redo(evidence: Evidence, number: int, **changes: object) -> None:
    """Doctor one operation."""
    operations = list(evidence.operations)
    operations[number] = Operation(**{**fields(operations[number]), **changes})  # type: ignore[arg-type]
    evidence.operations = operations


def test_a_good_history_passes(good):
    assert check(good) == []


def test_every_rule_has_a_test_that_breaks_it():
    source = Path(__file__).read_text("utf-8")
    assert [name for name in RULES if f'"{name}"' not in source] == []


# Logs.


def test_logs_that_differ_in_one_entry(good):
    good.logs["s2"][4] = Logged(5, (1, "x"), 15, published("other"))
    assert "logs_are_equal" in broken(good)


def test_a_log_that_is_shorter(good):
    good.logs["s3"].pop()
    assert {"logs_are_equal", "acknowledged_is_in_every_log"} <= broken(good)


@pytest.mark.parametrize("change", [{"index": 7}, {"epoch": (0, "")}, {"lamport": 13}], ids=str)
def test_entries_out_of_order(good, change):
    relog(good, 5, **change)
    assert "logs_are_in_order" in broken(good)


def test_an_acknowledged_write_that_is_gone_everywhere(good):
    for log in good.logs.values():
        log.pop()
    assert "acknowledged_is_in_every_log" in broken(good)


def test_an_acknowledged_write_that_was_replaced(good):
    relog(good, 6, content=published("other"))
    assert "acknowledged_is_in_every_log" in broken(good)


def test_two_writes_acknowledged_at_one_place(good):
    redo(good, 2, index=3)
    assert "acknowledged_is_in_every_log" in broken(good)


@pytest.mark.parametrize("code", sorted(CERTAIN))
def test_a_certain_refusal_that_is_logged(good, code):
    redo(good, 7, code=code, content=published("b"))
    assert "certainly_refused_is_in_no_log" in broken(good)


# Effects.


def test_a_copy_that_took_effect_too(good):
    for state in good.states.values():
        state.messages["geral"] = [(1, 3), (2, 4), (3, 5), (4, 6)]
    assert "effects_happen_once" in broken(good)


def test_a_message_that_rests_on_no_request(good):
    for state in good.states.values():
        state.messages["geral"][0] = (1, 1)
    assert "effects_happen_once" in broken(good)


def test_a_message_in_another_topic_than_was_asked_for(good):
    for state in good.states.values():
        state.messages["rua"] = [(1, 5)]
    assert "effects_happen_once" in broken(good)


def test_a_refused_request_with_an_effect(good):
    redo(good, 6, content=published("c"))
    assert "refused_has_no_effect" in broken(good)


def test_an_acknowledged_message_under_another_number(good):
    redo(good, 2, seq=3)
    assert "acknowledged_took_effect" in broken(good)


def test_an_acknowledged_name_that_does_not_exist(good):
    del good.states["s3"].topics["ana"]
    assert broken(good) == {"acknowledged_took_effect"}


def test_tables_that_end_before_the_judged_part(good):
    good.states["s1"] = State(2, {}, {"geral": ("channel", 0, 1), "ana": ("user", 0, 2)})
    assert "tables_reach_far_enough" in broken(good)


@pytest.mark.parametrize(
    "rows", [[(1, 3), (3, 4), (4, 6)], [(1, 4), (2, 3), (3, 6)], [(1, 3), (2, 4)]], ids=["hole", "order", "count"]
)
def test_numbers_that_do_not_count(good, rows):
    good.states["s2"].messages["geral"] = rows
    assert "messages_count_from_one" in broken(good)


def test_tables_that_differ(good):
    good.states["s2"].messages["geral"][1] = (2, 5)
    assert "states_are_equal" in broken(good)


def test_tables_may_reach_differently_far(good):
    good.states["s2"] = State(5, {"geral": [(1, 3), (2, 4)]}, {"geral": ("channel", 2, 1), "ana": ("user", 0, 2)})
    good.upto = {"geral": 2}
    assert check(good) == []


# Time.


def test_a_later_write_that_stands_before_an_earlier_one(good):
    redo(good, 2, start=7.0, end=8.0)
    assert "order_is_real_time" in broken(good)


def test_writes_at_the_same_time_may_stand_in_any_order(good):
    redo(good, 1, end=6.0)
    redo(good, 4, start=1.0)
    assert check(good) == []


def test_a_linear_read_that_is_old(good):
    redo(good, 5, index=4, rows=tuple(ROWS[:2]), client="w9")
    assert broken(good) == {"linear_reads_are_current"}


# Reads.


def test_a_read_that_goes_back(good):
    good.operations = [*good.operations, read(5, ROWS[:2], 7.0)]
    assert broken(good) == {"sessions_never_go_back"}


def test_a_read_without_the_clients_own_write(good):
    redo(good, 3, index=3, rows=tuple(ROWS[:1]))
    assert broken(good) == {"sessions_never_go_back"}


def test_a_read_below_what_was_asked_for(good):
    good.operations = [read(4, ROWS[:2], 7.0, client="w9", min_index=5)]
    assert broken(good) == {"sessions_never_go_back"}


def test_a_local_read_may_be_old(good):
    good.operations = [*good.operations, read(5, ROWS[:2], 7.0, level="local")]
    assert check(good) == []


def test_a_new_broker_forgets_plain_clients_only(good):
    good.operations = [read(6, ROWS, 9.0, plain=True), read(5, ROWS[:2], 12.0, plain=True)]
    assert check(good) == []
    good.operations = [*good.operations, read(4, ROWS[:2], 13.0, plain=True)]
    assert broken(good) == {"sessions_never_go_back"}
    good.operations = [read(6, ROWS, 9.0), read(5, ROWS[:2], 12.0)]
    assert broken(good) == {"sessions_never_go_back"}


@pytest.mark.parametrize("rows", [ROWS[:1], ROWS[1:2], ROWS, [Row(1, 3, "a"), Row(2, 4, "x")]], ids=len)
def test_a_read_that_shows_something_else(good, rows):
    redo(good, 3, rows=tuple(rows))
    assert broken(good) == {"reads_show_the_log"}


# Subscribers and answers.


@pytest.mark.parametrize(
    "shown",
    [[1, 3], [1, 2, 2, 3], [2, 1, 3], [2, 3], [1, 2], [1, 2, 3, 0]],
    ids=["hole", "twice", "order", "late", "end", "unconfirmed"],
)
def test_a_subscriber_that_heard_something_else(good, shown):
    texts = {row.seq: row.text for row in ROWS} | {0: "?"}
    good.deliveries = {"l1": [Delivery("geral", seq, texts[seq]) for seq in shown]}
    assert broken(good) == {"subscribers_hear_everything_in_order"}


def test_a_subscriber_that_was_shown_another_text(good):
    good.deliveries["l1"][1] = Delivery("geral", 2, "x")
    assert broken(good) == {"subscribers_hear_everything_in_order"}


@pytest.mark.parametrize("change", [{"end": 6.0}, {"start": 12.0, "end": 17.0, "code": "silence"}], ids=str)
def test_a_plain_client_without_an_answer(good, change):
    redo(good, 7, start=0.0, **change) if "start" not in change else redo(good, 7, **change)
    assert broken(good) == {"plain_clients_are_answered"}


@pytest.mark.parametrize(
    ("start", "end", "is_excused"),
    [(4.0, 9.0, False), (9.5, 10.5, True), (10.2, 10.4, True), (10.9, 16.0, True), (11.5, 16.6, False)],
)
def test_a_plain_client_is_excused_only_while_the_broker_was_killed(good, start, end, is_excused):
    good.outages = [Span(2.0, 3.0), Span(10.0, 11.0), Span(20.0, 21.0)]
    redo(good, 8, start=start, end=end)
    assert broken(good) == (set() if is_excused else {"plain_clients_are_answered"})


class Asked:
    """A village that is told what to do to its broker."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.addresses: dict[str, str] = {}

    def kill(self, name: str) -> None:
        self.done.append(f"kill {name}")

    def send(self, name: str, number: int) -> None:
        self.done.append(signal.Signals(number).name)

    def start(self, name: str) -> None:
        self.done.append(f"start {name}")

    def listens(self, name: str) -> bool:
        return True


def test_a_stopped_broker_is_no_excuse_and_a_killed_one_is():
    village = Asked()
    chaos = Chaos(village, 1)  # type: ignore[arg-type]
    chaos._stop_broker()
    chaos._bring_back(float("inf"))
    assert (village.done, chaos.outages) == (["SIGSTOP", "SIGCONT"], [])
    chaos._stop_broker()
    assert village.done == ["SIGSTOP", "SIGCONT"], "not again so soon"
    chaos._kill_broker()
    chaos._bring_back(float("inf"))
    assert village.done[2:] == ["kill broker", "start broker"]
    (outage,) = chaos.outages
    assert outage.start < outage.end
    assert chaos.held_too_long == 0


def test_judging_takes_time_in_proportion_to_the_history():
    """Counted in lines that are executed, which no busy machine changes."""
    assert steps(800) <= 4.5 * steps(200)


def steps(count: int) -> int:
    """How many lines the checker executes for a history of this length, in which all is well."""
    texts = [f"t{n}" for n in range(count)]
    log = [Logged(n, (1, "x"), n, published(text)) for n, text in enumerate(texts, 1)]
    rows = [(n, n) for n in range(1, count + 1)]
    state = State(count, {"geral": rows}, {"geral": ("channel", count, 1)})
    evidence = Evidence(
        operations=[wrote(text, n, n, float(2 * n)) for n, text in enumerate(texts, 1)],
        deliveries={"l1": [Delivery("geral", n, text) for n, text in enumerate(texts, 1)]},
        since={"geral": 1},
        upto={"geral": count},
        broker_kills=[float(n) for n in range(count)],
        outages=[Span(float(n), n + 0.5) for n in range(count)],
        logs=dict.fromkeys(SERVERS, log),
        states=dict.fromkeys(SERVERS, state),
    )
    evidence.operations = [*evidence.operations, *(lost(n) for n in range(count))]
    executed = 0

    def trace(frame: object, event: str, argument: object) -> Any:
        nonlocal executed
        executed += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = check(evidence)
    finally:
        sys.settrace(before)
    assert found == []
    return executed


def lost(number: int) -> Operation:
    """A plain client's request while the broker was killed."""
    return Operation("p1", published(f"lost {number}"), number + 0.1, number + 5.2, "silence", plain=True)
