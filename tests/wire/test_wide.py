"""The wide profile repeats values of an answer where other readers look for them (protocol.md §4, 7)."""

import pytest

from coreto.wire.codec import decode
from coreto.wire.envelope import Shape, read, write

REQUEST = b'{"service": "users", "data": {"timestamp": 1}}'


def answer(service, data, shape=None):
    """An answer as a reader decodes it."""
    envelope, _ = decode(write(shape or Shape(wide=True), service, data, 7, 1.5))
    return envelope


def test_it_is_off_unless_asked_for():
    assert not read(REQUEST).shape.wide
    assert "success" not in answer("login", {"status": "sucesso"}, Shape())


@pytest.mark.parametrize("raw", [REQUEST, b"{", b"\xc1", b"[]", b""])
def test_every_request_may_be_answered_so(raw):
    assert read(raw, wide=True).shape.wide


@pytest.mark.parametrize(
    ("service", "data", "success"),
    [
        ("login", {"status": "sucesso", "description": ""}, True),
        ("login", {"status": "erro", "description": "não"}, False),
        ("publish", {"status": "OK", "message": ""}, True),
        ("publish", {"status": "erro", "message": "não"}, False),
        ("users", {"users": []}, True),
        ("error", {"status": "erro"}, False),
    ],
)
def test_success_says_how_it_went(service, data, success):
    envelope = answer(service, data)
    assert (envelope["success"], envelope["data"]["success"]) == (success, success)


def test_lists_and_texts_stand_on_top_too():
    users = answer("users", {"users": ["ana", "bia"]})
    assert users["users"] == users["data"]["users"] == users["data"]["lista"] == ["ana", "bia"]
    channels = answer("channels", {"channels": ["geral"], "users": ["geral"]})
    assert channels["channels"] == channels["users"] == channels["data"]["lista"] == ["geral"]
    assert answer("publish", {"status": "erro", "message": "não"})["message"] == "não"


def test_the_servers_stand_under_lista_too():
    rows = [{"name": "s1", "rank": 1}]
    envelope = answer("list", {"list": rows})
    assert envelope["data"]["lista"] == envelope["data"]["list"] == rows
    assert "list" not in envelope


def test_nothing_is_taken_away():
    data = {"status": "OK", "message": "", "seq": 3, "index": 9}
    narrow, wide = answer("publish", data, Shape()), answer("publish", data)
    assert narrow.items() <= {**wide, "data": narrow["data"]}.items()
    assert narrow["data"].items() <= wide["data"].items()


def test_it_keeps_encoding_and_timestamp():
    shape = read(REQUEST, wide=True).shape
    assert (shape.encoding, shape.timestamp) == ("json", "int")
    assert decode(write(shape, "users", {"users": []}, 7, 1.5))[1] == "json"
