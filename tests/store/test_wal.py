"""A write-ahead log with a flipped bit is damage, or whole; never silently shorter than what was synced."""

import shutil
import struct
import subprocess
import sys
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coreto.store.database import StoreError
from coreto.store.server import FILE_NAME, ServerStore
from coreto.store.wal import FRAME_HEADER_BYTES, HEADER_BYTES, WAL_SUFFIX, find_wal_damage
from tests.support.logs import batches

WAL = FILE_NAME + WAL_SUFFIX
SIZES = (1, 2, 3, 40, 1, 60, 2)
COMMITTED = sum(SIZES)

LIVE_AND_DIE = """
import os, sys
from pathlib import Path
from tests.support.logs import batches, born, logged

store = born(Path(sys.argv[1]))
for number, batch in enumerate(batches(*map(int, sys.argv[2:])), 1):
    store.persist(logged(batch, number=number))
os._exit(9)
"""


def killed(folder, *sizes):
    """Let a program write a log of these batches and die; return its folder."""
    subprocess.run([sys.executable, "-c", LIVE_AND_DIE, folder, *map(str, sizes)], check=False, timeout=60)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return killed(tmp_path_factory.mktemp("server") / "killed", *SIZES)


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def frame_bytes(folder):
    (page_size,) = struct.unpack_from(">I", (folder / WAL).read_bytes(), 8)
    return FRAME_HEADER_BYTES + page_size


def commits(folder):
    """Where each transaction ends in the file, in bytes."""
    raw, size = (folder / WAL).read_bytes(), frame_bytes(folder)
    frames = range(HEADER_BYTES, len(raw), size)
    return [at + size for at in frames if struct.unpack_from(">I", raw, at + 4) != (0,)]


def flip(folder, place, bit=0):
    raw = bytearray((folder / WAL).read_bytes())
    raw[place] ^= 1 << bit
    (folder / WAL).write_bytes(raw)


def length(folder):
    with closing(ServerStore(folder)) as store:
        assert store.log.damages() == ()
        last = store.log.last_batch()
        return last.last if last else 0


def test_the_log_of_a_killed_program_is_whole(copy):
    assert find_wal_damage(copy / FILE_NAME) is None
    assert len(commits(copy)) > len(SIZES)
    assert length(copy) == COMMITTED


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_damage_or_in_the_last_frame(folder, tmp_path, share, bit):
    copy = tmp_path / "flipped"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    size = (copy / WAL).stat().st_size
    place = int(share * size)
    flip(copy, place, bit)
    if place < size - frame_bytes(folder):
        with pytest.raises(StoreError, match="coreto reset"):
            ServerStore(copy)
    else:
        assert length(copy) in (COMMITTED, COMMITTED - SIZES[-1])


@pytest.mark.parametrize("place", range(HEADER_BYTES))
def test_every_byte_of_the_header_is_guarded(copy, place):
    flip(copy, place)
    assert find_wal_damage(copy / FILE_NAME) == 0


@pytest.mark.parametrize("back", [1, 2, 3])
@pytest.mark.parametrize("place", range(FRAME_HEADER_BYTES))
def test_every_byte_of_the_header_of_a_late_frame_is_guarded(copy, back, place):
    size = frame_bytes(copy)
    flip(copy, (copy / WAL).stat().st_size - (back + 1) * size + place)
    assert find_wal_damage(copy / FILE_NAME) is not None


def test_a_file_that_ends_anywhere_in_its_last_transaction_is_torn_and_used(folder, tmp_path):
    raw, ends = (folder / WAL).read_bytes(), commits(folder)
    for number, cut in enumerate({ends[-2] + 1, ends[-2] + 30, ends[-1] - 1, ends[-2] + frame_bytes(folder)}):
        copy = shutil.copytree(folder, tmp_path / str(number))
        (copy / WAL).write_bytes(raw[: min(cut, ends[-1] - 1)])
        assert length(copy) == COMMITTED - SIZES[-1]


def test_a_torn_last_frame_is_used_without_it(copy):
    raw = bytearray((copy / WAL).read_bytes())
    raw[-1000:] = bytes(1000)
    (copy / WAL).write_bytes(raw)
    assert length(copy) == COMMITTED - SIZES[-1]


def test_frames_from_before_a_checkpoint_are_no_damage(tmp_path):
    with closing(ServerStore(tmp_path / "live")) as store:
        made = batches(60, 1, 1)
        store.log.write((made[0],))
        store._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        store.log.write((made[1],))
        copy = shutil.copytree(tmp_path / "live", tmp_path / "copy")
        size = (copy / WAL).stat().st_size
        assert commits(copy)[-1] > commits(copy)[0], "old frames remain behind"
        assert find_wal_damage(copy / FILE_NAME) is None
        flip(copy, size - 1)
        assert find_wal_damage(copy / FILE_NAME) is None, "old frames count for nothing"
    assert length(copy) == 61


@pytest.mark.parametrize("content", [b"", b"\0" * 31, b"\0" * 20000, b"\xff" * 20000, b"Dear diary, " * 999])
def test_a_file_without_a_good_frame_holds_nothing(tmp_path, content):
    ServerStore(tmp_path).close()
    (tmp_path / WAL).write_bytes(content)
    assert find_wal_damage(tmp_path / FILE_NAME) is None
