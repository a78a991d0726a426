"""What is suggested while a line is typed."""

import pytest

from coreto.prompt.completion import suggest
from coreto.prompt.session import Known

KNOWN = Known(
    users=("bia", "Bruno", "ana maria", "evil\u202ename", "b\x1b[2J", 'b"x'),
    channels=("geral", "go", "festa"),
    joined=("festa",),
)


@pytest.mark.parametrize(
    ("typed", "inserted"),
    [
        ("/ch", ["/channel", "/channels"]),
        ("/QUI", ["/quit"]),
        ("/zzz", []),
        ("", []),
        ("b", []),
        ("//ch", []),
        ("/msg b", ["bia", "Bruno"]),
        ("/message ana", ['"ana maria"']),
        ("/message evil", []),
        ("/join ", ["festa", "geral", "go"]),
        ("/join g", ["geral", "go"]),
        ("/history @b", ["@bia", "@Bruno"]),
        ("/history @an", ['@"ana maria"']),
        ("/history geral ", []),
        ("/help pub", ["publish"]),
        ("/publish geral b", []),
        ("/users b", []),
        ("/nothing b", []),
        ('/msg "ana maria" b', []),
    ],
)
def test_what_fits_is_suggested(typed, inserted):
    assert [suggestion.insert for suggestion in suggest(typed, KNOWN)] == inserted


def test_a_suggestion_replaces_the_word_being_typed():
    (suggestion,) = suggest("/history @bi", KNOWN)
    assert suggestion.replaces == len("@bi")


def test_commands_are_suggested_with_what_they_do():
    (suggestion,) = suggest("/logi", KNOWN)
    assert suggestion.note == "chat under this name"
