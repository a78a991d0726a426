"""What a newcomer reads first."""

import pytest

from coreto.cli.up import _welcome
from coreto.texts import LANGUAGES, activate

INFO = {
    "servers": [{"name": f"s{number}"} for number in (1, 2, 3)],
    "broker": "tcp://127.0.0.1:5555",
    "proxy": "tcp://127.0.0.1:5558",
    "data": "/home/ana/coreto",
}
COLUMNS = 79
"""One less than a terminal has: the last stays free."""


@pytest.mark.parametrize("processes", [False, True])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_three_lines_say_what_runs_and_what_to_type(lang, processes):
    activate(lang)
    try:
        lines = _welcome(INFO, processes=processes)
    finally:
        activate("en")
    assert len(lines) == 3
    assert max(map(len, lines)) <= COLUMNS
    assert "s1, s2, s3" in lines[0]
    assert all(command in lines[2] for command in ("/login", "/channel", "/join", "/help", "/quit"))
