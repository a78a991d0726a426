"""What the command line takes, and what it says of the rest."""

import json
import re

import pytest

from coreto.cli.parser import build, language_flag, parse
from coreto.texts import activate


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """No setting of whoever runs the tests, and the language is English again in the end."""
    monkeypatch.delenv("CORETO_DATA", raising=False)
    monkeypatch.delenv("CORETO_LANG", raising=False)
    yield
    activate("en")


def refusal(capsys, *arguments):
    """Return the sentence with which arguments are refused."""
    with pytest.raises(SystemExit) as caught:
        parse(list(arguments))
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1, "one sentence, one line"
    assert said.err.startswith("coreto")
    return said.err


def help_of(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        parse([*arguments, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


@pytest.mark.parametrize("arguments", [[], ["up"], ["--servers", "3"], ["up", "--servers=3"]])
def test_no_command_means_up(arguments):
    options = parse(arguments)
    assert options.command == "up"
    assert (options.servers, options.bots, options.transport, options.listen) == (3, 0, "both", "127.0.0.1")
    assert (options.base_port, options.data, options.ephemeral) == (5555, None, False)
    assert (options.no_repl, options.ready_json, options.script) == (False, False, None)


def test_every_flag_of_up_is_taken():
    flags = "--servers 5 --bots 2 --transport tcp --base-port 6000 --data d --no-repl --ready-json --script s --lang pt"
    options = parse(["up", *flags.split()])
    assert (options.servers, options.bots, options.transport, options.base_port) == (5, 2, "tcp", 6000)
    assert (options.data, options.no_repl, options.ready_json, options.script) == ("d", True, True, "s")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--no-such-flag"], "--no-such-flag"),
        (["dance"], "dance"),
        (["up", "--servers"], "--servers"),
        (["up", "--servers", "0"], "--servers"),
        (["up", "--servers", "10"], "--servers"),
        (["up", "--servers", "-1"], "--servers"),
        (["up", "--servers", "²"], "--servers"),
        (["up", "--servers", "three"], "three"),
        (["up", "--base-port", "80"], "--base-port"),
        (["up", "--base-port", "65535"], "--base-port"),
        (["up", "--transport", "smoke"], "smoke"),
        (["up", "--bots", "x"], "--bots"),
        (["up", "--data", "d", "--ephemeral"], "--ephemeral"),
        (["up", "--lang", "fr"], "fr"),
        (["simulate", "--seeds", "9-1"], "9-1"),
        (["simulate", "--seeds", "1-"], "1-"),
        (["simulate", "--seeds", "a-b"], "a-b"),
        (["simulate", "--jobs", "0"], "--jobs"),
        (["schema", "extra"], "extra"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_sentence_that_names_it(capsys, arguments, word):
    assert word in refusal(capsys, *arguments)


@pytest.mark.parametrize(("text", "seeds"), [("0-99", (0, 99)), ("7", (7, 7)), ("3-3", (3, 3))])
def test_a_range_of_seeds(text, seeds):
    assert parse(["simulate", "--seeds", text]).seeds == seeds


def test_wrong_use_is_said_in_portuguese_too(capsys):
    activate("pt")
    assert "número" in refusal(capsys, "up", "--servers", "0")


@pytest.mark.parametrize("arguments", [[], ["up"], ["schema"], ["simulate"]], ids=" ".join)
def test_help_is_given_in_both_languages(capsys, arguments):
    english = help_of(capsys, *arguments)
    activate("pt")
    portuguese = help_of(capsys, *arguments)
    assert english.startswith("usage: coreto")
    assert "--help" in portuguese
    assert arguments == ["schema"] or english != portuguese


def test_the_help_names_every_command(capsys):
    helped = help_of(capsys)
    for command in ("up", "schema", "simulate"):
        assert f"\n    {command} " in helped


@pytest.mark.parametrize(
    ("arguments", "language"),
    [
        ([], None),
        (["--lang", "pt"], "pt"),
        (["up", "--lang=en"], "en"),
        (["--lang"], None),
        (["up", "--servers", "3", "--lang", "pt", "--help"], "pt"),
    ],
)
def test_the_language_is_found_before_anything_is_parsed(arguments, language):
    assert language_flag(arguments) == language


def test_a_refusal_is_data_where_data_was_asked_for(capsys):
    with pytest.raises(SystemExit) as caught:
        parse(["admin", "list", "--no-such-flag", "--json"])
    assert caught.value.code == 2
    assert "--no-such-flag" in json.loads(capsys.readouterr().out)["error"]


PRINT_NO_DATA = {"reference", "broker", "proxy", "server", "view", "pub"}
"""Roles, and one that only does something: what they say is for a person."""
ALWAYS_FOR_PROGRAMS = {"schema", "completion", "export"}
"""One prints JSON anyway, one what a shell reads, one what another program reads."""


def test_every_command_that_prints_data_prints_it_as_json_too():
    commands = build()[1]
    without = {name for name, command in commands.items() if not re.search(r"--json(?!-)", command.format_help())}
    assert without == PRINT_NO_DATA | ALWAYS_FOR_PROGRAMS
