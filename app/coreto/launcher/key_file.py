"""The file with the key of a cluster: in its data folder, and for the eyes of its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from coreto.net.security import ClusterKey, KeyCodeError, make_key, read_code
from coreto.texts import _

KEY_FILE = "cluster.key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """The file cannot be used; the text says why and what to do."""


def own_key(folder: Path) -> ClusterKey:
    """Return the key kept in a folder, a new one the first time; raise `KeyFileError`."""
    key = read_key(folder)
    if key is None:
        key = make_key()
        keep_key(folder, key)
    return key


def read_key(folder: Path) -> ClusterKey | None:
    """Return the key kept in a folder, None when there is none; raise `KeyFileError`."""
    file = folder / KEY_FILE
    try:
        mode, code = file.stat().st_mode, file.read_text("ascii")
        if os.name == "posix" and mode & _OTHERS:
            raise KeyFileError(
                _("Others can read the key of the cluster in {file}: say chmod 600 {file} first.", file=file)
            )
        return read_code(code)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, KeyCodeError):
        raise KeyFileError(
            _("The key of the cluster in {file} cannot be read: put the right file back.", file=file)
        ) from None


def keep_key(folder: Path, key: ClusterKey) -> None:
    """Keep a key in a folder, in the place of what is there; raise `KeyFileError`."""
    file = folder / KEY_FILE
    aside = file.with_suffix(".new")
    try:
        aside.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as writer:
            writer.write(key.code + "\n")
            writer.flush()
            os.fsync(writer.fileno())
        aside.replace(file)
    except OSError as error:
        raise KeyFileError(
            _(
                "The key of the cluster cannot be kept in {file} ({error}): choose another folder with --data.",
                file=file,
                error=error.strerror,
            )
        ) from None
