"""What other programs read: ShiViz by its own expression, and any reader of the journal."""

import json
import re

import pytest

from coreto.journal.file import Header, read_journal
from coreto.journal.traffic import Received
from coreto.lab.picture.history import make_history, subset
from coreto.lab.picture.lines import write_lines
from coreto.lab.picture.shiviz import write_shiviz
from tests.support.journals import real

HEADER = Header(journal="coreto", version=1, program="0.1.0", command="up", started=1.0)
EVENTS = 200


@pytest.fixture(scope="module")
def history():
    """Two hundred events of a real run."""
    whole = make_history(real("kill-5.jsonl")[-EVENTS:])
    return subset(whole, range(len(whole.events)))


def parsed(log):
    """Every event of a log, found by the expression in its first line, as ShiViz does it."""
    expression, separator, rest = log.split("\n", 2)
    assert separator == ""
    pattern = re.compile(expression.replace("(?<", "(?P<"))
    found = list(pattern.finditer(rest))
    left = pattern.sub("", rest).strip()
    assert left == "", f"not understood: {left[:80]}"
    return [(match["host"], json.loads(match["clock"]), match["event"]) for match in found]


def test_shiviz_understands_every_event(history):
    events = parsed(write_shiviz(history))
    assert len(events) == EVENTS
    assert [host for host, _clock, _event in events] == [event.lane for event in history.events]
    assert all(event for _host, _clock, event in events)


def test_the_clock_of_each_host_begins_at_one_and_grows_by_one(history):
    counts: dict[str, int] = {}
    for host, clock, _event in parsed(write_shiviz(history)):
        counts[host] = counts.get(host, 0) + 1
        assert clock[host] == counts[host]


def test_no_clock_ever_goes_back_on_its_host(history):
    last: dict[str, dict[str, int]] = {}
    for host, clock, _event in parsed(write_shiviz(history)):
        assert all(clock.get(other, 0) >= count for other, count in last.get(host, {}).items())
        last[host] = clock


def test_each_arrow_respects_the_order(history):
    clocks = [clock for _host, clock, _event in parsed(write_shiviz(history))]
    assert len(history.departure) > EVENTS / 10
    for arrival, departure in history.departure.items():
        assert all(clocks[arrival].get(host, 0) >= count for host, count in clocks[departure].items())
        assert clocks[arrival] != clocks[departure]


def test_without_its_arrows_the_order_would_be_lost(history):
    cut = subset(history, [n for n, event in enumerate(history.events) if not isinstance(event, Received)])
    assert all(len(clock) == 1 for _host, clock, _event in parsed(write_shiviz(cut)))


def test_a_journal_that_is_exported_is_a_journal(history, tmp_path):
    path = tmp_path / "part.jsonl"
    path.write_text(write_lines(history, HEADER), "utf-8")
    header, events = read_journal(path)
    assert header == HEADER
    assert tuple(events) == history.events
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
    assert all(line["vector"][line["lane"]] >= 1 for line in lines)
