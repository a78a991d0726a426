"""One replica, one program: two that wrote one file would each promise what the other breaks."""

import subprocess
import sys

import pytest

from coreto.store.database import StoreError
from coreto.store.server import ServerStore

OPEN = (
    "import sys; from pathlib import Path; from coreto.store.server import ServerStore; ServerStore(Path(sys.argv[1]))"
)


def test_a_file_in_use_by_another_program_is_refused(tmp_path):
    held = ServerStore(tmp_path)
    held.unborn_replica()
    other = subprocess.run([sys.executable, "-c", OPEN, tmp_path], capture_output=True, text=True, check=False)
    assert "StoreError" in other.stderr
    assert "--data" in other.stderr
    held.close()


def test_a_file_that_was_closed_can_be_opened_again(tmp_path):
    first = ServerStore(tmp_path)
    replica = first.unborn_replica()
    first.close()
    second = ServerStore(tmp_path)
    assert second.unborn_replica() == replica
    second.close()


def test_a_file_in_use_by_the_same_program_is_refused_too(tmp_path):
    held = ServerStore(tmp_path)
    held.unborn_replica()
    with pytest.raises(StoreError, match="--data"):
        ServerStore(tmp_path)
    held.close()
