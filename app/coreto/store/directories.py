"""Making directory entries durable: a synced file that nobody can find is lost (replication.md D4)."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, and sync every directory that got an entry; raise `OSError`."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make what was made, renamed or removed in `path` durable; Windows syncs directories by itself."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
