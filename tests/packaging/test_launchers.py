"""What is double-clicked on Linux and macOS: the window stays when there is something to read."""

import contextlib
import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.program import environment
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")

LAUNCHERS = Path(__file__).parents[2] / "build" / "launchers"
SECONDS = 15.0


class Window:
    """A program in a pseudo terminal."""

    def __init__(self, command, folder, language):
        ours, theirs = pty.openpty()
        self._ours = ours
        self.shown = b""
        settings = {**environment(), "LANG": language}
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=settings)
        os.close(theirs)
        os.set_blocking(ours, False)

    def shows(self, text):
        """Whether the text has appeared by now."""
        with contextlib.suppress(OSError):  # nothing to read, or the program is gone
            self.shown += os.read(self._ours, 65536)
        return text.encode() in self.shown

    def press_enter(self):
        """Type."""
        os.write(self._ours, b"\r")

    def close(self):
        """Leave nothing running."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@pytest.fixture
def folder(tmp_path):
    """A folder with the launchers, and a space in its name."""
    place = tmp_path / "my programs"
    shutil.copytree(LAUNCHERS, place)
    return place


@pytest.fixture
def window(folder):
    """Opens windows; all are closed after the test."""
    made = []

    def start(command, language="en_US.UTF-8"):
        made.append(Window(command, folder.parent, language))
        return made[-1]

    yield start
    for one in made:
        one.close()


def put_program(folder, script, name="coreto"):
    """Put a program beside the launcher."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en_US.UTF-8", "Press Enter to close this window."), ("pt_BR.UTF-8", "Aperte Enter para fechar esta janela.")],
)
def test_an_error_stays_until_enter_is_pressed(folder, window, language, sentence):
    put_program(folder, "echo 'The port is in use.' >&2; exit 1")
    opened = window([folder / "coreto.sh"], language)
    wait_until(lambda: opened.shows(sentence), "the question", SECONDS)
    assert b"The port is in use." in opened.shown
    assert opened.process.poll() is None, "the window is still there"
    opened.press_enter()
    assert opened.process.wait(SECONDS) == 1


@pytest.mark.parametrize("status", [0, 130])
def test_a_window_closes_when_there_is_nothing_to_read(folder, window, status):
    put_program(folder, f"exit {status}")
    assert window([folder / "coreto.sh"]).process.wait(SECONDS) == status


def test_arguments_reach_the_program_and_no_terminal_is_asked_for_nothing(folder):
    put_program(folder, 'printf "<%s>" "$@"; exit 3')
    finished = subprocess.run(
        [folder / "coreto.sh", "chat", "--user", "ana maria"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout == "<chat><--user><ana maria>"
    assert finished.returncode == 3


def test_the_one_file_program_beside_it_is_found(folder, window):
    put_program(folder, "exit 0", "coreto-0.1.0-linux-x86_64-01234567")
    (folder / "coreto-0.1.0-linux-x86_64-01234567.sha256").write_text("0  x\n")
    assert window([folder / "coreto.sh"]).process.wait(SECONDS) == 0


def test_a_folder_without_the_program_says_so(folder, window):
    opened = window([folder / "coreto.sh"])
    wait_until(lambda: opened.shows("Press Enter"), "the question", SECONDS)
    assert b"There is no program coreto in" in opened.shown


def exec_words():
    """The command of the desktop entry, as the standard says it is taken apart."""
    entry = (LAUNCHERS / "Coreto.desktop").read_text("utf-8")
    line = re.search(r"^Exec=(.*)$", entry, re.MULTILINE)
    assert line
    # First the escapes of any value, then those between quotes.
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line[1].replace("\\\\", "\\"))
    return [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in words]


@pytest.mark.parametrize("location", ["{folder}/Coreto.desktop", "file://{folder}/Coreto.desktop", ""])
def test_the_desktop_entry_starts_what_lies_beside_it(folder, location):
    put_program(folder, "echo started")
    words = [location.format(folder=folder) if word == "%k" else word for word in exec_words()]
    done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.stdout == "started\n", done.stderr


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-utils is not installed")
def test_the_desktop_entry_is_valid():
    done = subprocess.run(["desktop-file-validate", LAUNCHERS / "Coreto.desktop"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_it_opens_a_terminal_and_has_our_icon():
    entry = (LAUNCHERS / "Coreto.desktop").read_text("utf-8")
    assert "\nTerminal=true\n" in entry
    assert "\nIcon=coreto\n" in entry


def test_windows_reads_its_launchers():
    for file in (LAUNCHERS / "coreto.cmd", LAUNCHERS.parents[1] / "scripts" / "build.cmd"):
        raw = file.read_bytes()
        assert raw.isascii()
        assert raw.count(b"\r\n") == raw.count(b"\n")
