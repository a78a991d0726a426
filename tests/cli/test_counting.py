"""How far something is, shown on a terminal only."""

from io import StringIO

import pyte

from coreto.cli.counting import CountingLine


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self):
        return True


def shown(terminal):
    """What a person sees."""
    screen = pyte.Screen(40, 4)
    pyte.Stream(screen).feed(terminal.getvalue().replace("\n", "\r\n"))
    return "\n".join(line.rstrip() for line in screen.display).rstrip()


def test_what_is_shown_takes_the_place_of_what_was():
    terminal = Terminal()
    line = CountingLine(terminal)
    line.show("one of twenty sentences")
    line.show("two", at_once=True)
    assert shown(terminal) == "two"


def test_a_cleared_line_leaves_room_for_something_else():
    terminal = Terminal()
    line = CountingLine(terminal)
    line.show("1 of 20 sentences")
    line.clear()
    terminal.write("a result\n")
    line.clear()
    assert shown(terminal) == "a result"


def test_a_terminal_is_not_flooded():
    terminal = Terminal()
    line = CountingLine(terminal)
    for count in range(1000):
        line.show(str(count))
    assert terminal.getvalue().count("\r") < 1000


def test_where_there_is_no_terminal_nothing_is_shown():
    stream = StringIO()
    line = CountingLine(stream)
    line.show("1 of 20", at_once=True)
    line.clear()
    assert stream.getvalue() == ""
