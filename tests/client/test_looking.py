"""Looking at a real cluster, and giving up."""

import threading
import time

import pytest

from coreto.client.chat import NetworkChat
from coreto.client.errors import GivenUpError
from coreto.client.hearing import hearing
from coreto.client.listed import Listed
from coreto.client.survey import Look, best_status, survey
from tests.support.waiting import wait_until

NOWHERE = "inproc://nobody"


@pytest.fixture
def chat(house):
    made = NetworkChat(broker=house.broker, proxy=house.proxy, reference=house.reference, context=house.context)
    yield made
    made.close()


def test_a_look_tells_of_the_cluster(chat):
    look = chat.look()
    assert set(look.status["voters"]) == {"s1", "s2", "s3"}
    assert look.servers is not None
    wait_until(lambda: (offset := chat.look().offset) is not None and abs(offset) < 5.0, "the clock is read")
    wait_until(lambda: chat.look().hearing == dict.fromkeys(("s1", "s2", "s3"), True), "each hears the coordinator")


def test_an_answer_that_took_long_tells_nothing_of_the_clock(chat, monkeypatch):
    monkeypatch.setattr("coreto.client.chat.OFFSET_TRIP_MAX", 0.0)
    assert chat.look().offset is None


def test_names_are_those_of_everybody(chat, fresh):
    user, channel = fresh("ana"), fresh("channel")
    chat.login(user)
    chat.create_channel(channel)
    wait_until(lambda: user in chat.names()[0] and channel in chat.names()[1], "both are listed")


def test_every_server_tells_of_itself(chat):
    wait_until(lambda: len(chat.servers()) == 3, "all are listed")
    reports = chat.survey()
    assert [report.name for report in reports] == ["s1", "s2", "s3"]
    assert all(not report.error and report.offset is not None for report in reports)


@pytest.mark.parametrize("house", ["inproc"], indirect=True)
def test_one_that_does_not_answer_is_told_with_the_reason(context, house, monkeypatch):
    monkeypatch.setattr("coreto.client.direct.CONNECT_MS", 50)
    (report,) = survey(context, [Listed("s9", 9, "tcp://127.0.0.1:9", coordinator=False)])
    assert (report.name, report.status) == ("s9", {})
    assert "127.0.0.1:9" in report.error


@pytest.mark.parametrize("house", ["inproc"], indirect=True)
def test_a_look_without_a_reference_says_so(house, monkeypatch):
    monkeypatch.setattr("coreto.client.chat.LOOK_MS", 50)
    chat = NetworkChat(broker=house.broker, proxy=house.proxy, reference=NOWHERE, context=house.context)
    try:
        assert isinstance(chat.look(), Look)
        assert chat.look().servers is None
    finally:
        chat.close()


@pytest.mark.parametrize("house", ["inproc"], indirect=True)
def test_who_cannot_be_asked_or_says_nothing_is_left_out(context, house):
    nowhere = [Listed(address, 1, address, coordinator=False) for address in ("tcp://127.0.0.1:9", "nonsense", "")]
    assert hearing(context, nowhere, 50) == {}


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("house", ["inproc"], indirect=True)
def test_a_request_under_way_can_be_given_up(context, house, for_good):
    chat = NetworkChat(broker=NOWHERE, proxy=house.proxy, reference=NOWHERE, context=house.context)
    caught = []

    def ask():
        try:
            chat.users()
        except GivenUpError as error:
            caught.append(error)

    thread = threading.Thread(target=ask)
    started = time.monotonic()
    thread.start()

    def given_up():
        chat.give_up(for_good=for_good)
        return not thread.is_alive()

    wait_until(given_up, "the asking ends")
    assert [error.status for error in caught] == [130]
    assert time.monotonic() - started < 15
    if for_good:
        with pytest.raises(GivenUpError):
            chat.users()
    chat.close()


class Answers:
    """A broker that asks another server each time."""

    def __init__(self, *quorums):
        self.left = list(quorums)

    def status(self):
        return {"quorum": self.left.pop(0), "timestamp": time.time() + 5, "left": len(self.left)}


def test_of_several_servers_one_in_the_majority_is_believed():
    answer = best_status(Answers(False, True, True))  # type: ignore[arg-type]  # as much of a client as it needs
    assert (answer.data["quorum"], answer.data["left"]) == (True, 1)
    assert answer.ahead("timestamp") == pytest.approx(5, abs=1)


def test_a_minority_is_believed_when_nobody_says_otherwise():
    answer = best_status(Answers(False, False, False))  # type: ignore[arg-type]  # as much of a client as it needs
    assert answer.data["quorum"] is False
