"""Signals that end a program in good order."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.cluster import Cluster

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these signals are POSIX")


@pytest.fixture
def heard():
    """Have programs hear every signal, also where the tests themselves are meant to outlive their terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_cluster_told_to_stop_or_whose_window_is_closed_ends_in_good_order(number, tmp_path):
    with Cluster(tmp_path, "--ephemeral") as cluster:
        assert cluster.end(number) == 0
        assert cluster.errors() == ""


def test_a_program_meant_to_outlive_its_terminal_does():
    code = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "from coreto.launcher.signals import install; install(); os.kill(os.getpid(), signal.SIGHUP); print('lives')"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.stdout == "lives\n"
