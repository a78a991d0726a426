"""The prompt in a terminal, typed at through a pipe."""

import threading
import time

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from coreto.client.errors import UnreachableError
from coreto.prompt.terminal import TerminalPrompt

DEADLINE = 10
CTRL_C, CTRL_D, ENTER = "\x03", "\x04", "\r"
PASTE = "\x1b[200~{}\x1b[201~"


class Screen(DummyOutput):
    """Keeps all that is written, in order."""

    def __init__(self):
        self.written = ""

    def write(self, data):
        self.written += data


class Person:
    """Types, and waits for what should come of it."""

    def __init__(self, keys, screen, prompt, first_commands):
        self.screen = screen
        self._keys = keys
        self.status = None
        self.thread = threading.Thread(target=self._run, args=(prompt, first_commands))
        self.thread.start()

    def _run(self, prompt, first_commands):
        self.status = prompt.run(["Welcome!"], first_commands)

    def types(self, keys):
        self._keys.send_text(keys)

    def sees(self, text):
        waits_for(lambda: text in self.screen.written)

    def leaves(self):
        self.thread.join(DEADLINE)
        assert not self.thread.is_alive()
        assert self.status == 0


def waits_for(condition):
    """Return as soon as the condition holds."""
    pause = threading.Event()
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.005)


@pytest.fixture
def person(session, chat, tmp_path):
    """Starts a prompt with a person at it, and sees to it that they leave."""
    started = []
    with create_pipe_input() as keys:

        def start(*first_commands):
            screen = Screen()
            history = tmp_path / "folder" / "history"
            prompt = TerminalPrompt(
                session,
                terminal_input=keys,
                terminal_output=screen,
                history_file=history,
                no_color=True,
            )
            started.append(Person(keys, screen, prompt, first_commands))
            started[-1].sees("Welcome!")
            return started[-1]

        yield start
        chat.gate.set()
        for one in started:
            if one.thread.is_alive():
                keys.send_text(CTRL_C + CTRL_D)
            one.thread.join(DEADLINE)


def test_a_first_visit(person, chat, tmp_path):
    ana = person("/login ana")
    ana.sees("You are logged in as ana.")
    ana.types(f"/join geral{ENTER}")
    ana.sees("You are in geral")
    ana.types(f"oi{ENTER}")
    ana.sees("Published in geral as number 1.")
    ana.types(f"/joim{ENTER}")
    ana.sees("Did you mean /join?")
    ana.types(f"/quit{ENTER}")
    ana.leaves()
    assert [message.message for message in chat.rooms["geral"]] == ["oi"]
    assert "+/join geral" in (tmp_path / "folder" / "history").read_text("utf-8")


def test_messages_arrive_above_the_line_being_typed(person, chat, session):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    ana.types("half a ")
    chat.publish("bia", "geral", "oi \x1b[2J")
    ana.sees("geral <bia> oi ␛[2J")
    ana.types(f"line{ENTER}")
    ana.sees("as number 2.")
    assert chat.rooms["geral"][-1].message == "half a line"


def test_a_flood_shows_its_end(person, chat, message):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    chat.arrived = [message("geral", "bia", f"flood {number}", number) for number in range(1, 513)]
    ana.sees("… 312 more")
    ana.sees("flood 512")
    assert "flood 312" not in ana.screen.written


def test_typing_goes_on_while_a_command_waits(person, chat, session):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    chat.gate.clear()
    ana.types(f"one{ENTER}two{ENTER}unfinished")
    ana.sees("unfinished")
    assert chat.rooms["geral"] == []
    chat.gate.set()
    ana.sees("as number 2.")
    assert [message.message for message in chat.rooms["geral"]] == ["one", "two"]


def test_what_was_typed_before_leaving_is_still_done(person, chat):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    ana.types(f"bye{ENTER}{CTRL_D}")
    ana.leaves()
    assert [message.message for message in chat.rooms["geral"]] == ["bye"]


def test_a_paste_of_several_lines_is_one_message(person, chat):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    ana.types(PASTE.format("one\ntwo") + ENTER)
    ana.sees("as number 1.")
    assert chat.rooms["geral"][0].message == "one\ntwo"


def test_ctrl_c_clears_the_line(person, chat):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    ana.types(f"mistake{CTRL_C}right{ENTER}")
    ana.sees("as number 1.")
    assert chat.rooms["geral"][0].message == "right"


def test_the_status_line_follows_the_cluster(person, chat, session, monkeypatch):
    monkeypatch.setattr("coreto.prompt.terminal.REFRESH_SECONDS", 0.05)
    ana = person()
    ana.sees("coordinator s3 · epoch 4")
    chat.failure = UnreachableError("Nobody answers.")
    waits_for(lambda: session.cluster.trouble)
    ana.types(ENTER)  # only what changes is written, except on a new line
    ana.sees("Nobody answers.")


def test_tab_completes(person, session):
    ana = person("/login ana", "/join geral")
    ana.sees("You are in geral")
    ana.types("/elec")
    ana.sees("say which server coordinates")
    ana.types(f"\t{ENTER}")
    ana.sees("The coordinator is s3.")
