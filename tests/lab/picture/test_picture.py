"""What holds for every diagram: time goes down, words cover no words, and the document is well formed."""

import itertools
import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coreto.journal.event import Event
from coreto.journal.traffic import Sent
from coreto.lab.picture.choice import Wish, choose
from coreto.lab.picture.draw import draw_svg, draw_text, picture_of
from coreto.lab.picture.layout import lay_out
from coreto.lab.picture.place import place
from coreto.lab.picture.shapes import Text, meet
from coreto.lab.picture.svg import write_svg
from coreto.lab.picture.window import whole
from tests.support.journals import PICTURES, journals, real, received, sent

NAMES = ("s1", "s2", "s3", "broker")
LONG = tuple(f"a-server-with-a-very-long-name-{number}" for number in range(7))
REAL = ("kill-3.jsonl", "kill-5.jsonl")


def everything(events):
    """The wish for a diagram of all of it."""
    return Wish(window=whole(events), most=10**6)


def overlaps(sheet):
    """Pairs of texts that cover each other."""
    texts = sorted((text.box[1], text.box, text.words) for text in sheet.shapes if isinstance(text, Text))
    found = []
    for number, (_top, box, words) in enumerate(texts):
        for top, other, others in itertools.islice(texts, number + 1, None):
            if top >= box[3]:
                break
            if meet(box, other):
                found.append((words, others))
    return found


def check(picture):
    """Time goes down, and no place is used twice."""
    assert all(one.time <= other.time for one, other in itertools.pairwise(picture.rows))
    places = [(dot.lane, dot.row) for dot in picture.dots]
    assert len(set(places)) == len(places)
    for arrow in picture.arrows:
        if arrow.fate in ("arrived", "again"):
            assert arrow.source[1] < arrow.target[1]
            assert {arrow.source, arrow.target} <= set(places)
    notices = {notice.row for notice in picture.notices}
    assert not notices & {dot.row for dot in picture.dots}
    last = len(picture.rows)
    assert all(0 <= span.first <= span.last < last for span in (*picture.bands, *picture.reigns))


@settings(deadline=None, max_examples=40)
@given(st.sampled_from((NAMES, LONG)).flatmap(journals))
def test_any_journal_is_drawn_without_words_on_words(events):
    picture = lay_out(choose(events, everything(events)), "title")
    check(picture)
    assert overlaps(place(picture)) == []


@pytest.mark.parametrize("name", REAL)
def test_a_real_election_is_drawn_without_words_on_words(name):
    picture = picture_of(real(name))
    check(picture)
    sheet = place(picture)
    assert overlaps(sheet) == []
    words = Counter(text.words for text in sheet.shapes if isinstance(text, Text))
    assert Counter(arrow.label for arrow in picture.arrows) <= words


def test_rows_move_apart_where_words_on_arrows_have_no_room():
    events: list[Event] = []
    ways = (("s1", "s2"), ("s2", "s1"))
    for number in range(6):
        at, span = number / 1e4, {"first": 10**9 + number, "last": 2 * 10**9}
        events += [sent(one, other, "append", f"{one}{number}", at, **span) for one, other in ways]
        events += [received(other, one, "append", f"{one}{number}", at, **span) for one, other in ways]
    picture = lay_out(choose(events, everything(events)), "title")
    sheet = place(picture)
    words = [shape.words for shape in sheet.shapes if isinstance(shape, Text)]
    assert sum(text.startswith("append") for text in words) == len(picture.arrows) == 12
    assert overlaps(sheet) == []


@pytest.mark.parametrize("count", [10, 500])
def test_the_last_events_are_drawn(count):
    events = real("kill-5.jsonl")[-count:]
    picture = lay_out(choose(events, everything(events)), "title")
    check(picture)
    assert overlaps(place(picture)) == []


@pytest.mark.parametrize("name", REAL)
def test_every_arrow_of_a_real_run_that_arrived_is_one_of_the_journal(name):
    events = real(name)
    picture = lay_out(choose(events, Wish(window=whole(events), kinds=("election", "log"), most=10**6)), "title")
    drawn = sum(arrow.fate in ("arrived", "again") for arrow in picture.arrows)
    names = {
        event.message for event in events if isinstance(event, Sent) and event.kind in ("prepare", "promise", "call")
    }
    assert drawn > len(names) / 2


@settings(deadline=None, max_examples=15)
@given(journals())
def test_the_document_is_well_formed_and_the_same_each_time(events):
    picture = lay_out(choose(events, everything(events)), "<title> & more")
    svg = write_svg(place(picture))
    assert svg == write_svg(place(picture))
    assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_document_needs_nothing_from_elsewhere_and_knows_the_dark():
    svg = draw_svg(real("kill-3.jsonl"))
    assert re.findall(r"https?://[^\"< ]+", svg) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in svg
    assert "href" not in svg
    assert "@media screen and (prefers-color-scheme:dark)" in svg


def test_each_message_and_each_decision_is_told_to_a_pointer():
    svg = draw_svg(real("kill-3.jsonl"))
    titles = {title.text or "" for title in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")}
    assert any(title.startswith("promise · epoch 2") and "Lamport" in title for title in titles)
    assert any("suspects" in title and "connection broke" in title for title in titles)


def test_names_from_others_do_no_harm():
    name = "<b>&\x1b[31m\u202e"
    events = [sent(name, "s2", "append", "m", 1.0, clock=3, stamp=3), received("s2", name, "append", "m", 2.0, clock=4)]
    svg = draw_svg(events, everything(events))
    ElementTree.fromstring(svg)
    assert "\x1b" not in svg
    assert "<b>" not in svg


def test_a_message_that_never_arrives_is_lost_and_one_that_comes_twice_is_duplicated():
    events = [
        sent("s1", "s2", "append", "a", 1.0, first=1, last=1),
        sent("s1", "s2", "append", "b", 1.1, first=2, last=2),
        received("s2", "s1", "append", "b", 1.2, first=2, last=2),
        received("s2", "s1", "append", "b", 1.3, first=2, last=2),
    ]
    picture = lay_out(choose(events, everything(events)), "title")
    assert sorted(arrow.fate for arrow in picture.arrows) == ["again", "arrived", "lost"]


def test_a_journal_without_messages_is_drawn_all_the_same():
    events = [event for event in real("kill-3.jsonl") if not hasattr(event, "peer")]
    assert "suspects" in draw_text(events)


def test_the_pictures_of_the_page_are_what_is_drawn_now():
    from tests.support import pictures

    for drawn in pictures.PICTURES:
        assert (PICTURES / drawn.name).read_text("utf-8") == pictures.picture(drawn), "run scripts/pictures"
