"""Settings from the environment and from coreto.toml: what each may say, and which of them wins."""

import json
import os

import pytest

from coreto.cli import main
from coreto.cli.parser import parse
from coreto.cli.settings_file import BYTES_MAX, file_language
from coreto.texts import activate


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """A current folder of its own, and no setting of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("CORETO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    activate("en")


@pytest.fixture
def write(folder):
    """Writes the settings file."""
    return lambda text, name="coreto.toml": (folder / name).write_text(text, "utf-8")


def refusal(capsys, *arguments):
    """Return the one sentence with which arguments are refused."""
    with pytest.raises(SystemExit) as caught:
        parse(list(arguments))
    said = capsys.readouterr()
    assert caught.value.code == 2
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err


# The environment.


@pytest.mark.parametrize(("text", "wide"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("", False)])
def test_a_flag_without_value_may_be_in_the_environment(monkeypatch, text, wide):
    monkeypatch.setenv("CORETO_WIDE", text)
    assert parse(["up"]).wide is wide
    assert parse(["server", "--name", "a"]).wide is wide


def test_a_word_that_is_neither_yes_nor_no_is_refused(capsys, monkeypatch):
    monkeypatch.setenv("CORETO_WIDE", "perhaps")
    assert "CORETO_WIDE: 'perhaps'" in refusal(capsys, "up")


@pytest.mark.parametrize("command", ["up", "reference", "broker", "server"])
def test_the_roles_that_answer_take_the_wide_profile(command):
    name = ["--name", "a"] if command == "server" else []
    assert parse([command, *name]).wide is False
    assert parse([command, *name, "--wide"]).wide is True


# The file.


def test_every_kind_of_value_is_read(write):
    write('servers = 5\nwide = true\nlisten = "0.0.0.0"\ntransport = "tcp"\nlang = "pt"\nno-repl = false\n')
    options = parse(["up"])
    assert (options.servers, options.wide, options.listen) == (5, True, "0.0.0.0")
    assert (options.transport, options.lang, options.no_repl) == ("tcp", "pt", False)


@pytest.mark.parametrize("value", ['"tcp://127.0.0.1:1"', '["tcp://127.0.0.1:1"]'])
def test_a_flag_that_may_be_repeated_takes_one_or_several(write, value):
    write(f"frontend = {value}\n")
    assert parse(["broker"]).frontend == ["tcp://127.0.0.1:1"]


@pytest.mark.parametrize(("number", "rate"), [("2", 2.0), ("0.5", 0.5)])
def test_a_whole_number_is_a_number(write, number, rate):
    write(f"rate = {number}\n")
    assert parse(["bot"]).rate == rate


def test_a_flag_that_must_be_given_may_be_in_the_file(write):
    write('name = "s9"\nshape = "text"\n')
    assert parse(["server"]).name == "s9"
    assert parse(["view"]).shape == "text"


def test_a_setting_of_another_command_does_no_harm(write):
    write("rate = 5\n")
    assert parse(["up"]).servers == 3


def test_the_variable_names_another_file_or_none(write, monkeypatch):
    write("servers = 5\n")
    write("servers = 7\n", "other.toml")
    monkeypatch.setenv("CORETO_CONFIG", "other.toml")
    assert parse(["up"]).servers == 7
    monkeypatch.setenv("CORETO_CONFIG", "")
    assert parse(["up"]).servers == 3


def test_flag_before_environment_before_file_before_default(write, monkeypatch):
    write("servers = 5\nbots = 1\nbase-port = 6000\n")
    monkeypatch.setenv("CORETO_SERVERS", "7")
    monkeypatch.setenv("CORETO_BOTS", "2")
    options = parse(["up", "--servers", "9"])
    assert (options.servers, options.bots, options.base_port, options.transport) == (9, 2, 6000, "both")


@pytest.mark.parametrize(
    ("variable", "value", "data"), [("CORETO_EPHEMERAL", "1", None), ("CORETO_EPHEMERAL", "0", "d")]
)
def test_of_flags_that_exclude_each_other_the_stronger_source_wins(write, monkeypatch, variable, value, data):
    write('data = "d"\n')
    monkeypatch.setenv(variable, value)
    options = parse(["up"])
    assert (options.data, options.ephemeral) == (data, value == "1")
    assert parse(["up", "--ephemeral"]).data is None


def test_a_child_of_a_cluster_is_told_by_its_parent_only(write, monkeypatch):
    write("genesis = 3\nnonsense = 1\n")
    monkeypatch.setenv("CORETO_WIDE", "1")
    options = parse(["server", "--name", "a", "--steered"])
    assert (options.genesis, options.wide) == (0, False)


def test_help_is_given_whatever_the_file_says(write, capsys):
    write("nonsense = 1\n")
    with pytest.raises(SystemExit) as caught:
        parse(["up", "--help"])
    assert caught.value.code == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sevrers = 3", "'sevrers'"),
        ("base_port = 6000", "'base_port'"),
        ("steered = true", "'steered'"),
        ("help = true", "'help'"),
        ('"a\\nb" = 1', "'a?b'"),
        ("[up]\nservers = 3", "'up'"),
        ('servers = "3"', "servers: write the number without quotes"),
        ("servers = 3.5", "servers: '3.5'"),
        ("servers = 10", "servers: '10'"),
        ("servers = true", "servers: write one number"),
        ("servers = [3]", "servers: write one number"),
        ("servers = 1979-05-27", "servers: write one number"),
        ("listen = 5", "listen: write the text in quotes"),
        ('listen = "tcp://x"', "listen: 'tcp://x'"),
        ('transport = "smoke"', "transport: 'smoke'"),
        ("wide = 1", "wide: write true or false"),
        ('wide = "true"', "wide: write true or false"),
        ('data = "d"\nephemeral = true', "exclude each other"),
        ('lang = "fr"', "lang: 'fr'"),
        ("servers = ", "cannot be read"),
        ("a = " + "[" * 20_000, "cannot be read"),
        ("# " + "x" * BYTES_MAX, str(BYTES_MAX)),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_is_wrong_is_one_sentence_that_names_it(write, capsys, text, words):
    write(text)
    said = refusal(capsys, "up")
    assert "coreto.toml" in said
    assert words in said


def test_a_file_that_is_not_there_or_no_text_is_a_sentence(folder, monkeypatch, capsys):
    (folder / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("nowhere.toml", "binary", ".", "/dev/null", "x" * 5000):
        monkeypatch.setenv("CORETO_CONFIG", name)
        assert name in refusal(capsys, "up")


def test_what_is_wrong_is_data_where_the_file_asks_for_data(write, capsys):
    write("json = true\n")
    with pytest.raises(SystemExit):
        parse(["admin", "list", "--no-such-flag"])
    assert "--no-such-flag" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("text", "language"), [('lang = "pt"', "pt"), ("lang = 5", None), ("lang = ", None), ("", None)]
)
def test_the_language_is_found_before_anything_is_parsed(write, text, language):
    write(text)
    assert file_language(os.environ) == language


@pytest.mark.parametrize(
    ("flag", "variable", "file", "word"),
    [
        ([], None, 'lang = "pt"', "número"),
        ([], "en", 'lang = "pt"', "number"),
        (["--lang", "en"], "pt", 'lang = "pt"', "number"),
        ([], None, "", "number"),
    ],
)
def test_the_program_speaks_the_language_of_the_strongest_source(
    write, monkeypatch, capsys, flag, variable, file, word
):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    monkeypatch.setattr("coreto.cli.install", lambda: None)  # signals stay those of the tests
    if variable:
        monkeypatch.setenv("CORETO_LANG", variable)
    write(file)
    with pytest.raises(SystemExit):
        main(["up", "--servers", "0", *flag])
    assert word in capsys.readouterr().err
