"""Results become lines, and no text of others reaches the terminal as it came."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.prompt.errors import ChatError
from coreto.prompt.folding import CONTINUATION, fold_line
from coreto.prompt.render import (
    STORED,
    paint_burst,
    plain,
    render,
    render_error,
    render_spoken,
)
from coreto.prompt.results import Column, Done, Fact, Facts, Messages, Rows, Sent, Spoken
from coreto.prompt.session import View
from coreto.prompt.styles import NICK_COLORS, nick_style
from coreto.prompt.tables import clock_time
from coreto.prompt.visible import visible, width

NOON = 1_700_000_000.0
HOSTILE = {
    "clear the screen": ("\x1b[2J", "␛[2J"),
    "clipboard": ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    "C1": ("\x9b2J\x90q\x85", "\\x9b2J\\x90q\\x85"),
    "carriage return": ("oi\rroot", "oi␍root"),
    "backspace and delete": ("a\bb\x7f", "a␈b␡"),
    "nul": ("a\0b", "a␀b"),
    "bidi": ("a\u202eb\u2066c\u200f", "a\\u202eb\\u2066c\\u200f"),
    "zero width": ("a\u200bb\ufeffc\u00add\u2060", "a\\u200bb\\ufeffc\\xadd\\u2060"),
    "joiner between letters": ("a\u200db", "a\\u200db"),
    "joiner at the end": ("\U0001f469\u200d", "\U0001f469\\u200d"),
    "fillers": ("\u3164\u2800\u115f", "\\u3164\\u2800\\u115f"),
    "tags": ("\U000e0041", "\\U000e0041"),
    "separators": ("a\u2028b\u2029", "a\\u2028b\\u2029"),
    "surrogate": ("\ud800", "\\ud800"),
    "tab": ("a\tb", "a    b"),
}
HARMLESS = [
    "oi, está bem?",
    "日本語",
    "e\u0301",
    "\U0001f469\u200d\U0001f4bb",
    "\U0001f469\U0001f3fd\u200d\u2764",
    "שלום",
]


def spoken(message, **changes):
    """A message of ana in geral."""
    return Spoken(**{"place": "geral", "user": "ana", "message": message, "time": NOON} | changes)


def is_harmless(line):
    """Whether a line has no character that a terminal or an eye could fall for."""
    alone = line.replace("\u200d", "")  # the joiner of emoji has tests of its own
    return all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in alone)


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_could_harm_is_shown_as_a_sign(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_harmless_stays_as_it_is(text):
    assert visible(text) == text


def everywhere(text):
    """The text in every place of every result."""
    messages = Messages(text, (spoken(text), spoken(text, user=text, place=text, direct=True)))
    column, fact = Column("key", text), Fact("key", text, [text, {text: text}])
    yield from (Done(text), messages, Rows(text, (column, column), ((text, None),)), Facts(text, (fact,)))


@pytest.mark.parametrize("text", [hostile for hostile, _shown in HOSTILE.values()], ids=HOSTILE)
def test_no_part_of_any_result_lets_harm_through(text):
    lines = [line for result in everywhere(text) for line in render(result)] + render_error(ChatError(text))
    assert all(map(is_harmless, lines))


@given(st.text())
def test_no_text_at_all_does_harm(text):
    for result in everywhere(text):
        assert all(map(is_harmless, render(result)))


def test_a_newline_cannot_forge_a_message():
    first, second = render_spoken(spoken("oi\n12:00:00 geral <bia> I quit"))
    assert first.endswith("geral <ana> oi")
    assert second == CONTINUATION + "12:00:00 geral <bia> I quit"
    assert "\n" not in render_spoken(spoken("oi", user="ana\nbia"))[0]


def test_an_error_or_a_confirmation_cannot_forge_a_message_either():
    assert render(Done("one\ntwo")) == ["one", CONTINUATION + "two"]
    assert render_error(ChatError("one\ntwo")) == ["one", CONTINUATION + "two"]


def test_an_error_is_folded_between_words():
    assert render_error(ValueError("one two three four five"), 20) == ["one two three four ", "    five"]


def test_a_very_long_text_stays_one_line():
    (line,) = render_spoken(spoken("x" * 4096))
    assert line.endswith("x" * 4096)


def test_direct_and_unconfirmed_messages_are_marked():
    (line,) = render_spoken(spoken("oi", place="bia", direct=True, confirmed=False))
    assert line == f"{clock_time(NOON)} [not confirmed] [direct] ana → bia oi"


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -1e300, 1e300])
def test_a_time_that_no_calendar_knows_is_shown_as_dashes(time):
    assert render_spoken(spoken("oi", time=time))[0].startswith("--:--:-- ")


def test_a_flood_shows_its_end_and_how_much_it_hides():
    lines = plain(paint_burst([spoken(str(number)) for number in range(512)], 200))
    assert lines[0] == "… 312 more"
    assert len(lines) == 201
    assert lines[-1].endswith(" 511")


def test_a_small_burst_is_shown_whole():
    assert len(paint_burst([spoken("oi")] * 200, 200)) == 200
    assert paint_burst([], 200) == []


def test_what_is_for_the_person_is_shown_in_any_flood():
    flood = [spoken(str(number)) for number in range(100)]
    flood[3] = spoken("for ana", mention=True)
    flood[5] = spoken("mine", own=True)
    lines = plain(paint_burst(flood, 10))
    assert lines[0] == "… 88 more"
    assert [line.rpartition("> ")[2] for line in lines[1:3]] == ["for ana", "mine"]
    assert len(lines) == 13


def test_the_person_is_not_flooded_by_their_own_name_either():
    flood = [spoken(str(number), mention=True) for number in range(1000)]
    assert len(paint_burst(flood, 10)) == 21


def test_own_messages_are_marked_where_nobody_else_can_write():
    assert plain(paint_burst([spoken("oi", own=True)], 9)) == [f"{clock_time(NOON)} {STORED} geral <ana> oi"]
    (forged,) = plain(paint_burst([spoken(f"{STORED} oi", user=f"{STORED} <ana>")], 9, View(time=False), "geral"))
    assert not forged.startswith(STORED)


def test_time_lamport_and_the_current_place_are_shown_on_demand():
    def shown(view, here=""):
        return plain(paint_burst([spoken("oi", clock=17)], 9, view, here))

    assert shown(View(time=False)) == ["geral <ana> oi"]
    assert shown(View(time=False), "geral") == ["<ana> oi"]
    assert shown(View(time=True, lamport=True)) == [f"{clock_time(NOON)} (17) geral <ana> oi"]


def test_the_first_unread_message_has_a_line_before_it():
    lines = render(Messages("Two:", (spoken("one"), spoken("two", new=True))))
    assert [line.startswith("────") for line in lines] == [False, False, True, False]


def test_a_name_has_the_same_colour_everywhere_and_names_differ():
    assert nick_style("ana") == nick_style("ana")
    assert len({nick_style(f"user{number}") for number in range(200)}) == len(NICK_COLORS)
    nick_style("\ud800")


def test_what_is_sent_and_comes_back_is_not_shown_twice():
    assert render(Sent("Published.", spoken("oi"), 1, follows=True)) == []
    assert render(Sent("Published.", spoken("oi"), 1)) == ["Published."]


WIDE = Rows(
    "Servers:",
    tuple(Column(key, key) for key in ("name", "rank", "address", "role")),
    (("s1", 1, "tcp://127.0.0.1:5601", "follower"),),
)


def test_a_table_too_wide_for_the_terminal_is_told_in_words():
    assert render(WIDE, 34) == [
        "Servers:",
        "  s1: rank 1, address",
        "    tcp://127.0.0.1:5601, role",
        "    follower",
    ]
    assert len(render(WIDE, 60)) == 3


def test_a_last_column_is_folded_below_itself():
    columns = Column("usage", "command"), Column("help", "what it does")
    lines = render(Rows("All:", columns, (("/join", "enter a channel and see its last messages"),)), 40)
    assert lines[2:] == ["  /join    enter a channel and see its", "           last messages"]


def test_tables_line_up_with_wide_letters_too():
    columns = Column("name", "name"), Column("here", "here")
    lines = render(Rows("Two:", columns, (("日本", True), ("e\u0301", False))))
    assert lines == ["Two:", "  name  here", "  日本  yes", "  e\u0301     no"]
    assert width("日本") == 4


def test_a_table_of_one_column_needs_no_heading_and_an_empty_one_only_its_title():
    column = Column("user", "user")
    assert render(Rows("Users: 1", (column,), (("ana",),))) == ["Users: 1", "  ana"]
    assert render(Rows("Users: 0", (column,), ())) == ["Users: 0"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three four five six seven", ["one two three four ", "  │ five six seven"]),
        ("x" * 50, ["x" * 16, "  │ " + "x" * 16, "  │ " + "x" * 16, "  │ xx"]),
        ("日" * 11, ["日" * 8, "  │ " + "日" * 3]),
        ("short", ["short"]),
    ],
)
def test_long_lines_are_folded_behind_a_sign(text, lines):
    assert plain(fold_line([("", text)], 20)) == lines
    assert plain(fold_line([("", text)], 0)) == [text]


@given(st.text(max_size=200).map(visible))
def test_folding_loses_nothing_and_fits(text):
    lines = plain(fold_line([("a", text[:7]), ("b", text[7:])], 24))
    assert text == lines[0] + "".join(line.removeprefix(CONTINUATION) for line in lines[1:])
    assert all(width(line.rstrip()) <= 24 for line in lines)


def test_a_message_padded_to_the_edge_forges_nothing():
    text = "x" * 200 + " 12:00:00 \N{CHECK MARK} <ana> forged"
    rows = plain(paint_burst([spoken(text)], 9, columns=60))
    assert len(rows) > 3
    assert all(row.startswith(CONTINUATION) for row in rows[1:])
