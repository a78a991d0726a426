"""What holds for every command of the table."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from coreto.prompt.parse import parse
from coreto.prompt.render import render
from coreto.prompt.results import Result
from coreto.prompt.table import BY_NAME, COMMANDS, PLAIN_TEXT
from coreto.texts import LANGUAGES, activate

CATALOGUE = Path(__file__).parents[2] / "app/coreto/texts/locale/pt/LC_MESSAGES/coreto.po"
SCREEN = 24, 80

every_command = pytest.mark.parametrize("command", [*COMMANDS, PLAIN_TEXT], ids=lambda command: command.name or "text")


@pytest.fixture(scope="module")
def portuguese():
    """Message → translation."""
    with CATALOGUE.open("rb") as file:
        return {message.id: message.string for message in read_po(file)}


@every_command
def test_its_words_exist_in_both_languages(command, portuguese):
    for words in (command.help, *(argument.label for argument in command.arguments)):
        assert words
        assert portuguese.get(words)


@every_command
def test_its_example_parses_to_itself_and_runs(command, session, chat):
    parsed = parse(command.example)
    assert parsed.command is command
    session.become("ana")
    session.enter("geral", 1)
    chat.rooms.pop("new", None)
    result = command.handler(session, parsed.arguments)
    assert isinstance(result, Result)
    assert render(result) or command.name == "quit"


@every_command
def test_only_the_last_argument_takes_the_rest_and_none_follows_an_optional_one(command):
    assert not any(argument.rest for argument in command.arguments[:-1])
    optional = [argument.optional for argument in command.arguments]
    assert optional == sorted(optional)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_explains_it(command, session):
    parsed = parse(f"/help {command.name}")
    shown = "\n".join(render(parsed.command.handler(session, parsed.arguments)))
    assert command.usage in shown
    assert command.help in shown
    assert command.example in shown


def test_no_name_stands_for_two_commands():
    assert len(BY_NAME) == sum(1 + len(command.aliases) for command in COMMANDS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_fits_a_screen(session, lang, request):
    request.addfinalizer(lambda: activate("en"))
    activate(lang)
    for arguments in ({}, {"command": "lab"}):
        lines = render(BY_NAME["help"].handler(session, arguments))
        assert len(lines) < SCREEN[0]
        assert max(map(len, lines)) < SCREEN[1]
