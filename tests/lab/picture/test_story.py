"""The diagram of a coordinator's death: one can follow it from the suspicion to the first new acknowledgement."""

from pathlib import Path

import pytest

from coreto.journal import events as ev
from coreto.lab.picture.choice import Wish
from coreto.lab.picture.draw import draw_text, picture_of
from coreto.lab.picture.window import NothingToShowError, around, latest, whole
from coreto.texts import activate
from tests.support.journals import real

GOLDEN = Path(__file__).with_name("golden")
STEPS = {
    "en": ("suspects ", "pre-vote, round", "pre-vote granted", "candidate", "promises epoch", "majority promised",
           "coordinator", "announces itself", "first new ack"),
    "pt": ("suspeita de ", "pré-voto, rodada", "pré-voto concedido", "candidato", "promete a época", "maioria prometeu",
           "coordenador", "se anuncia", "1ª nova confirmação"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def speak_english():
    """Leave the language as it was."""
    yield
    activate("en")


@pytest.mark.parametrize("name", ["kill-3.jsonl", "kill-5.jsonl"])
@pytest.mark.parametrize("language", STEPS)
def test_the_steps_stand_on_lanes_in_their_order(name, language):
    activate(language)
    picture = picture_of(real(name))
    labels = [(dot.row, " ".join(dot.label)) for dot in picture.dots if dot.label]
    rows = [min(row for row, label in labels if label.startswith(step)) for step in STEPS[language]]
    assert rows == sorted(rows)
    assert len(set(rows)) == len(rows)
    assert (
        "noop"
        in dict(labels)[rows[STEPS[language].index("majority promised" if language == "en" else "maioria prometeu")]]
    )


@pytest.mark.parametrize("name", ["kill-3.jsonl", "kill-5.jsonl"])
def test_the_messages_of_the_story_are_arrows(name):
    picture = picture_of(real(name))
    arrived = [arrow.label.split()[0] for arrow in picture.arrows if arrow.fate == "arrived"]
    for kind in ("call", "call_answer", "prepare", "promise", "append", "ack", "announcement", "answers"):
        assert kind in arrived, kind
    assert any(arrow.label.startswith("replies") for arrow in picture.arrows)
    assert any(arrow.fate == "lost" for arrow in picture.arrows)
    former = next(reign for reign in picture.reigns if reign.first == 0 and reign.standing == "coordinator")
    down = next(band for band in picture.bands if band.kind == "down")
    assert former.lane == down.lane
    assert former.last <= down.first


@pytest.mark.parametrize("language", STEPS)
def test_the_letters_are_as_they_were(language):
    activate(language)
    assert draw_text(real("kill-3.jsonl")) == (GOLDEN / f"kill-3-{language}.txt").read_text("utf-8")


def test_heartbeats_are_folded_unless_they_are_asked_for():
    events = real("kill-3.jsonl")
    labels = {arrow.label for arrow in picture_of(events).arrows}
    assert not labels & {"ready", "heartbeat", "append"}
    asked = picture_of(events, Wish(window=whole(events), kinds=("heartbeats",)))
    assert {"ready", "append"} & {arrow.label for arrow in asked.arrows}


def test_what_is_left_out_is_said():
    assert "ready" in " ".join(picture_of(real("kill-3.jsonl")).footer)


def test_lanes_and_kinds_narrow_it_down():
    events = real("kill-5.jsonl")
    picture = picture_of(events, Wish(window=around(events, "coordinator"), lanes=("s1", "s2"), kinds=("promise",)))
    assert set(picture.lanes) <= {"s1", "s2", "s5"}
    assert {arrow.label.split()[0] for arrow in picture.arrows} <= {"promise"}


def test_one_entry_is_followed_from_the_broker_to_every_server():
    events = real("kill-3.jsonl")
    index = max(event.first for event in events if isinstance(event, ev.Applied))
    picture = picture_of(events, Wish(window=whole(events), entry=index))
    labels = [" ".join(dot.label) for dot in picture.dots]
    assert sum(label.startswith("applies") for label in labels) >= 2
    assert any(arrow.label.startswith("append") for arrow in picture.arrows)


def test_a_channel_is_found_by_what_was_published_in_it():
    events = real("kill-3.jsonl")
    topics = {entry.topic for event in events if isinstance(event, ev.Applied) for entry in event.entries} - {""}
    picture = picture_of(events, Wish(window=whole(events), channel=sorted(topics)[0]))
    assert any(arrow.label.startswith("append") for arrow in picture.arrows)
    with pytest.raises(NothingToShowError):
        picture_of(events, Wish(window=whole(events), channel="no such channel"))


def test_what_the_journal_does_not_tell_of_is_refused_in_words():
    for story in ("coordinator", "kill"):
        with pytest.raises(NothingToShowError):
            around([], story)


def test_the_last_events_are_the_last_ones():
    events = real("kill-3.jsonl")
    picture = picture_of(events, Wish(window=latest(events, 10)))
    assert 0 < len(picture.dots) + len(picture.notices) <= 20
    assert "10" in picture.subtitle
