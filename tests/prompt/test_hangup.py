"""Writing to a terminal whose window was closed."""

import os
import sys

import pytest

from coreto.prompt import _open_terminal
from coreto.prompt.hangup import outliving

if sys.platform == "win32":
    pytest.skip("its terminals are other ones", allow_module_level=True)

import pty


@pytest.fixture
def window():
    """The end of a terminal that a window has, and the stream at the other end."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        yield master, stream


def test_what_is_written_is_shown(window):
    master, stream = window
    written = outliving(stream)
    assert written.isatty()
    written.write("oi, é\n")
    written.flush()
    assert os.read(master, 100).decode() == "oi, é\r\n"
    os.close(master)


def test_what_nobody_sees_any_more_is_no_error(window):
    master, stream = window
    written = outliving(stream)
    os.close(master)
    with pytest.raises(OSError, match="Errno 5"):
        os.write(stream.fileno(), b"oi")
    written.write("oi\n")
    written.flush()


def test_the_terminal_is_never_asked_where_the_cursor_is(monkeypatch):
    """Its answer comes when more was written already, and what is drawn by it would scroll the first lines away."""
    monkeypatch.setenv("TERM", "xterm")
    far, near = pty.openpty()
    try:
        with open(near, encoding="utf-8", closefd=False) as stdin, open(near, "w", closefd=False) as stdout:
            ends = _open_terminal(stdin, stdout)
        assert ends is not None
        assert not ends[1].responds_to_cpr
    finally:
        os.close(far)
        os.close(near)
