"""`coreto recover --new-cluster` and `coreto reset`: what remains when servers are lost for good.

Theory of operation. Without a majority nothing goes on, and rightly so: who is left cannot know
what the others acknowledged. Only a person can decide to give that up (replication.md M6). Recovery
takes the log of one survivor and founds a new cluster with it; what only the lost servers held is
gone, and nothing connects the new cluster with the old one, should its servers ever return. The old
files are kept aside.

A reset makes a server blank. It comes back as a new replica and copies everything (D6, M5).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from coreto.launcher.archive import nothing_usable, populate, surveys
from coreto.launcher.folder import FolderError
from coreto.launcher.offline import OfflineFolder
from coreto.store.copies import Progress, Survey, copy_file
from coreto.store.database import StoreError
from coreto.store.directories import sync_directory
from coreto.store.server import FILE_NAME, Birth, read_birth
from coreto.store.wal import WAL_SUFFIX
from coreto.texts import _
from coreto.wire.log import majority

REFERENCE = "reference"
"""May be wiped by this name, which no server has."""
_MADE, _KEPT = "server.new", "server.old-"


class Survivor(msgspec.Struct, frozen=True):
    """Whose log a recovery goes on with."""

    chosen: Survey
    problems: tuple[str, ...]
    """A sentence about each server that cannot be used."""
    needless: bool
    """Whether a majority is here and intact, so that the cluster can just be started."""


def survivor(offline: OfflineFolder, name: str | None) -> Survivor:
    """Return the server to go on with, by name or the one with the best log; raise `FolderError` if there is none."""
    found, problems = surveys(offline)
    for each in found:
        if name in (None, each.birth.name):
            needless = majority({one.birth.replica for one in found}, found[0].config)
            return Survivor(each, tuple(problems.values()), needless)
    if name in problems:
        raise FolderError(problems[name])
    if found:
        raise FolderError(
            _(
                "No usable server in {folder} is called {name}: choose one of {names} with --from.",
                folder=offline.path,
                name=name,
                names=", ".join(sorted(each.birth.name for each in found)),
            )
        )
    raise nothing_usable(offline.path, problems)


def recover(offline: OfflineFolder, chosen: Survey, progress: Progress) -> tuple[list[Birth], int]:
    """Found a new cluster with the log of `chosen` in its folder; return its servers and the length of their log."""
    source = chosen.folder / FILE_NAME
    try:
        if offline.is_single:
            return _recover_single(offline.path, source, progress)
        made = populate(offline.cluster.aside(), source, progress, single=False)
        offline.cluster.replace_servers()
        return made
    except OSError as error:
        raise _failed(offline.path, error) from None
    finally:
        offline.cluster.aside()


def reset(offline: OfflineFolder, names: Sequence[str]) -> list[str]:
    """Make the servers with these names blank, or without names everything; return the names of their folders."""
    folders = chosen_folders(offline, names)
    try:
        if offline.is_single:
            for entry in offline.path.iterdir():
                if entry.name in (FILE_NAME, f"{FILE_NAME}{WAL_SUFFIX}", f"{FILE_NAME}-shm", f"{FILE_NAME}-journal"):
                    entry.unlink()
            sync_directory(offline.path)
        elif names:
            for folder in folders:
                offline.cluster.wipe_role(folder)
        else:
            offline.cluster.wipe()
    except OSError as error:
        raise _failed(offline.path, error) from None
    return [folder.name for folder in folders]


def chosen_folders(offline: OfflineFolder, names: Sequence[str]) -> list[Path]:
    """Return the folders of the servers with these names, all without names; raise `FolderError` for an unknown one."""
    folders = offline.server_folders()
    if not names:
        return folders
    by_name = {_name_in(folder) if offline.is_single else folder.name: folder for folder in folders}
    if not offline.is_single:
        by_name[REFERENCE] = offline.cluster.reference
    for name in names:
        if name not in by_name:
            raise FolderError(
                _(
                    "No server in {folder} is called {name}: choose among {names}.",
                    folder=offline.path,
                    name=name,
                    names=", ".join(by_name),
                )
            )
    return [by_name[name] for name in dict.fromkeys(names)]


def _name_in(folder: Path) -> str:
    """Return the name of the server in a folder; one that cannot be read is called like its folder."""
    try:
        birth = read_birth(folder)
    except StoreError:
        birth = None
    return birth.name if birth is not None else folder.name


def _recover_single(folder: Path, source: Path, progress: Progress) -> tuple[list[Birth], int]:
    """Replace the one file, at once; a copy of the old one is kept."""
    aside = folder / _MADE
    shutil.rmtree(aside, ignore_errors=True)
    made = populate(aside, source, progress, single=True)
    number = 1 + sum(1 for _entry in folder.glob(f"{_KEPT}*"))
    copy_file(source, folder / f"{_KEPT}{number}" / FILE_NAME, lambda share: None)
    (aside / FILE_NAME).replace(source)
    sync_directory(folder)
    shutil.rmtree(aside, ignore_errors=True)
    return made


def _failed(folder: Path, error: OSError) -> FolderError:
    return FolderError(
        _(
            "The folder {folder} could not be changed ({error}): see to it, and give the command again.",
            folder=folder,
            error=error.strerror,
        )
    )
