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
CHILDREN = 3
"""Two that run seeds, and the one that Python has beside them."""


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


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
            wait_until(lambda: len(_children(process.pid)) == CHILDREN, "seeds are run", SECONDS)
            tell(process.pid, number)
            _output, errors = process.communicate(timeout=SECONDS)
            assert b"Traceback" not in errors
            wait_until(lambda: _group_is_gone(process.pid), "every process is gone", SECONDS)
        finally:
            if not _group_is_gone(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
