"""Folders of the one-file program: removed when nobody lives in them, and only then."""

import os
import subprocess
import sys
import time

import pytest

from coreto.launcher import unpacked
from tests.support.waiting import wait_until

HOLDER = """
import sys
from pathlib import Path
from coreto.launcher.unpacked import hold
hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def left_behind(tmp_path):
    """A folder of ours whose owner was killed."""
    folder = tmp_path / "_MEIours"
    (folder / "python").mkdir(parents=True)
    (folder / "python" / "zlib.so").write_bytes(b"code")
    (folder / "inside").symlink_to(folder / "python", target_is_directory=True)
    (folder / unpacked.LOCK).touch()
    (folder / unpacked.HELD).touch()
    return folder


def test_a_folder_whose_owner_is_dead_is_removed(left_behind, tmp_path):
    assert unpacked.sweep(tmp_path) == [left_behind]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_owner_lives_stays_until_the_owner_is_killed(left_behind, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, left_behind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        assert unpacked.sweep(tmp_path) == []
        assert (left_behind / "python" / "zlib.so").exists()
        owner.kill()
    assert unpacked.sweep(tmp_path) == [left_behind]


@pytest.mark.parametrize("name", ["_MEIother", "other"])
def test_folders_of_other_programs_stay(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "file").touch()
    assert unpacked.sweep(tmp_path) == []
    assert (folder / "file").exists()


def test_a_link_to_a_folder_of_ours_is_not_followed(left_behind, tmp_path):
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "_MEIlink").symlink_to(left_behind, target_is_directory=True)
    assert unpacked.sweep(place) == []
    assert (left_behind / unpacked.LOCK).exists()


def test_a_folder_that_is_being_unpacked_stays_but_not_for_ever(left_behind, tmp_path):
    (left_behind / unpacked.HELD).unlink()
    assert unpacked.sweep(tmp_path) == []
    long_ago = time.time() - 2 * unpacked.UNPACK_SECONDS
    os.utime(left_behind, (long_ago, long_ago))
    assert unpacked.sweep(tmp_path) == [left_behind]


def test_other_installations_have_no_such_folder(monkeypatch, tmp_path):
    for folder in ("", str(tmp_path / "_internal")):
        monkeypatch.setattr(sys, "_MEIPASS", folder, raising=False)
        unpacked.settle()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system for processes the Linux way")
def test_the_program_ends_when_its_boot_program_is_killed(tmp_path):
    """Three processes: this test, a stand-in for the boot program, and the program."""
    program = """
import sys, threading, pathlib
sys._MEIPASS = sys.argv[1]
from coreto.launcher.signals import StopRequested, install
from coreto.launcher.unpacked import settle
install()
settle()
try:
    pathlib.Path(sys.argv[1], "runs").touch()
    threading.Event().wait(60)
except StopRequested:
    pathlib.Path(sys.argv[1], "stopped").touch()
"""
    boot = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    folder = tmp_path / "_MEIours"
    folder.mkdir()
    (folder / unpacked.LOCK).touch()
    with subprocess.Popen([sys.executable, "-c", boot, program, str(folder)]) as parent:
        wait_until((folder / "runs").exists, "the program runs")
        parent.kill()
    wait_until((folder / "stopped").exists, "the program stops")
