"""A campaign on several processes that is told to stop: all of them end, whoever was told."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are counted in /proc")

SECONDS = 60.0
CHILDREN = 2
BUSY_TICKS = 100
"""Ticks of processor time after which a child runs seeds: its start takes fewer."""
USER_TIME = 11
"""Its place among the fields of /proc/PID/stat behind the name of the program."""


def _busy_children(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [child for child in children if _ticks(child) > BUSY_TICKS]


def _ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[USER_TIME])


def _group_is_gone(pid):
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("tell", [os.kill, os.killpg], ids=["the parent", "everybody"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_campaign_told_to_stop_leaves_no_process_behind(tell, number):
    command = [sys.executable, "-m", "coreto", "simulate", "--seeds", "0-9999", "--jobs", "2", "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            wait_until(lambda: len(_busy_children(process.pid)) == CHILDREN, "seeds are run", SECONDS)
            tell(process.pid, number)
            _output, errors = process.communicate(timeout=SECONDS)
            assert b"Traceback" not in errors
            wait_until(lambda: _group_is_gone(process.pid), "every process is gone", SECONDS)
        finally:
            if not _group_is_gone(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
