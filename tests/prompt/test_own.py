"""The person's own messages are shown once, whatever comes first."""

import pytest

from coreto.prompt import own
from coreto.prompt.own import REMEMBERED_MAX, OwnMessages
from coreto.prompt.results import Spoken

OI = Spoken("geral", "ana", "oi", 0.0, own=True)


@pytest.fixture
def mine():
    return OwnMessages()


def test_the_answer_comes_first(mine):
    mine.begin("geral", "oi")
    mine.end("geral", 7, OI, follows=True)
    assert mine.recognise("geral", 7, "oi") is True
    assert mine.recognise("geral", 8, "oi") is False


def test_the_publication_comes_first(mine, monkeypatch):
    monkeypatch.setattr(own, "PATIENCE_SECONDS", 0.0)
    mine.begin("geral", "oi")
    assert mine.recognise("geral", 6, "from another window") is False
    assert mine.recognise("geral", 7, "oi") is True
    mine.end("geral", 7, OI, follows=True)
    assert mine.overdue() == []


def test_another_of_the_same_text_came_first(mine, monkeypatch):
    monkeypatch.setattr(own, "PATIENCE_SECONDS", 0.0)
    mine.begin("geral", "oi")
    assert mine.recognise("geral", 6, "oi") is True
    mine.end("geral", 7, OI, follows=True)
    assert mine.recognise("geral", 7, "oi") is True


def test_the_publication_never_comes(mine, monkeypatch):
    monkeypatch.setattr(own, "PATIENCE_SECONDS", 0.0)
    mine.begin("geral", "oi")
    mine.end("geral", 7, OI, follows=True)
    assert mine.overdue() == [OI]
    assert mine.overdue() == []
    assert mine.recognise("geral", 7, "oi") is None


def test_what_nobody_knows_of_is_recognised_if_it_comes(mine):
    mine.begin("geral", "oi")
    mine.abandon(unknown=True)
    assert mine.recognise("geral", 7, "oi") is True
    assert mine.recognise("geral", 8, "oi") is False


def test_what_was_refused_is_not_expected(mine):
    mine.begin("geral", "oi")
    mine.abandon(unknown=False)
    assert mine.recognise("geral", 7, "oi") is False


def test_what_is_remembered_is_bounded(mine):
    for seq in range(REMEMBERED_MAX + 1):
        mine.end("geral", seq, OI, follows=False)
    assert mine.recognise("geral", 0, "oi") is False
    assert mine.recognise("geral", REMEMBERED_MAX, "oi") is None
