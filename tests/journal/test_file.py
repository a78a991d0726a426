"""The journal as a file: what is written comes back, and what is no journal is refused with line and reason."""

import re
from pathlib import Path

import msgspec
import pytest

from coreto.journal.event import Event
from coreto.journal.events import Applied, BrokerOpened, JournalFull, Sent
from coreto.journal.file import VERSION, Header, JournalError, JournalFile, fan_out, read_journal

HEADER = Header(journal="coreto", version=VERSION, program="1.0", command="up", started=12.5)
DECISION = BrokerOpened(role="broker", start=2, time=1.0)
MESSAGE = Sent(role="server", peer="s2", kind="append", time=2.0)

FULL = Path("/dev/full")


def written(path, *events, **options):
    said: list[str] = []
    file = JournalFile(path, HEADER, said.append, **options)
    for event in events:
        file.record(event)
    file.close()
    return said


def spoiled(path, place, line):
    """A journal of two events with one line exchanged."""
    written(path, DECISION, MESSAGE)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[place] = line
    path.write_bytes(b"".join(lines))
    return path


def test_what_is_written_comes_back(tmp_path):
    path = tmp_path / "j.jsonl"
    assert written(path, DECISION, MESSAGE) == []
    assert read_journal(path) == (HEADER, [DECISION, MESSAGE])


def test_a_decision_is_in_the_file_at_once(tmp_path):
    file = JournalFile(tmp_path / "j.jsonl", HEADER, print)
    file.record(MESSAGE)
    file.record(DECISION)
    assert read_journal(tmp_path / "j.jsonl")[1] == [MESSAGE, DECISION]
    file.close()


def test_a_file_that_is_full_ends_with_that_and_grows_no_more(tmp_path):
    path = tmp_path / "j.jsonl"
    written(path, *[DECISION] * 50, most=500)
    events = read_journal(path)[1]
    assert isinstance(events[-1], JournalFull)
    assert path.stat().st_size < 1000


def test_after_closing_nothing_is_written(tmp_path):
    file = JournalFile(tmp_path / "j.jsonl", HEADER, print)
    file.close()
    file.record(DECISION)
    assert read_journal(tmp_path / "j.jsonl")[1] == []


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_disk_that_fails_is_told_once_and_fails_nobody():
    said = written(FULL, DECISION, DECISION)
    assert len(said) == 1
    assert str(FULL) in said[0]


@pytest.mark.parametrize(
    ("place", "line", "number", "reason"),
    [
        (0, b"\n", 1, "header"),
        (0, b'{"journal":"other","version":1,"program":"x","command":"up","started":1}\n', 1, "Coreto"),
        (0, msgspec.json.encode(msgspec.structs.replace(HEADER, version=VERSION + 1)) + b"\n", 1, "version"),
        (1, b"nonsense\n", 2, "malformed"),
        (1, b'{"event":"no_such_event","role":"x"}\n', 2, "no_such_event"),
        (1, b'{"event":"broker_opened","role":"broker"}\n', 2, "start"),
        (1, b'{"event":"broker_opened","role":"broker","start":"two"}\n', 2, "start"),
        (2, b'{"event":"sent","role":"ser', 3, "cut off"),
        (1, b'{"event":"\xff\xfe"}\n', 2, ""),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_reason(tmp_path, place, line, number, reason):
    path = spoiled(tmp_path / "j.jsonl", place, line)
    with pytest.raises(JournalError, match=f"^Line {number} of {re.escape(str(path))}: .*{reason}") as caught:
        read_journal(path)
    assert len(caught.value.events) == max(0, number - 2)


def test_an_empty_file_and_no_file_are_refused(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(JournalError, match="empty"):
        read_journal(tmp_path / "empty")
    with pytest.raises(JournalError, match="No such file"):
        read_journal(tmp_path / "none")


def test_an_older_journal_without_topics_is_read(tmp_path):
    path = tmp_path / "j.jsonl"
    line = (
        b'{"event":"applied","role":"server","name":"s1","first":7,"entries":[[1,2,"noop"],[3,4,"publish","geral"]]}\n'
    )
    path.write_bytes(msgspec.json.encode(HEADER) + b"\n" + line)
    (applied,) = read_journal(path)[1]
    assert isinstance(applied, Applied)
    assert [entry.topic for entry in applied.entries] == ["", "geral"]


def test_every_sink_gets_every_event():
    one: list[Event] = []
    other: list[Event] = []
    fan_out(one.append, other.append)(DECISION)
    assert one == other == [DECISION]
