"""Names and texts in one canonical form (protocol.md §3, "Names")."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreto.texts import SENTENCES
from coreto.wire.limits import NAME_CHARACTERS, TEXT_BYTES
from coreto.wire.names import RESERVED, clean_channel, clean_name, clean_text, printable
from coreto.wire.refusal import RefusalError


def rule(function, value):
    with pytest.raises(RefusalError) as caught:
        function(value)
    return caught.value.rule


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("ana", "ana"),
        ("  ana ", "ana"),
        ("Ana", "Ana"),
        ("ana, bia & caio!", "ana, bia & caio!"),
        ("Jose\u0301", "José"),
        ("名前", "名前"),
        ("🙂", "🙂"),
        ("x" * NAME_CHARACTERS, "x" * NAME_CHARACTERS),
        (" " + "x" * NAME_CHARACTERS + " ", "x" * NAME_CHARACTERS),
        ("e\u0301" * NAME_CHARACTERS, "é" * NAME_CHARACTERS),
    ],
)
def test_a_good_name_has_one_form(given_name, name):
    assert clean_name(given_name) == name


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("", "name_empty"),
        ("   ", "name_empty"),
        ("\u3000", "name_empty"),
        ("x" * (NAME_CHARACTERS + 1), "name_long"),
        ("a\nb", "name_characters"),
        ("a\x00", "name_characters"),
        ("a\x7fb", "name_characters"),
        ("a\u2028b", "name_characters"),
        ("a\udcffb", "name_characters"),
        *[(name, "name_reserved") for name in sorted(RESERVED)],
        (" servers ", "name_reserved"),
    ],
)
def test_a_bad_name_is_refused_with_its_rule(name, broken):
    assert rule(clean_name, name) == broken


def test_only_the_exact_word_is_reserved():
    assert clean_name("Servers") == "Servers"
    assert clean_name("servers2") == "servers2"


def test_a_user_may_have_spaces_inside_a_channel_may_not():
    assert clean_name("ana maria") == "ana maria"
    assert rule(clean_channel, "sala um") == "name_space"
    assert rule(clean_channel, "sala\u00a0um") == "name_space"
    assert clean_channel(" geral ") == "geral"


@given(st.text(max_size=NAME_CHARACTERS + 8))
def test_any_text_is_a_canonical_name_or_refused_with_a_sentence(value):
    try:
        name = clean_name(value)
    except RefusalError as caught:
        refusal: RefusalError | None = caught
    else:
        refusal = None
    if refusal is not None:
        assert refusal.rule in SENTENCES
        return
    assert clean_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert 1 <= len(name) <= NAME_CHARACTERS
    assert name not in RESERVED


@pytest.mark.parametrize("text", ["oi", "two\nlines\tand a tab", " ", "x" * TEXT_BYTES, "é" * (TEXT_BYTES // 2), "🙂"])
def test_a_good_text_stays_as_it_is(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("", "text_empty"),
        ("x" * (TEXT_BYTES + 1), "text_long"),
        ("é" * (TEXT_BYTES // 2) + "x", "text_long"),
        ("bell\x07", "text_characters"),
        ("return\r", "text_characters"),
        ("\x1b[31m", "text_characters"),
        ("\udcff", "text_characters"),
        ("a\u2029b", "text_characters"),
    ],
)
def test_a_bad_text_is_refused_with_its_rule(text, broken):
    assert rule(clean_text, text) == broken


def test_a_refusal_says_the_limit():
    with pytest.raises(RefusalError) as caught:
        clean_name("x" * 99)
    assert caught.value.fields == {"limit": NAME_CHARACTERS}


@given(st.text() | st.binary() | st.integers() | st.none())
def test_anything_can_be_shown_without_harm(value):
    shown = printable(value)
    assert shown.isprintable()
    assert len(shown) <= NAME_CHARACTERS + 1


def test_what_is_too_long_to_show_is_cut_visibly():
    assert printable("x" * 40) == "x" * NAME_CHARACTERS + "…"
    assert printable("a\nb") == "a?b"


@given(st.text(max_size=NAME_CHARACTERS), st.characters(), st.text(max_size=NAME_CHARACTERS))
def test_a_name_is_judged_character_by_character(before, character, behind):
    """What decides quickly about most names decides as the rules do."""
    name = unicodedata.normalize("NFC", (before + character + behind).strip(" "))
    unsafe = any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") for one in name)
    good = bool(name.strip()) and len(name) <= NAME_CHARACTERS and not unsafe and name not in RESERVED
    for rule, allowed in ((clean_name, good), (clean_channel, good and not any(map(str.isspace, name)))):
        try:
            assert rule(before + character + behind) == name
            assert allowed
        except RefusalError:
            assert not allowed
