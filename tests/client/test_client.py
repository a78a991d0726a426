"""A client of a real cluster."""

import pytest

from coreto.client import Client, RefusedError
from tests.support.waiting import wait_until


@pytest.fixture
def ana(person, fresh):
    name = fresh("ana")
    person.login(name)
    return name


@pytest.fixture
def square(person, fresh):
    name = fresh("square")
    person.create_channel(name)
    return name


def texts(publications):
    return [(item.seq, item.message) for item in publications]


def test_a_login_is_listed_and_may_be_repeated(person, fresh):
    name = fresh("ana")
    assert person.login(name)["status"] == person.login(name)["status"] == "sucesso"
    assert person.users().count(name) == 1
    assert person.users() == sorted(person.users())


def test_a_channel_is_created_once(person, square):
    assert square in person.channels()
    with pytest.raises(RefusedError, match=square) as caught:
        person.create_channel(square)
    assert (caught.value.rule, caught.value.code, caught.value.status) == ("channel_exists", "refused", 1)


def test_messages_are_numbered_and_found_in_history(person, ana, square):
    answers = [person.publish(ana, square, f"text {n}") for n in range(1, 6)]
    assert [answer["seq"] for answer in answers] == [1, 2, 3, 4, 5]
    found = person.history(channel=square)
    assert texts(found) == [(n, f"text {n}") for n in range(1, 6)]
    assert [item.id for item in found] == [answer["id"] for answer in answers]
    assert {item.user for item in found} == {ana}
    assert not any(item.direct for item in found)


def test_history_is_read_page_by_page(person, ana, square):
    for n in range(1, 8):
        person.publish(ana, square, str(n))
    assert texts(person.history(channel=square, after=2, limit=2)) == [(3, "3"), (4, "4")]
    assert texts(person.history(channel=square, before=6, limit=2)) == [(4, "4"), (5, "5")]
    assert texts(person.history(channel=square, limit=1)) == [(7, "7")]
    assert person.history(channel=square, after=7) == []


def test_direct_messages_are_found_by_receiver_and_by_conversation(person, ana, fresh):
    bia = fresh("bia")
    person.login(bia)
    person.message(ana, bia, "one")
    person.message(bia, ana, "two")
    person.message(ana, bia, "three")
    inbox = person.history(user=bia)
    assert texts(inbox) == [(1, "one"), (2, "three")]
    assert all(item.direct and item.topic == bia for item in inbox)
    assert [item.message for item in person.history(user=ana, peer=bia)] == ["one", "two", "three"]


@pytest.mark.parametrize("text", ["", "x" * 4097, "bell \a"], ids=["empty", "long", "control"])
def test_a_text_that_breaks_a_rule_is_refused_with_a_sentence(person, ana, square, text):
    with pytest.raises(RefusedError, match=r"\.$") as caught:
        person.publish(ana, square, text)
    assert caught.value.code == "bad_request"
    assert person.history(channel=square) == []


def test_an_unknown_sender_or_channel_is_refused(person, ana, square, fresh):
    for arguments in ((fresh("nobody"), square), (ana, fresh("nowhere"))):
        with pytest.raises(RefusedError):
            person.publish(*arguments, "oi")


def test_a_request_repeated_with_its_id_takes_effect_once(person, ana, square, fresh):
    wanted = {"user": ana, "channel": square, "message": "once", "id": fresh("id")}
    first, second = person.ask("publish", **wanted), person.ask("publish", **wanted)
    assert (first["seq"], first["index"], first["id"]) == (second["seq"], second["index"], second["id"])
    assert texts(person.history(channel=square)) == [(1, "once")]


def test_an_id_is_not_used_for_something_else(person, ana, square, fresh):
    wanted = {"user": ana, "channel": square, "id": fresh("id")}
    person.ask("publish", **wanted, message="one")
    with pytest.raises(RefusedError) as caught:
        person.ask("publish", **wanted, message="other")
    assert caught.value.rule == "id_reused"
    assert texts(person.history(channel=square)) == [(1, "one")]


def test_who_coordinates_can_be_asked(person):
    assert person.election()["coordinator"] in ("s1", "s2", "s3")
    assert person.status()["server"] in ("s1", "s2", "s3")


def test_two_clients_see_the_same(house, person, ana, square):
    with Client(house.broker, context=house.context) as other:
        person.publish(ana, square, "oi")
        other.publish(ana, square, "olá")
        assert texts(other.history(channel=square)) == [(1, "oi"), (2, "olá")]
        # Whoever has seen neither write nor answer of the other may ask a server that is a little behind.
        wait_until(lambda: texts(person.history(channel=square)) == [(1, "oi"), (2, "olá")], "both see both")


@pytest.mark.parametrize("house", ["both"], indirect=True)
def test_a_client_outside_has_its_own_context(house, fresh):
    name = fresh("guest")
    with Client(house.info()["broker"]) as guest:
        guest.login(name)
        assert name in guest.users()
