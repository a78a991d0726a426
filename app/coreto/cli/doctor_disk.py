"""What the doctor looks at on disk: the data folder, and how long a sync takes."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from coreto.cli.findings import FAIL, OK, WARN, Finding
from coreto.texts import _

ROOM_MIN = 100 * 1024 * 1024
"""Bytes; a log of a lesson is far smaller, and a full disk halts a server."""
ROOM_GOOD = 1024 * 1024 * 1024
SYNCS = 20
SYNC_BYTES = 4096
"""About what one batch of messages writes."""
SYNC_SLOW_MS = 20.0
"""Three servers that share such a disk answer a message in more than the eye calls at once."""
SYNC_NONE_MS = 0.01
"""Faster than any disk: nothing was made durable."""


def folder(path: Path) -> Iterator[Finding]:
    """Look whether the data folder can be used, and how much room it has."""
    existing = _existing(path)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        found = _("{folder} cannot be written.", folder=existing)
        yield Finding("folder", FAIL, found, _("Choose another with --data, or use --ephemeral."))
        return
    room = shutil.disk_usage(existing).free
    found = _("{folder} can be used; {room} MB are free.", folder=path, room=room // 1024**2)
    if room < ROOM_GOOD:
        level = FAIL if room < ROOM_MIN else WARN
        yield Finding("folder", level, found, _("Make room, or choose another disk with --data."))
    else:
        yield Finding("folder", OK, found)


def sync(path: Path) -> Iterator[Finding]:
    """Measure how long the disk takes to make a small write durable."""
    try:
        took = _sync_ms(_existing(path))
    except OSError as error:
        found = _("Nothing could be written ({error}).", error=error.strerror)
        yield Finding("sync", FAIL, found, _("Choose another folder with --data."))
        return
    found = _(
        "A sync takes {took} ms: one client alone cannot be answered more than about {rate} times a second.",
        took=f"{took:.2f}",
        rate=round(1000 / max(took, SYNC_NONE_MS)),
    )
    if took > SYNC_SLOW_MS:
        yield Finding("sync", WARN, found, _("Choose a faster disk with --data; for a demonstration, --ephemeral."))
    elif took < SYNC_NONE_MS:
        found = _("A sync takes no time: this disk is memory, or promises what it does not do.")
        yield Finding("sync", WARN, found, _("What is answered here may be lost when the machine loses power."))
    else:
        yield Finding("sync", OK, found)


def _sync_ms(where: Path) -> float:
    times = []
    with tempfile.TemporaryFile(dir=where) as file:
        for _number in range(SYNCS):
            file.write(bytes(SYNC_BYTES))
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _existing(path: Path) -> Path:
    """Return the folder itself, or the nearest one above it that exists."""
    return next((place for place in (path, *path.absolute().parents) if place.exists()), path)
