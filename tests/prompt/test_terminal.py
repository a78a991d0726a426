"""The prompt in a terminal, typed at through a pipe and looked at on a screen."""

import re
import sys
import threading
import unicodedata
from contextlib import contextmanager
from typing import Any

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.input.posix_pipe import PosixPipeInput

from coreto.client.errors import UnreachableError
from coreto.prompt.session import ChatSession
from coreto.prompt.terminal import BURST_MESSAGES_MAX
from tests.prompt.screen import Person, Screen, wait_for

CTRL_C, CTRL_D, CTRL_R, ENTER, TAB, UP = "\x03", "\x04", "\x12", "\r", "\t", "\x1b[A"
PASTE = "\x1b[200~{}\x1b[201~"
OUR_SEQUENCES = re.compile(r"\x1b\[\??[0-9;]*[A-Za-z]|\x1b\][012];[^\x07\x1b]*\x07|[\r\n\b]")
"""What prompt-toolkit itself writes: movements, colours, modes."""

CORPUS = [
    "\x1b[2J\x1b]0;owned\x07",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x9b2J\x90q\x9c",
    "oi\rroot: fine",
    "oi\n12:00:00 ✓ geral <bia> I quit",
    "a\u202eb\u2066c",
    "a\u200bb\ufeffc\u00ad",
    "x" * 4096,
    "\U0001f469\u200d\U0001f4bb \U0001f1e7\U0001f1f7",
    "e" + "\u0301" * 200,
    "\ud800",
]


@pytest.fixture
def person(chat, tmp_path):
    """Starts a prompt with a person at it, and sees to it that they leave."""
    started = []
    with create_pipe_input() as keys:

        def start(*commands, columns=80, no_color=True):
            session = ChatSession(chat, interactive=True)
            history = tmp_path / "folder" / "history"
            screen = Screen(columns)
            started.append(Person(keys, screen, session, *commands, history_file=history, no_color=no_color))
            return started[-1]

        yield start
        chat.gate.set()
        for one in started:
            if one.thread.is_alive():
                keys.send_text(CTRL_C + CTRL_D)
            one.thread.join(15)


@pytest.fixture
def ana(person):
    """Ana, in the channel geral."""
    here = person("/login ana", "/join geral")
    here.sees("You are in geral")
    return here


def test_a_first_visit(person, chat, tmp_path):
    ana = person("/login ana")
    ana.sees("You are logged in as ana.")
    ana.types(f"/join geral{ENTER}")
    ana.sees("You are in geral")
    ana.types(f"oi{ENTER}")
    ana.sees("✓ <ana> oi")
    ana.types(f"/joim{ENTER}")
    ana.sees("Did you mean /join?")
    ana.types(f"/quit{ENTER}")
    ana.leaves()
    assert [message.message for message in chat.rooms["geral"]] == ["oi"]
    assert "+/join geral" in (tmp_path / "folder" / "history").read_text("utf-8")
    assert ana.screen.text().count("<ana> oi") == 1
    assert "> oi\n" not in ana.screen.text().replace("<ana> oi", ""), "it stands there as a message only"


def test_messages_arrive_above_the_line_being_typed(ana, chat):
    ana.types("half a ")
    ana.has_typed("ana> half a")
    chat.publish("bia", "geral", "oi")
    ana.sees("<bia> oi")
    ana.has_typed("ana> half a")
    ana.types(f"line{ENTER}")
    ana.sees("✓ <ana> half a line")


def test_a_flood_shows_its_end_and_leaves_the_line_alone(ana, chat, message):
    ana.types("half a ")
    ana.has_typed("ana> half a")
    shown = BURST_MESSAGES_MAX
    chat.arrived = [message("geral", "bia", f"flood {number}", number) for number in range(1, shown + 313)]
    ana.sees("… 312 more")
    ana.sees(f"flood {shown + 312}")
    assert "flood 312\n" not in ana.screen.text()
    ana.types("line")
    ana.has_typed("ana> half a line")


