"""What holds for every command of the command line."""

import json
import re

import pytest

from coreto.cli.parser import parse
from coreto.texts import LANGUAGES, activate
from tests.support.command_pages import PAGES
from tests.support.program import run
from tests.support.shell_commands import EXAMPLES, commands

every_command = pytest.mark.parametrize("path", EXAMPLES)


@pytest.fixture(scope="module")
def told():
    """Language → words of a command → its help, and what may follow it."""
    try:
        return {language: known(language) for language in LANGUAGES}
    finally:
        activate("en")


def known(language):
    activate(language)
    return {path: (text, level) for path, text, level in commands()}


def test_each_has_an_example_and_nothing_else_has_one(told):
    assert set(told["en"]) == set(EXAMPLES)


@every_command
def test_its_help_and_that_of_its_flags_is_in_both_languages(path, told):
    (english, here), (portuguese, there) = (told[language][path] for language in ("en", "pt"))
    assert english
    assert portuguese
    assert english != portuguese
    for one, other in zip(here.flags, there.flags, strict=True):
        assert one.name == other.name
        assert one.help
        assert other.help


@every_command
def test_its_example_is_understood(path):
    assert callable(parse(EXAMPLES[path].typed.split()).run)


@every_command
def test_what_prints_data_prints_json_and_what_does_not_says_so(path, told):
    flags = {flag.name for flag in told["en"][path][1].flags}
    assert ("--json" in flags) == EXAMPLES[path].data
    assert "--lang" in flags


@every_command
@pytest.mark.parametrize("as_data", [False, True])
def test_wrong_use_is_one_sentence_that_leads_to_help(path, as_data, capsys):
    with pytest.raises(SystemExit) as caught:
        parse([*path.split(), "--nonsense", *(["--json"] if as_data else [])])
    assert caught.value.code == 2
    printed = capsys.readouterr()
    if as_data:
        assert json.loads(printed.out)["status"] == 2
    else:
        assert printed.out == ""
        assert "--help" in printed.err


@every_command
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_has_its_row_on_the_page(path, language, told):
    row = rf"\| `coreto {re.escape(EXAMPLES[path].typed)}` \| {re.escape(told[language][path][0])} \|"
    assert re.search(row, PAGES[language].read_text("utf-8")), "run scripts/commands"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_shells_complete_each(shell):
    script = run("completion", shell).stdout
    for path in EXAMPLES:
        assert path.split()[-1] in script
