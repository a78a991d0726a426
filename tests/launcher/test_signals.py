"""Signals that end a program in good order."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from coreto.launcher.signals import StopRequested, install
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


@pytest.fixture
def restored():
    """Give this process back what it did with signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("restored")
def test_a_request_that_comes_while_python_compiles_is_not_lost():
    """A program that is started for the first time compiles its files, and folds the constants in them."""
    source = "x = 10 ** 15\n" * 500
    for microseconds in range(100, 20_000, 100):
        install()
        old = signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
        try:
            signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
            compile(source, "x", "exec")
            came_in_time = signal.setitimer(signal.ITIMER_REAL, 0)[0] == 0.0
            assert not came_in_time, f"lost after {microseconds} us"
        except StopRequested:
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)


@pytest.mark.usefixtures("restored")
def test_a_request_that_comes_in_an_event_loop_ends_it():
    """The prompt waits in one."""
    loop = asyncio.new_event_loop()
    install()
    loop.call_soon(os.kill, os.getpid(), signal.SIGTERM)
    loop.call_later(1.0, loop.stop)
    with pytest.raises(StopRequested):
        loop.run_forever()
    loop.close()
