"""Results of a build: one zip or one executable, with version, system and the begin of its checksum in the name."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import stat
import sys
import zipfile
from pathlib import Path

DIGITS = 8
"""Digits of the checksum in the name: enough to tell builds apart; the file beside it has all of them."""
MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold: that of the build would make each one different."""
UNIX = 3
"""Zip's number of the system whose permissions an entry has."""


def system() -> str:
    """Return the system and the processor this program runs on, as names of results have them."""
    name = {"linux": "linux", "win32": "windows", "darwin": "macos"}[sys.platform]
    machine = platform.machine().lower()
    return f"{name}-{ {'amd64': 'x86_64', 'aarch64': 'arm64'}.get(machine, machine) }"


def keep(made: Path, dist: Path, version: str) -> Path:
    """Move what was made into `dist` under its name, with its checksum beside it; return where it is."""
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    kept = dist / f"coreto-{version}-{system()}-{digest[:DIGITS]}{made.suffix}"
    shutil.move(made, kept)
    kept.with_name(f"{kept.name}.sha256").write_text(f"{digest}  {kept.name}\n", "utf-8", newline="\n")
    return kept


def forget(dist: Path, version: str) -> None:
    """Remove the results of earlier builds of this version on this system."""
    for old in dist.glob(f"coreto-{version}-{system()}-*"):
        old.unlink()


def pack(folder: Path, target: Path) -> None:
    """Put a folder into a zip, with permissions and links."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            entry = zipfile.ZipInfo(str(Path(folder.name) / path.relative_to(folder)), MOMENT)
            entry.create_system = UNIX
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = path.lstat().st_mode << 16
            file.writestr(entry, os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes())


def unpack(source: Path, target: Path) -> None:
    """Take a folder out of a zip, as `unzip` does: with permissions and links."""
    with zipfile.ZipFile(source) as file:
        for entry in file.infolist():
            mode = entry.external_attr >> 16
            place = target / entry.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(mode):
                place.symlink_to(os.fsdecode(file.read(entry)))
            else:
                place.write_bytes(file.read(entry))
                place.chmod(stat.S_IMODE(mode))
