"""Outcomes and refusals in the words and keys of the course protocol (protocol.md §2)."""

import pytest

from coreto.machines.answers import error_data, message_id, outcome_data, refusal_data, reply_service
from coreto.machines.chat import Outcome
from coreto.texts import Catalogue
from coreto.wire.codec import encode
from coreto.wire.envelope import read
from coreto.wire.log import BrokerKey, Command
from coreto.wire.refusal import RefusalError

ENGLISH = Catalogue("en")
KEY = BrokerKey(1, 2, 3)


def command(kind, request_id=""):
    return Command(kind, KEY, request_id, "ana", "geral", "oi")


@pytest.mark.parametrize("kind", ["login", "channel"])
def test_login_and_channel_succeed_with_sucesso(kind):
    data = outcome_data(Outcome("ok", "", 7, 0), command(kind), ENGLISH)
    assert data == {"status": "sucesso", "description": "", "index": 7}


@pytest.mark.parametrize("kind", ["publish", "message"])
def test_messages_succeed_with_ok_and_an_empty_message(kind):
    data = outcome_data(Outcome("ok", "", 7, 3), command(kind), ENGLISH)
    assert data == {"status": "OK", "message": "", "index": 7, "seq": 3, "id": "7"}


def test_a_message_is_called_as_the_client_called_it():
    assert message_id(command("publish", "mine"), 7) == "mine"
    assert message_id(command("publish"), 7) == "7"


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("channel_exists", "geral"),
        ("channel_unknown", "geral"),
        ("user_unknown", "geral"),
        ("name_is_user", "geral"),
        ("sender_unknown", "ana"),
        ("name_is_channel", "ana"),
    ],
)
def test_a_refusal_names_who_or_what_it_is_about(rule, name):
    data = outcome_data(Outcome("refused", rule, 7, 0), command("publish"), ENGLISH)
    assert (data["status"], data["code"], data["index"]) == ("erro", "refused", 7)
    assert name in data["description"] == data["message"]


@pytest.mark.parametrize("code", ["no_quorum", "no_coordinator", "overloaded", "unknown", "expired_key"])
def test_every_failure_has_a_sentence_in_every_language(code):
    for language in ("en", "pt"):
        data = error_data(code, code, Catalogue(language))
        assert (data["status"], data["code"]) == ("erro", code)
        assert data["description"] == data["message"] != code


def test_statuses_do_not_change_with_the_language():
    refusal = RefusalError("name_long", limit=32)
    english, portuguese = (refusal_data(refusal, Catalogue(language)) for language in ("en", "pt"))
    assert english["status"] == portuguese["status"] == "erro"
    assert english["description"] != portuguese["description"]


def test_what_a_stranger_wrote_is_shown_without_harm():
    data = error_data("refused", "channel_unknown", ENGLISH, name="\x1b[2J" + "x" * 500)
    assert data["description"].isprintable()
    assert len(data["description"]) < 200


@pytest.mark.parametrize(
    ("envelope", "service"),
    [
        ({"service": "login", "data": {"user": "ana"}}, "login"),
        ({"service": "login", "data": {}}, "login"),
        ({"service": "dance", "data": {}}, "error"),
        ({"data": {}}, "error"),
        ({}, "error"),
    ],
)
def test_an_answer_bears_the_name_of_its_request_or_error(envelope, service):
    assert reply_service(read(encode(envelope, "json"))) == service


def test_what_cannot_be_read_is_answered_as_error():
    assert reply_service(read(b"\xc1")) == "error"
