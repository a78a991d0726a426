"""Line mode, as scripts and pipes use it."""

import io
import json
import queue
import subprocess
import sys
import threading

import pytest

from coreto.client.errors import ProtocolError, RefusedError, TimedOutError, UnreachableError
from coreto.prompt import run_prompt
from coreto.prompt.lines import write_lines
from tests.support.waiting import wait_until

ACCEPTANCE = "/login ana\n/channel geral\n/join geral\n/publish geral oi\n/history geral\n/servers\n/election\n"


@pytest.fixture
def run(chat):
    """Runs a script and returns its exit status, output and errors."""

    def run(script, user=None, welcome=(), *, as_data=False):
        stdout, stderr = io.StringIO(), io.StringIO()
        status = run_prompt(
            chat,
            stdin=io.StringIO(script),
            stdout=stdout,
            stderr=stderr,
            user=user,
            welcome=list(welcome),
            history_file=None,
            no_color=False,
            as_data=as_data,
        )
        return status, stdout.getvalue(), stderr.getvalue()

    return run


def test_the_first_session_twice(run, chat):
    chat.rooms.clear()
    for times in (1, 2):
        status, output, errors = run(ACCEPTANCE)
        assert (status, errors) == (0, "")
        assert output.count("geral <ana> oi") == 2 * times - 1  # on joining, then in the history
        assert "The coordinator is s3." in output
    assert chat.closed


def test_a_refusal_is_said_and_the_rest_is_done(run):
    status, output, errors = run("/publish geral oi\n/users\n")
    assert status == 1
    assert "/login" in errors
    assert "bia" in output


@pytest.mark.parametrize(
    ("error", "status"), [(RefusedError, 1), (UnreachableError, 4), (TimedOutError, 5), (ProtocolError, 6)]
)
def test_the_exit_status_tells_what_failed_first(run, chat, error, status):
    chat.failure = error("It did not work.")
    assert run("/users\n/nothing\n") == (
        status,
        "",
        "It did not work.\nThere is no command /nothing: type /help for the list, "
        "or // to send a text that begins with a slash.\n",
    )


def test_an_unknown_command_is_a_usage_error(run):
    status, _output, errors = run("/joim geral\n")
    assert status == 2
    assert "/join" in errors


def test_comments_and_blank_lines_are_skipped_and_nothing_follows_quit(run):
    assert run("# a comment\n\n   \n  # another\n/quit\n/nothing\n") == (0, "", "")


def test_what_arrives_is_shown_after_each_command_and_at_the_end(run, chat, message):
    chat.topics.add("geral")
    chat.before_history = lambda: chat.deliver(message("geral", "bia", "oi", 1))
    status, output, _errors = run("/join geral\n/election\n")
    assert status == 0
    assert output.index("geral <bia> oi") < output.index("The coordinator")


def test_the_user_of_the_command_line_is_logged_in_first(run, chat):
    assert run("/publish geral oi\n", user="ana maria")[0] == 0
    assert chat.people == ["bia", "ana maria"]


def test_the_welcome_is_no_result(run):
    assert run("", welcome=["Hello"]) == (0, "", "Hello\n")


def test_a_script_goes_before_the_standard_input(chat):
    stdout = io.StringIO()
    status = run_prompt(
        chat,
        stdin=io.StringIO("/nothing"),
        stdout=stdout,
        stderr=io.StringIO(),
        user=None,
        script=io.StringIO("/election"),
        welcome=[],
        history_file=None,
        no_color=False,
    )
    assert status == 0
    assert stdout.getvalue() == "The coordinator is s3.\n"


def test_bytes_that_are_no_text_and_letters_the_output_lacks(chat):
    source = io.TextIOWrapper(io.BytesIO(b"/login \xff\n/login jos\xc3\xa9\n"), "utf-8")
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), "ascii") for _ in range(2))
    status = run_prompt(
        chat,
        stdin=source,
        stdout=stdout,
        stderr=stderr,
        user=None,
        welcome=["olá"],
        history_file=None,
        no_color=False,
    )
    assert status == 1
    assert stdout.buffer.getvalue() == b"You are logged in as jos\\xe9.\n"
    assert b"invisible" in stderr.buffer.getvalue()


def test_line_mode_does_without_prompt_toolkit():
    code = "import coreto.prompt, sys; sys.exit('prompt_toolkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_json_lines_for_results_messages_and_errors(run, chat, message):
    chat.topics.add("geral")
    chat.before_history = lambda: chat.deliver(message("geral", "bia", "oi \u202e", 1))
    status, output, errors = run("/join geral\n/users\n/joim\noi\n/quit\n", user="ana", as_data=True)
    lines = [json.loads(line) for line in output.splitlines()]
    assert (status, errors) == (2, "")
    assert "\u202e" not in output
    assert [set(line) for line in lines] == [
        {"done"},
        {"done"},
        {"message"},
        {"title", "rows"},
        {"error", "status"},
        {"done", "message"},
        {"leave"},
    ]
    assert lines[2]["message"]["user"] == "bia"
    assert lines[3]["rows"] == [{"user": "bia"}, {"user": "ana"}]


def test_signs_that_an_encoding_lacks_are_written_with_those_it_has():
    stream = io.TextIOWrapper(io.BytesIO(), "cp1252")
    write_lines(stream, ["✓ a → b · c … │ ─ 日"])
    assert stream.buffer.getvalue() == "+ a -> b - c ... | - \\u65e5\n".encode("cp1252")


class Typed(io.StringIO):
    """A terminal where a person has not typed yet."""

    def __init__(self):
        super().__init__()
        self.lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def isatty(self):
        return True

    def __iter__(self):
        return iter(self.lines.get, "")


class Shown(io.StringIO):
    """A terminal to write to."""

    def isatty(self):
        return True


def refuse(*_):
    """What Windows says of a terminal that is no console of its own."""
    raise RuntimeError("no console")


@pytest.mark.parametrize("wanted", ["flag", "TERM", "no console"])
def test_a_plain_terminal_hears_of_messages_and_of_trouble_without_typing(chat, message, monkeypatch, wanted):
    monkeypatch.setattr("coreto.prompt.lines.LIVE_SECONDS", 0.01)
    if wanted == "TERM":
        monkeypatch.setenv("TERM", "dumb")
    if wanted == "no console":
        monkeypatch.setattr("prompt_toolkit.input.create_input", lambda *_: None)
        monkeypatch.setattr("prompt_toolkit.output.create_output", refuse)
    keys, stdout, stderr = Typed(), Shown(), Shown()
    options = {"user": "ana", "welcome": [], "history_file": None, "no_color": False, "is_plain": wanted == "flag"}
    person = threading.Thread(
        target=run_prompt, args=(chat,), kwargs={"stdin": keys, "stdout": stdout, "stderr": stderr, **options}
    )
    person.start()
    keys.lines.put("/join geral\n")
    wait_until(lambda: "You are in geral" in stdout.getvalue(), "the channel is entered")
    chat.deliver(message("geral", "bia", "oi", 1))
    wait_until(lambda: "geral <bia> oi\n" in stdout.getvalue(), "a message is shown")
    chat.quorum, chat.alive = False, ("s1",)
    wait_until(lambda: "Trouble: no quorum: 1 of 3" in stderr.getvalue(), "trouble is told")
    keys.lines.put("/quit\n")
    person.join(10)
    assert not person.is_alive()
    assert "\x1b" not in stdout.getvalue() + stderr.getvalue()
