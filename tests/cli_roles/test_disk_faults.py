"""A server whose disk fails halts once, says what to do, and lost nothing that it acknowledged."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest

from tests.support.plain import NoAnswerError, PlainClient
from tests.support.roles import Role
from tests.support.waiting import wait_until

FAILING_SYNC = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* While the file named by FAIL_SYNC exists every sync fails, and leaves a mark in it. */
static int sync_or_fail(const char *name, int handle) {
    const char *flag = getenv("FAIL_SYNC");
    if (flag == NULL || access(flag, F_OK) != 0)
        return ((int (*)(int))dlsym(RTLD_NEXT, name))(handle);
    FILE *marks = fopen(flag, "a");
    fputs("x", marks);
    fclose(marks);
    errno = EIO;
    return -1;
}
int fsync(int handle) { return sync_or_fail("fsync", handle); }
int fdatasync(int handle) { return sync_or_fail("fdatasync", handle); }
"""
LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
    "from coreto.cli import main; sys.exit(main(sys.argv[2:]))"
)
SMALL_BYTES = 700_000
"""Room for a server and some of the large messages."""
LARGE = "x" * 4000
WRITES_MAX = 1000
ANSWER_SECONDS = 15.0
SYNCS_MAX = 2
"""The one that failed, and that of closing the file, on which nothing rests any more."""


class Ended(threading.Event):
    """Set when a role has ended."""

    def __init__(self, role):
        super().__init__()
        self.role = role

    def is_set(self):
        return self.role.process.poll() is not None


class Alone:
    """The one server of a cluster of one, which is asked directly."""

    def __init__(self, role, client):
        self.role = role
        self.client = client

    def write_until_it_ends(self):
        """Publish large messages until the server ends; return how many were acknowledged."""
        if "ana" not in self.client.ask("users")["users"]:
            self.client.write("login", user="ana")
            self.client.write("channel", channel="geral")
        acknowledged = 0
        for _ in range(WRITES_MAX):
            try:
                self.client.write("publish", user="ana", channel="geral", message=LARGE)
            except NoAnswerError:
                break
            acknowledged += 1
        return acknowledged

    def last_seq(self):
        messages = self.client.ask("history", channel="geral", limit=1)["messages"]
        return messages[-1]["seq"] if messages else 0


@pytest.fixture
def live(tmp_path, context):
    """Lives of one server, one after the other, each of which coordinates."""
    numbers = itertools.count(1)

    with ExitStack() as stack:

        def live(data, **how):
            arguments = ["server", "--name", "s1", "--genesis", "1", "--data", data, "--bind", "tcp://127.0.0.1:*"]
            role = Role(tmp_path, f"life-{next(numbers)}", *arguments, "--lang", "en", **how)
            stack.callback(role.close)
            role.wait_said("listens at")
            found = re.search(r"tcp://127\.0\.0\.1:\d+", role.errors())
            assert found
            client = stack.enter_context(PlainClient(context, found[0], ANSWER_SECONDS, Ended(role)))
            # Until it is born it refuses whatever it is asked.
            wait_until(lambda: client.ask("status").get("role") == "coordinator", "it coordinates")
            return Alone(role, client)

        yield live


def assert_halted(life, *words):
    assert life.role.process.wait(ANSWER_SECONDS) == 1
    (sentence,) = life.role.errors().splitlines()[1:]
    assert sentence.startswith("s1 halted: ")
    assert all(word in sentence for word in ("server.db", *words)), sentence


@pytest.fixture
def failing_sync(tmp_path):
    """The environment in which syncs fail once the file exists."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("needs Linux and gcc")
    source, library = tmp_path / "sync.c", tmp_path / "sync.so"
    source.write_text(FAILING_SYNC)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=60)
    return {"LD_PRELOAD": str(library), "FAIL_SYNC": str(tmp_path / "fail")}


@pytest.fixture
def small_disk(tmp_path):
    """A file system with little room; a function that gives it more."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = f"size={2 * SMALL_BYTES}"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("may not mount a file system")
    yield folder, lambda: subprocess.run(["mount", "-o", "remount,size=64m", folder], check=True, timeout=20)
    subprocess.run(["umount", folder], check=True, timeout=20)


def test_a_failed_sync_ends_it_at_once_and_is_not_tried_again(tmp_path, live, failing_sync):
    first = live(tmp_path / "s1", extra=failing_sync)
    first.client.write("login", user="ana")
    first.client.write("channel", channel="geral")
    first.client.write("publish", user="ana", channel="geral", message="before")
    (tmp_path / "fail").touch()
    assert first.write_until_it_ends() == 0
    assert_halted(first, "the disk failed", "restart the machine")
    assert 1 <= len((tmp_path / "fail").read_text()) <= SYNCS_MAX
    (tmp_path / "fail").unlink()
    assert live(tmp_path / "s1").last_seq() >= 1


def test_a_full_disk_ends_it_and_room_brings_it_back(small_disk, live):
    folder, grow = small_disk
    first = live(folder / "s1")
    acknowledged = first.write_until_it_ends()
    assert 0 < acknowledged < WRITES_MAX
    assert_halted(first, "disk is full", "make room")
    grow()
    assert live(folder / "s1").last_seq() >= acknowledged


def test_a_file_that_may_not_grow_ends_it(tmp_path, live):
    first = live(tmp_path / "s1", command=(sys.executable, "-c", LIMITED, str(SMALL_BYTES)))
    acknowledged = first.write_until_it_ends()
    assert 0 < acknowledged < WRITES_MAX
    assert_halted(first)
    assert live(tmp_path / "s1").last_seq() >= acknowledged


@pytest.mark.skipif(os.name != "posix", reason="other systems keep files that are open")
def test_a_removed_folder_ends_it_even_when_nobody_writes(tmp_path, live):
    first = live(tmp_path / "s1")
    shutil.rmtree(tmp_path / "s1")
    assert_halted(first, "removed")


def test_a_log_row_that_is_damaged_ends_it_before_it_says_anything(tmp_path, live):
    first = live(tmp_path / "s1")
    first.client.write("login", user="ana-maria")
    assert first.role.end() == 0
    raw = (tmp_path / "s1" / "server.db").read_bytes()
    (tmp_path / "s1" / "server.db").write_bytes(raw.replace(b"ana-maria", b"ana-marta"))
    arguments = ["server", "--name", "s1", "--data", tmp_path / "s1", "--lang", "en"]
    again = Role(tmp_path, "again", *arguments)
    assert again.process.wait(ANSWER_SECONDS) == 1
    assert again.errors().startswith("s1 halted: ")
    assert "coreto restore" in again.errors(), "there are no others to copy from"
    assert "Traceback" not in again.errors()
