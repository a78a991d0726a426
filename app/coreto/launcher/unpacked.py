"""The folder into which the one-file program unpacked itself: who lives in it, and who left one behind.

Theory of operation. The one-file program is two processes: the boot program unpacks into a folder
`_MEI…` among the temporary files, starts ourselves from there, waits, and removes the folder. Our
children use the same folder. Killing the boot program would leave ourselves running and the folder
in place. So we end when it is gone; and because nobody may be left to remove the folder then, each
start removes the folders of programs that live no more. Who lives holds the lock in their folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

LOCK = "coreto.lock"
"""A file that only our packages hold: it tells our folders from those of other programs."""
HELD = "coreto.held"
"""Beside the lock as soon as somebody has taken it; before, its owner may still be unpacking."""
PREFIX = "_MEI"
UNPACK_SECONDS = 600.0
"""A folder that nobody has taken so long after it was made belongs to a program killed while unpacking."""
STOP_SECONDS = 10.0
"""Longest wait for an orderly end when the boot program is gone; five seconds are promised."""
STUCK = 70

_held: list[IO[bytes]] = []
"""The lock that this process holds to its end."""


def settle() -> None:
    """Live in the folder of the one-file program; does nothing in any other installation."""
    folder = Path(getattr(sys, "_MEIPASS", ""))
    if not folder.name.startswith(PREFIX):
        return
    hold(folder)
    _in_background("coreto-parent", lambda: _end_with(os.getppid()))
    _in_background("coreto-sweep", lambda: sweep(folder.parent))


def hold(folder: Path) -> None:
    """Hold the lock of a folder until this process ends, however it ends."""
    file = (folder / LOCK).open("rb")
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    _held.append(file)
    (folder / HELD).touch()


def sweep(place: Path) -> list[Path]:
    """Remove from `place` the folders of our programs that live no more; return them."""
    removed = []
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # somebody else removes it, or it is none of ours
            if _is_left_behind(folder):
                _remove(folder)
                removed.append(folder)
    return removed


def _remove(folder: Path) -> None:
    """Remove a folder; what tells that it is ours goes last, so that a later start can finish the work."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name not in {LOCK, HELD}:
            entry.unlink()
    shutil.rmtree(folder)


def _is_left_behind(folder: Path) -> bool:
    status = folder.lstat()
    if folder.is_symlink() or not (folder / LOCK).is_file():
        return False
    if sys.platform != "win32" and status.st_uid != os.getuid():
        return False
    if not (folder / HELD).exists() and time.time() - status.st_mtime < UNPACK_SECONDS:
        return False
    return _is_free(folder / LOCK)


def _is_free(lock: Path) -> bool:
    """Whether nobody holds the lock; raise `OSError` when somebody does."""
    if sys.platform != "win32":
        import fcntl

        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        # An open file can be neither removed nor renamed there.
        aside = lock.with_suffix(".free")
        lock.rename(aside)
        aside.rename(lock)
    return True


def _in_background(name: str, act: Callable[[], object]) -> None:
    threading.Thread(target=act, name=name, daemon=True).start()


def _end_with(parent: int) -> None:
    """Wait for the end of the parent, then ask this process to stop; see to it that it does."""
    try:
        _wait_for_end(parent)
    except ProcessLookupError:
        pass  # gone before we looked
    except OSError:
        return  # an old or a walled-in system, where nobody can wait for a process that is no child
    if sys.platform != "win32":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)
    threading.Event().wait(STOP_SECONDS)
    os._exit(STUCK)


def _wait_for_end(process: int) -> None:
    if sys.platform == "win32":
        import _winapi

        handle = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, process)
        _winapi.WaitForSingleObject(handle, _winapi.INFINITE)
    elif sys.platform == "linux":
        import select

        poller = select.poll()
        poller.register(os.pidfd_open(process), select.POLLIN)
        poller.poll()
    else:
        import select

        events = select.kqueue()
        ends = select.kevent(process, select.KQ_FILTER_PROC, select.KQ_EV_ADD, select.KQ_NOTE_EXIT)
        events.control([ends], 1)
