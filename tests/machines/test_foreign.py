"""The broker's table of requests to foreign servers: each is sent once and has one answer."""

import pytest

from coreto.machines.clock import ApplicationClock
from coreto.machines.effects import ReplyTo
from coreto.machines.foreign import OPEN_MAX, ForeignDispatch, SendForeign
from coreto.machines.settings import DEFAULTS, Settings
from coreto.texts import Catalogue
from coreto.wire.codec import decode
from coreto.wire.envelope import read_reply
from tests.support.machines import request

RAW = request("login", user="ana")
BODY = b"whatever the server says"
BUDGET = DEFAULTS.broker_budget


class Table:
    """The machine, and a number of foreign servers that take what they are given."""

    def __init__(self, room=1000, settings=DEFAULTS):
        self.now = 10.0
        self.machine = ForeignDispatch(ApplicationClock(0.0), settings, Catalogue("en"))
        self.room = room
        self.sent = []
        self.replies = []

    def request(self, name="x", raw=RAW):
        self.machine.on_request((name.encode(), b""), raw, self.now)
        self.turn()

    def answer(self, number, body=BODY):
        self.machine.on_answer(number, body)
        self.turn()

    def wait(self, seconds):
        self.now += seconds
        self.turn()

    def turn(self):
        """End a turn as the driver does."""
        self.machine.tick(self.now)
        for effect in self.machine.flush():
            if isinstance(effect, ReplyTo):
                self.replies.append((effect.route[0].decode(), effect.body))
            elif isinstance(effect, SendForeign) and self.room:
                self.room -= 1
                self.sent.append((effect.number, effect.raw))
                self.machine.on_sent(effect.number)

    def told(self):
        """To whom the broker itself said what."""
        return [(name, read_reply(body)[1]["code"]) for name, body in self.replies]


@pytest.fixture
def table():
    return Table()


def test_a_request_goes_out_as_it_came_and_its_answer_comes_back_as_it_is(table):
    table.request("ana", RAW)
    assert table.sent == [(1, RAW)]
    table.answer(1)
    assert table.replies == [("ana", BODY)]


def test_each_client_has_its_own_answer_in_any_order(table):
    for name in "abc":
        table.request(name)
    for number in (3, 1, 2):
        table.answer(number, b"%d" % number)
    assert table.replies == [("c", b"3"), ("a", b"1"), ("b", b"2")]


def test_a_second_answer_finds_nobody(table):
    table.request()
    table.answer(1)
    table.answer(1)
    table.wait(2 * BUDGET)
    assert table.replies == [("x", BODY)]


def test_an_answer_to_what_was_never_asked_finds_nobody(table):
    table.answer(7)
    assert table.replies == []


def test_what_was_sent_is_never_sent_again(table):
    table.request()
    for _ in range(20):
        table.wait(BUDGET / 10)
    assert table.sent == [(1, RAW)]


def test_a_server_that_is_silent_leaves_the_end_unknown(table):
    table.request()
    table.wait(BUDGET - 0.01)
    assert table.replies == []
    table.wait(0.02)
    assert table.told() == [("x", "unknown")]


def test_an_answer_after_the_end_finds_nobody(table):
    table.request()
    table.wait(BUDGET + 0.01)
    table.answer(1)
    assert table.told() == [("x", "unknown")]


def test_without_servers_nothing_is_sent_and_that_is_certain():
    table = Table(room=0)
    table.request()
    table.wait(BUDGET + 0.01)
    assert table.told() == [("x", "no_coordinator")]
    table.room = 5
    table.wait(1.0)
    assert table.sent == []


def test_what_waited_is_sent_once_when_a_server_comes():
    table = Table(room=0)
    for name in "ab":
        table.request(name)
    table.wait(1.0)
    table.room = 1
    table.wait(0.1)
    assert [number for number, _ in table.sent] == [1]
    table.room = 5
    table.wait(0.1)
    table.wait(0.1)
    assert [number for number, _ in table.sent] == [1, 2]


def test_the_last_moment_is_when_the_first_time_is_over(table):
    table.request()
    assert table.machine.deadline() == pytest.approx(table.now + BUDGET)


def test_beyond_the_limit_is_overloaded_and_not_sent():
    table = Table(room=0)
    for number in range(OPEN_MAX):
        table.machine.on_request((b"%d" % number, b""), RAW, table.now)
    table.request("late")
    assert table.told() == [("late", "overloaded")]
    table.room = OPEN_MAX + 1
    table.turn()
    assert len(table.sent) == OPEN_MAX


def test_a_place_is_free_again_after_an_answer():
    table = Table(room=OPEN_MAX)
    for number in range(OPEN_MAX):
        table.machine.on_request((b"%d" % number, b""), RAW, table.now)
    table.turn()
    table.answer(1)
    table.room = 1
    table.request("late")
    assert table.sent[-1] == (OPEN_MAX + 1, RAW)


def test_what_is_no_request_has_an_answer_at_once(table):
    table.machine.refuse((b"x", b""), "parts_many", {"limit": 8}, table.now)
    table.turn()
    assert table.told() == [("x", "bad_request")]
    assert table.sent == []


def test_bytes_that_nobody_can_read_go_to_the_server_that_may(table):
    table.request(raw=b"\xff\xff")
    assert table.sent == [(1, b"\xff\xff")]
    table.wait(BUDGET + 0.01)
    assert table.told() == [("x", "unknown")]


def test_the_broker_itself_answers_in_its_profile_and_leaves_the_answers_of_servers_alone():
    table = Table(settings=Settings(wide=True))
    table.request("one")
    table.answer(1)
    table.request("two")
    table.wait(BUDGET)
    table.machine.refuse((b"three", b""), "parts_many", {"limit": 8}, table.now)
    table.turn()
    (_, of_server), *own = table.replies
    assert of_server == BODY
    assert [decode(body)[0]["success"] for _, body in own] == [False, False]
