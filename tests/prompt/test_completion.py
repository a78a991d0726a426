"""What is suggested while a line is typed."""

import pytest

from coreto.prompt.command import Argument, Command
from coreto.prompt.completion import is_offered, suggest
from coreto.prompt.results import Leave
from coreto.prompt.session import Known
from coreto.prompt.table import BY_NAME

KNOWN = Known(
    users=("bia", "Bruno", "ana maria", "evil\u202ename", "b\x1b[2J", 'b"x'),
    channels=("geral", "go", "festa"),
    joined=("festa", "@bia"),
)


@pytest.mark.parametrize(
    ("typed", "inserted"),
    [
        ("/CH", ["/channel", "/channels"]),
        ("/ch", ["/channel", "/channels"]),
        ("/QUI", ["/quit"]),
        ("/zzz", []),
        ("", []),
        ("b", []),
        ("//ch", []),
        ("/msg b", ["bia", "Bruno"]),
        ("/message ana", ['"ana maria"']),
        ("/message evil", []),
        ("/join ", ["festa", "@bia", "geral", "go", "@Bruno", '@"ana maria"']),
        ("/channel ", ["festa", "geral", "go"]),
        ("/join g", ["geral", "go"]),
        ("/history @b", ["@bia", "@Bruno"]),
        ("/history @an", ['@"ana maria"']),
        ("/history geral ", []),
        ("/help pub", ["publish"]),
        ("/publish geral b", []),
        ("/publish geral oi @b", ["@bia", "@Bruno"]),
        ("oi @br", ["@Bruno"]),
        ("oi @evil", []),
        ("/help clu", ["cluster"]),
        ("/show ", ["time", "lamport", "all"]),
        ("/show time o", ["on", "off"]),
        ("/quit a", []),
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


def test_servers_are_suggested_to_commands_about_servers(monkeypatch):
    row = Command("kill", "end a server", "/kill s1", lambda *_: Leave(), (Argument("server", "server", "SERVER"),))
    monkeypatch.setitem(BY_NAME, "kill", row)
    found = suggest("/kill s", KNOWN, ("s1", "s2", "x"))
    assert [suggestion.insert for suggestion in found] == ["s1", "s2"]


def test_a_list_is_completed_behind_its_last_comma(monkeypatch):
    groups = Argument("groups", "server", "A | B,C", rest=True)
    monkeypatch.setitem(BY_NAME, "cut", Command("cut", "cut", "/cut s1 | s2", lambda *_: Leave(), (groups,)))
    (found,) = suggest("/cut s1 | s2,x", KNOWN, ("s1", "s2", "x3"))
    assert (found.insert, found.replaces) == ("x3", 1)


@pytest.mark.parametrize(
    ("typed", "offered"), [("/jo", True), ("oi @b", True), ("oi bia", False), ("//x", False), ("", False)]
)
def test_suggestions_come_unasked_only_where_they_help(typed, offered):
    assert is_offered(typed) is offered