def test_a_message_of_ones_own_is_shown_in_any_flood(ana, chat, message):
    chat.before_publish = lambda: chat.arrived.extend(
        message("geral", "bia", f"flood {number}", number) for number in range(1, 500)
    )
    chat.rooms["geral"] = [message("geral", "bia", "flood", number) for number in range(1, 500)]
    ana.types(f"mine{ENTER}")
    ana.sees("✓ <ana> mine")


def test_a_message_that_comes_back_late_is_shown_all_the_same_and_once(ana, chat, monkeypatch):
    held: list[Any] = []
    monkeypatch.setattr(chat, "deliver", held.append)
    monkeypatch.setattr("coreto.prompt.own.PATIENCE_SECONDS", 0.05)
    ana.types(f"oi{ENTER}")
    ana.sees("✓ <ana> oi")
    chat.arrived.extend(held)
    chat.arrived.append(held[0].__class__("geral", "bia", "later", 2))
    ana.sees("<bia> later")
    assert ana.screen.text().count("<ana> oi") == 1


def test_typing_goes_on_while_a_command_waits(ana, chat):
    chat.gate.clear()
    ana.types(f"one{ENTER}two{ENTER}unfinished")
    ana.has_typed("ana> unfinished")
    ana.sees("waiting for the servers (2)")
    assert chat.rooms["geral"] == []
    chat.gate.set()
    ana.sees("✓ <ana> two")
    assert [message.message for message in chat.rooms["geral"]] == ["one", "two"]


def test_the_terminal_stays_raw_between_two_lines(person, monkeypatch):
    depths = [0]

    @contextmanager
    def raw_mode(_keys):
        depths.append(depths[-1] + 1)
        try:
            yield
        finally:
            depths.append(depths[-1] - 1)

    monkeypatch.setattr(PosixPipeInput, "raw_mode", raw_mode)
    ana = person("/login ana")
    ana.types(f"/users{ENTER}/users{ENTER}/quit{ENTER}")
    ana.leaves()
    assert depths[-1] == 0
    assert 0 not in depths[1:-1], "a line typed ahead would be echoed by the terminal"


def test_what_other_threads_print_stands_above_the_line_that_is_typed(person):
    ana = person("/login ana")
    ana.sees("logged in")
    ana.types("half a line")
    ana.has_typed("ana> half a line")
    printer = threading.Thread(target=print, args=("\x1b[31mA rule is broken\x1b[0m",), kwargs={"file": sys.stderr})
    printer.start()
    printer.join()
    ana.sees("\nA rule is broken\n")
    ana.has_typed("ana> half a line")


def test_ctrl_c_gives_up_what_waits(ana, chat):
    chat.gate.clear()
    ana.types(f"one{ENTER}two{ENTER}")
    ana.sees("waiting for the servers (2)")
    ana.types(CTRL_C)
    ana.sees("not done: 1")
    ana.sees("Perhaps sent, perhaps not: one")
    chat.gate.set()
    ana.types(f"three{ENTER}")
    ana.sees("✓ <ana> three")
    assert [message.message for message in chat.rooms["geral"]] == ["three"]


def test_ctrl_c_clears_the_line_and_on_an_empty_one_says_how_to_leave(ana, chat):
    ana.types(f"mistake{CTRL_C}right{ENTER}")
    ana.sees("✓ <ana> right")
    ana.types(CTRL_C)
    ana.sees("Ctrl-D or /quit leaves.")
    assert chat.rooms["geral"][0].message == "right"


def test_what_was_typed_before_leaving_is_still_done(ana, chat):
    ana.types(f"bye{ENTER}{CTRL_D}")
    ana.leaves()
    assert [message.message for message in chat.rooms["geral"]] == ["bye"]


def test_a_paste_of_several_lines_is_one_message(ana, chat):
    ana.types(PASTE.format("one\ntwo") + ENTER)
    ana.sees("│ two")
    assert chat.rooms["geral"][0].message == "one\ntwo"


def test_what_is_said_in_a_conversation_is_shown_as_it_is_stored(ana):
    ana.types(f"/join @bia{ENTER}como vai?{ENTER}")
    ana.sees("✓ [direct] ana → bia como vai?")
    assert "Sent to" not in ana.screen.text()


