"""`--journal FILE`: on the whole cluster, in threads and in processes, and on single roles."""

from pathlib import Path

import pytest

from coreto.journal.event import Event
from coreto.journal.events import Announced, Applied, FaultChanged, FirstAcknowledged, Received, RoleEnded, Sent
from coreto.journal.file import read_journal
from coreto.lab.monitor import Monitor
from tests.support.ports import free_base_port
from tests.support.program import run
from tests.support.roles import Role

ROUNDS = 20
"""Events of other processes come by themselves, not before the answers that they precede."""
SCRIPT = (
    """\
/login ana
/channel geral
/publish geral oi
/kill s3
"""
    + ROUNDS
    * """\
/publish geral again
/why coordinator
"""
)
SECONDS = 90
STARTS = 3
"""Where s3 is slow to start, another server coordinates first, and killing s3 decides nothing: it is tried again."""


@pytest.fixture(scope="module", params=["threads", "processes"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Event]]:
    """What a cluster said and wrote while its coordinator was killed."""
    many = ["--processes"] if request.param == "processes" else []
    for _start in range(STARTS):
        said, events = _told(tmp_path_factory.mktemp("journal"), many)
        first = next(event for event in events if isinstance(event, FirstAcknowledged))
        if first.lane == "s3":
            break
    return said, events


def _told(folder: Path, many: list[str]) -> tuple[str, list[Event]]:
    (folder / "script").write_text(SCRIPT, "utf-8")
    ports = ["--base-port", str(free_base_port())]
    flags = ["--ephemeral", "--lang", "en", "--journal", str(folder / "j.jsonl"), "--script", str(folder / "script")]
    finished = run("up", *ports, *flags, *many, seconds=SECONDS)
    assert finished.returncode == 0, finished.stderr
    assert "A rule is broken" not in finished.stderr
    return finished.stdout, read_journal(folder / "j.jsonl")[1]


def test_the_file_holds_what_every_role_did(story):
    _said, events = story
    assert {"reference", "broker", "s1", "s2", "s3", "cluster"} <= {event.lane for event in events}
    kinds = set(map(type, events))
    assert {Sent, Received, Applied, Announced, FirstAcknowledged, FaultChanged, RoleEnded} <= kinds


def test_both_ends_of_a_message_have_one_name(story):
    _said, events = story
    sent = {event.message: event for event in events if isinstance(event, Sent) and event.message}
    ends = [event for event in events if isinstance(event, Received) and event.message in sent]
    assert {"call", "promise", "append", "ack", "work", "answers", "announcement", "heartbeat"} <= {
        e.kind for e in ends
    }
    for end in ends:
        start = sent[end.message]
        assert end.stamp == start.stamp
        assert end.clock >= end.stamp or end.ignored
        if end.peer != "clients" and start.peer not in ("proxy", "clients"):
            assert (start.lane, start.peer) == (end.peer, end.lane)


def test_messages_between_servers_are_received_under_the_name_they_were_sent(story):
    _said, events = story
    sent = {event.message for event in events if isinstance(event, Sent)}
    servers = {"s1", "s2", "s3"}
    between = [e for e in events if isinstance(e, Received) and e.lane in servers and e.peer in servers]
    assert between
    assert not [event for event in between if event.message not in sent]


def test_time_never_goes_back_in_one_life(story):
    _said, events = story
    last: dict[str, float] = {}
    for event in events:
        life = event.id.rpartition(":")[0]
        assert event.time >= last.get(life, 0.0)
        last[life] = event.time


def test_the_prompt_tells_why(story):
    said, _events = story
    assert "somebody kills s3" in said
    assert "acknowledges the first write" in said


def test_what_was_written_breaks_no_rule(story):
    _said, events = story
    violations: list[object] = []
    monitor = Monitor(violations.append)
    for event in sorted(events, key=lambda event: event.time):
        monitor.record(event)
    assert violations == []


def test_a_single_role_writes_its_own(tmp_path: Path):
    port = free_base_port()
    file = tmp_path / "reference.jsonl"
    role = Role(
        tmp_path, "reference", "reference", "--bind", f"tcp://127.0.0.1:{port}", "--data", tmp_path / "r",
        "--journal", file,
    )  # fmt: skip
    try:
        role.wait_said("listens at")
        run("admin", "list", "--reference", f"tcp://127.0.0.1:{port}", "--lang", "en")
        assert role.end() == 0
    finally:
        role.close()
    header, events = read_journal(file)
    assert header.command == "reference"
    assert {type(event) for event in events} == {Received, Sent}


@pytest.mark.parametrize("command", [["up", "--ephemeral", "--no-repl"], ["proxy"]])
def test_a_journal_that_cannot_be_written_is_said_before_anything_starts(tmp_path, command):
    finished = run(*command, "--journal", str(tmp_path / "none" / "j.jsonl"), "--lang", "en")
    assert finished.returncode == 1
    assert "--journal" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
