"""What is drawn at the prompt, and into which file."""

import pytest

from coreto.journal.traffic import Traffic
from coreto.launcher.requests import EVENTS_TOLD_MAX, Events
from coreto.prompt.data import data_of
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.execute import execute
from coreto.prompt.render import render
from coreto.prompt.results import Done, Drawing
from tests.support.journals import real


@pytest.fixture
def killed(control):
    """A cluster whose coordinator was killed."""
    control.happened = real("kill-3.jsonl")
    return control


def test_the_last_election_is_drawn_with_its_messages(session, killed):
    result = execute(session, "/diagram coordinator")
    assert isinstance(result, Drawing)
    drawn = "\n".join(render(result))
    for words in ("suspects s3", "promise", "noop", "announcement", "acknowledges the first write", "●"):
        assert words in drawn
    assert data_of(result)["drawing"][0].split()[:3] == ["s1", "s2", "s3"]


def test_a_narrow_window_folds_the_words_beside_the_lanes(session, killed):
    lines = render(execute(session, "/diagram coordinator"), 110)
    assert max(map(len, lines)) <= 110
    assert len(lines) > len(render(execute(session, "/diagram coordinator")))


def test_the_messages_of_a_story_are_asked_for_in_its_window(session, killed):
    execute(session, "/diagram kill")
    first, second, *_more = killed.asked
    assert isinstance(first, Events)
    assert not first.traffic
    assert second.traffic
    assert 0 < second.since < second.until < float("inf")


def test_more_than_one_answer_is_put_together(session, killed, monkeypatch):
    whole = execute(session, "/diagram coordinator")
    monkeypatch.setattr("coreto.prompt.handlers_pictures.EVENTS_TOLD_MAX", 40)
    events = killed.events
    killed.events = lambda *arguments, **wanted: events(*arguments, **wanted)[-40 if wanted.get("traffic") else 0 :]
    assert execute(session, "/diagram coordinator") == whole


@pytest.mark.parametrize("line", ["/diagram {}", "/diagram coordinator {}", "/diagram 20 {}"])
def test_a_file_gets_the_picture_and_is_never_overwritten(session, killed, tmp_path, line):
    file = tmp_path / "election.svg"
    result = execute(session, line.format(file))
    assert isinstance(result, Done)
    assert file.read_text("utf-8").startswith("<svg")
    with pytest.raises(ChatError, match="exists already"):
        execute(session, line.format(file))


@pytest.mark.parametrize("line", ["/diagram me", "/diagram 0", f"/diagram {EVENTS_TOLD_MAX + 1}", "/diagram 20 a.png"])
def test_what_cannot_be_drawn_is_told_what_can(session, killed, line):
    with pytest.raises(UsageError):
        execute(session, line)


def test_a_folder_that_there_is_not_is_an_answer(session, killed, tmp_path):
    with pytest.raises(ChatError, match="cannot be written"):
        execute(session, f"/diagram 20 {tmp_path / 'none' / 'a.svg'}")


def test_a_story_that_there_is_not_is_an_answer(session, control):
    control.happened = [event for event in real("kill-3.jsonl") if isinstance(event, Traffic)]
    for story in ("coordinator", "kill"):
        with pytest.raises(ChatError, match="tells of no"):
            execute(session, f"/diagram {story}")


def test_out_of_reach_of_the_cluster_the_answer_says_what_it_needs(session):
    session.control = None
    with pytest.raises(ChatError, match="out of reach"):
        execute(session, "/diagram")