def test_what_was_not_sent_is_shown_with_the_reason(ana, chat):
    chat.failure = UnreachableError("Nobody answers.")
    ana.types(f"precious text{ENTER}")
    ana.sees("Not sent: precious text")
    ana.sees("Nobody answers.")
    ana.types(UP)
    ana.has_typed("ana> precious text")


def test_lines_are_found_again_in_the_next_session(person):
    first = person("/login ana")
    first.types(f"/history geral 7{ENTER}{CTRL_D}")
    first.leaves()
    again = person("/login ana")
    again.types(f"{CTRL_R}geral 7{ENTER}")
    again.sees("> /history geral 7")


def test_the_status_line_follows_the_cluster(person, chat, monkeypatch):
    monkeypatch.setattr("coreto.prompt.terminal.REFRESH_SECONDS", 0.05)
    ana = person()
    ana.sees("not logged in · no channel · coordinator s3 · 3/3 alive · epoch 4")
    chat.quorum, chat.alive = False, ("s1",)
    ana.sees("Trouble: no quorum: 1 of 3 servers reachable, writing is refused")
    wait_for(lambda: " · no quorum: 1 of 3" in ana.screen.text(), ana.screen)
    chat.quorum, chat.alive = True, ("s1", "s2", "s3")
    ana.sees("The trouble is over.")


def test_other_channels_are_counted_and_what_is_for_the_person_is_shown(ana, chat):
    chat.rooms["lab"] = []
    ana.types(f"/join lab{ENTER}/join geral{ENTER}")
    ana.sees("You are in lab")
    wait_for(lambda: ana.session.place == "geral", ana.screen)
    chat.publish("bia", "lab", "quiet")
    ana.sees("unread: lab 1")
    chat.publish("bia", "lab", "look here, ana")
    ana.sees("[for you] lab <bia> look here, ana")
    ana.sees("unread: lab 2!")
    assert "quiet" not in ana.screen.text()
    ana.types(f"/join{ENTER}")
    ana.sees("──── not read yet ────")
    ana.sees("<bia> quiet")


def test_tab_completes(ana):
    ana.types("/elec")
    ana.sees("say which server coordinates")
    ana.types(f"{TAB}{ENTER}")
    ana.sees("The coordinator is s3.")


def test_a_name_is_completed_within_a_text(ana, chat):
    ana.types("oi @b")
    ana.sees("@bia")
    ana.types(TAB)
    ana.has_typed("ana> oi @bia")


def test_sixty_columns_and_colours_disturb_nothing(person, chat):
    ana = person("/login ana", "/join geral", columns=60, no_color=False)
    ana.sees("You are in geral")
    ana.types("half")
    chat.publish("bia", "geral", "oi " * 40)
    ana.sees("<bia> oi oi")
    ana.has_typed("ana> half")
    ana.types(f"{CTRL_C}/servers{ENTER}")
    ana.sees("tcp://127.0.0.1:5603")
    assert "\x1b[0;3" in ana.screen.raw, "there are colours"


def test_no_colour_means_none(ana, chat):
    chat.publish("bia", "geral", "oi ana")
    ana.sees("oi ana")
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)[;m]", ana.screen.raw)


@pytest.mark.parametrize("text", CORPUS, ids=[ascii(text[:8]) for text in CORPUS])
def test_nothing_hostile_reaches_the_terminal(ana, chat, message, text):
    name = text[:32].replace("\n", "")
    chat.deliver(message("geral", name, text, 1))
    chat.topics.add("ana")
    chat.deliver(message("ana", name, text, 1, direct=True))
    chat.deliver(message("geral", "bia", "the end", 2))
    ana.sees("<bia> the end")
    rest = OUR_SEQUENCES.sub("", ana.screen.raw).replace("\u200d", "")
    bad = {character for character in rest if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad
    assert "owned" not in re.findall(r"\x1b\]0;(.*?)\x07", ana.screen.raw)
    forged = [line for line in ana.screen.text().splitlines() if line.startswith("12:00:00 ✓")]
    assert not forged
