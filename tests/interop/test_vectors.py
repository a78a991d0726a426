"""The golden vectors are what the code writes, and say the same in bytes and in words."""

import json

import pytest

from coreto.wire.codec import decode
from coreto.wire.services import READERS
from tests.support.vectors import FILE, make, text

VECTORS = json.loads(FILE.read_text("utf-8"))
OURS = {"status", "members", "promote", "remove"}
"""Services beyond the course protocol, which answer with what happens to be so."""


def test_the_file_is_what_the_code_makes():
    assert make() == VECTORS, "run scripts/vectors, and look at what has changed"
    assert text() == FILE.read_text("utf-8"), "run scripts/vectors"


def test_every_service_of_the_course_is_shown():
    assert {vector["request"]["decoded"]["service"] for vector in VECTORS["exchanges"]} >= READERS.keys() - OURS


@pytest.mark.parametrize("vector", VECTORS["exchanges"], ids=lambda vector: vector["name"])
@pytest.mark.parametrize("side", ["request", "reply"])
def test_an_exchange_decodes_to_what_it_says(vector, side):
    value, encoding = decode(bytes.fromhex(vector[side]["hex"]))
    assert (value, encoding) == (vector[side]["decoded"], vector["encoding"])


@pytest.mark.parametrize("vector", VECTORS["publications"], ids=lambda vector: f"{vector['name']}, {vector['at']}")
def test_a_publication_decodes_to_what_it_says(vector):
    *topic, body = (bytes.fromhex(frame) for frame in vector["frames"])
    shown = decode(body)[0] if topic else body.decode()
    assert shown == vector["decoded"]
    if topic:
        assert topic[0].decode() in (*vector["decoded"].values(), "servers")
