"""The limits of what may cross a socket fit each other (protocol.md §3 and §4)."""

from coreto.wire import limits
from coreto.wire.envelope import write_request
from coreto.wire.publication import Publication, write_publication


def test_the_longest_request_fits_a_client_frame():
    name, text = "🙂" * limits.NAME_CHARACTERS, "é" * (limits.TEXT_BYTES // 2)
    data = {"src": name, "dst": name, "message": text, "id": "x" * limits.REQUEST_ID_CHARACTERS}
    assert len(write_request("message", data, limits.CLOCK_MAX, 0.0)) < limits.FRAME_BYTES_CLIENT


def test_the_longest_publication_fits_a_client_frame():
    name, text = "🙂" * limits.NAME_CHARACTERS, "é" * (limits.TEXT_BYTES // 2)
    item = Publication(name, True, name, text, 2**31, 2**31, "x" * 64, 0.0, limits.CLOCK_MAX)
    assert sum(map(len, write_publication(item))) < limits.FRAME_BYTES_CLIENT


def test_an_answer_that_is_cut_fits_a_client_frame_with_one_text_more():
    assert limits.ANSWER_BYTES_MAX + limits.TEXT_BYTES < limits.FRAME_BYTES_CLIENT


def test_the_greatest_clock_makes_no_bigint():
    assert limits.CLOCK_MAX < 2**32
