"""What holds for every command of the table."""

import json
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from coreto.client.errors import UnreachableError
from coreto.prompt.command import GROUPS
from coreto.prompt.completion import suggest
from coreto.prompt.data import as_json, data_of, error_data
from coreto.prompt.errors import FAILURES, UsageError
from coreto.prompt.execute import execute
from coreto.prompt.parse import parse
from coreto.prompt.render import render
from coreto.prompt.results import Leave
from coreto.prompt.table import BY_ELSEWHERE, BY_NAME, COMMANDS, PLAIN_TEXT
from coreto.texts import LANGUAGES, activate
from tests.support.command_pages import PAGES, page

CATALOGUE = Path(__file__).parents[2] / "app/coreto/texts/locale/pt/LC_MESSAGES/coreto.po"
ROWS = 24
OTHER_ROWS = 3
"""What was typed, the line of the status, and the line being typed."""
OFFLINE = {"logout", "leave", "unread", "read", "who", "log", "show", "help", "quit"}
"""Commands that ask the cluster nothing, and so cannot fail for it."""
FREE = {"text", "number", "amount", "file"}
"""Kinds of arguments of which nobody knows what they could be."""

every_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
with_plain_text = pytest.mark.parametrize(
    "command", [*COMMANDS, PLAIN_TEXT], ids=lambda command: command.name or "plain text"
)


@pytest.fixture(scope="module")
def portuguese():
    """Message → translation."""
    with CATALOGUE.open("rb") as file:
        return {message.id: message.string for message in read_po(file)}


@pytest.fixture
def inside(session, chat, tmp_path, monkeypatch):
    """A session of somebody who is in a channel, in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("coreto.prompt.handlers_top.MEASURE_SECONDS", 0.0)
    session.become("ana")
    session.enter("geral", 1)
    session.refresh()
    session.refresh_names()
    return session


@pytest.fixture(params=LANGUAGES)
def language(request):
    """Each language in turn."""
    activate(request.param)
    yield request.param
    activate("en")


@with_plain_text
def test_its_words_exist_in_both_languages(command, portuguese):
    labels = [argument.label for argument in command.arguments if not argument.choices]
    for words in (command.help, *labels):
        assert words
        assert portuguese.get(words)


@with_plain_text
def test_its_example_parses_to_itself_runs_and_is_shown(command, inside):
    assert parse(command.example).command is command
    result = execute(inside, command.example)
    assert isinstance(result, command.result)
    assert render(result) or isinstance(result, Leave)


@with_plain_text
def test_its_result_is_data_of_one_line(command, inside):
    data = data_of(execute(inside, command.example))
    line = as_json(data)
    assert "\n" not in line
    assert json.loads(line) == json.loads(json.dumps(data))
    assert set(data) <= {"done", "title", "rows", "facts", "drawing", "messages", "message", "leave"}


@every_command
def test_too_much_or_too_little_is_answered_with_how_to_type_it(command, session, language):
    needed = any(not argument.optional for argument in command.arguments)
    wrong = f"/{command.name}" if needed else f"/{command.name}{' 7' * (len(command.arguments) + 1)}"
    with pytest.raises(UsageError) as caught:
        execute(session, wrong)
    data = error_data(caught.value, caught.value.status)
    assert data["status"] == 2
    named = [command.usage, *(", ".join(argument.choices) for argument in command.arguments if argument.choices)]
    assert any(text in data["error"] for text in named)


@with_plain_text
def test_a_cluster_that_does_not_answer_is_an_error_with_a_status(command, inside, chat, control):
    chat.failure = control.failure = UnreachableError("Nobody answers.", "silence")
    if command.name in OFFLINE:
        execute(inside, command.example)
        return
    with pytest.raises(FAILURES) as caught:
        execute(inside, command.example)
    status = getattr(caught.value, "status")  # noqa: B009 -- each of FAILURES has one
    assert error_data(caught.value, status) == {"error": "Nobody answers.", "status": 4, "code": "silence"}


@every_command
def test_it_is_completed_and_so_is_each_argument(command, inside):
    known, servers = inside.known, inside.cluster.servers
    assert f"/{command.name}" in [item.insert for item in suggest(f"/{command.name}", known)]
    for place, argument in enumerate(command.arguments):
        offered = suggest(f"/{command.name} {'geral ' * place}", known, servers)
        assert bool(offered) != (argument.kind in FREE)


@every_command
def test_help_explains_it(command, session, language):
    shown = "\n".join(render(execute(session, f"/help {command.name}")))
    assert command.usage in shown
    assert command.example in shown
    group = "\n".join(render(execute(session, f"/help {command.group}")))
    assert command.usage in group


@every_command
def test_it_is_found_under_what_other_programs_call_it(command, session):
    for name in command.elsewhere:
        with pytest.raises(UsageError, match=f"/{command.name}"):
            execute(session, f"/{name}")


@with_plain_text
def test_only_the_last_argument_takes_the_rest_and_none_follows_an_optional_one(command):
    assert not any(argument.rest for argument in command.arguments[:-1])
    optional = [argument.optional for argument in command.arguments]
    assert optional == sorted(optional)


@every_command
def test_it_has_its_row_on_the_page(command, language):
    usage = command.usage.replace("|", "\\|")
    assert f"| `{usage}` |" in PAGES[language].read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_as_the_table_is_now(language):
    assert PAGES[language].read_text("utf-8") == page(language), "run scripts/commands"


def test_no_name_stands_for_two_commands():
    names = [name for command in COMMANDS for name in (command.name, *command.aliases, *command.elsewhere)]
    assert len(set(names)) == len(names) == len(BY_NAME) + len(BY_ELSEWHERE)
    assert not set(GROUPS) & set(names)


@pytest.mark.parametrize("columns", [60, 80])
def test_help_fits_a_screen(session, language, columns):
    lines = render(execute(session, "/help"), columns - 1)
    assert len(lines) <= ROWS - OTHER_ROWS
    assert max(map(len, lines)) < columns


def test_help_leads_to_every_command(session, language):
    lines = render(execute(session, "/help"))
    groups = [group for group in GROUPS if group in lines[-1]]
    shown = "\n".join([*lines, *(line for group in groups for line in render(execute(session, f"/help {group}")))])
    assert all(f"/{command.name}" in shown for command in COMMANDS)


@pytest.mark.parametrize(("asked", "answer"), [("/help nick", "/login"), ("/help joim", "/join")])
def test_help_teaches_too(session, asked, answer):
    try:
        shown = "\n".join(render(execute(session, asked)))
    except UsageError as error:
        shown = str(error)
    assert answer in shown
