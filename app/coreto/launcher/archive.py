"""`coreto backup` and `coreto restore --new-cluster`: copies of servers at rest, and a new cluster from them.

Theory of operation. What was acknowledged is on the disks of a majority, and of any majority's logs
the one that is most up to date holds all of it (replication.md P3). So a backup takes every server
that is intact, and is one only if these are a majority; a restored cluster begins with the best log.

A restored folder is a *new* cluster: the old servers may have promised and acknowledged more since,
and a replica that forgot would break that (D6). `store.copies` says how a copy gets a new identity.

    backup.json          what this is, and where each log ends; written last, so a torn backup is none
    servers/s1/server.db …
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from coreto.launcher.folder import DataFolder, FolderError
from coreto.launcher.offline import OfflineFolder, successors
from coreto.store.copies import Progress, Survey, copy_file, enter_new_cluster, epoch_above, survey
from coreto.store.database import StoreError
from coreto.store.directories import make_folder, sync_directory
from coreto.store.server import FILE_NAME, Birth
from coreto.texts import _
from coreto.wire.log import Epoch, majority

FORMAT = 1
"""Version of the layout of a backup; a newer one is refused."""
MANIFEST = "backup.json"
_SERVERS = "servers"


class Copied(msgspec.Struct, frozen=True):
    """One server in a backup."""

    folder: str
    name: str
    counter: int
    replica: str
    last: int
    """The index of its last entry; `counter` and `replica` are the epoch of it."""


class Manifest(msgspec.Struct, frozen=True):
    """What `backup.json` says."""

    format: int
    made: str
    """Date and time, UTC, ISO 8601."""
    cluster: str
    single: bool
    """Whether it is of one server that was started on its own."""
    servers: tuple[Copied, ...]

    @property
    def best(self) -> Copied:
        """The server whose log is most up to date."""
        return max(self.servers, key=lambda server: (Epoch(server.counter, server.replica), server.last))


def surveys(offline: OfflineFolder) -> tuple[list[Survey], dict[str, str]]:
    """Return what the usable servers hold, the best log first, and a sentence about each other one by its folder."""
    found: list[Survey] = []
    problems: dict[str, str] = {}
    for folder in offline.server_folders():
        try:
            one = survey(folder)
        except StoreError as error:
            problems[folder.name] = str(error)
        else:
            found.extend([one] if one is not None else [])
    return sorted(found, key=lambda each: each.last, reverse=True), problems


def back_up(data: Path, target: Path, progress: Progress) -> tuple[Manifest, list[str]]:
    """Copy the servers in `data` to the new folder `target`; return what was copied and what could not be.

    Raise `FolderError` or `StoreError`; then `target` is as it was.
    """
    with OfflineFolder(data) as offline:
        found, problems = surveys(offline)
        _refuse_minority(data, found, problems, single=offline.is_single)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        servers = tuple(
            Copied(each.folder.name, each.birth.name, each.last.epoch.counter, each.last.epoch.replica, each.last.index)
            for each in found
        )
        manifest = Manifest(FORMAT, made, found[0].birth.cluster, offline.is_single, servers)
        with _Made(target) as aside:
            for number, each in enumerate(found):
                copy_file(
                    each.folder / FILE_NAME,
                    aside / _SERVERS / each.folder.name / FILE_NAME,
                    part_of(progress, number, len(found)),
                )
            (aside / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest, list(problems.values())


def restore(source: Path, data: Path, progress: Progress) -> tuple[list[Birth], int]:
    """Make a new cluster in the empty folder `data` from a backup; return its servers and the length of their log.

    Raise `FolderError` or `StoreError`; then `data` holds nothing more than before.
    """
    manifest = read_manifest(source)
    best = source / _SERVERS / manifest.best.folder / FILE_NAME
    if manifest.single:
        with _Made(data) as aside:
            return populate(aside, best, progress, single=True)
    folder = DataFolder(data)
    if not folder.take():
        raise FolderError(_("A cluster runs on the folder {folder}: choose another with --data.", folder=data))
    try:
        if folder.server_folders():
            raise FolderError(
                _(
                    "The folder {folder} holds a cluster already and was left as it is: choose another with --data.",
                    folder=data,
                )
            )
        made = populate(folder.aside(), best, progress, single=False)
        folder.replace_servers()
        return made
    except OSError as error:
        raise FolderError(
            _("The folder {folder} cannot be used ({error}): choose another.", folder=data, error=error.strerror)
        ) from None
    finally:
        folder.aside()
        folder.release()


def read_manifest(source: Path) -> Manifest:
    """Return what a backup holds; raise `FolderError` if it is none, or one of a newer version."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        raise FolderError(
            _("The folder {folder} holds no backup: say the one that coreto backup made.", folder=source)
        ) from None
    if manifest.format > FORMAT or not manifest.servers:
        raise FolderError(
            _("The backup {folder} was made by a newer version: restore it with that version.", folder=source)
        )
    names = {Path(server.folder).name for server in manifest.servers}
    if names != {server.folder for server in manifest.servers}:
        raise FolderError(_("The folder {folder} holds no backup: say the one that coreto backup made.", folder=source))
    return manifest


def populate(aside: Path, source: Path, progress: Progress, *, single: bool) -> tuple[list[Birth], int]:
    """Make in `aside` the servers of a new cluster that goes on with the log in the file `source`."""
    first = aside if single else aside / "s1"
    copy_file(source, first / FILE_NAME, lambda share: None)
    held = survey(first)
    if held is None:
        raise FolderError(_("The file {file} holds no server: choose another.", file=source))
    births = successors(held, single=single)
    for number, birth in enumerate(births[1:], 1):
        target = aside / birth.name / FILE_NAME
        copy_file(source, target, part_of(progress, number, len(births)))
    epoch = epoch_above(first, births[0].cluster)
    for birth in births:
        enter_new_cluster(first if single else aside / birth.name, birth, epoch)
    return births, held.last.index


def part_of(whole: Progress, number: int, count: int) -> Progress:
    """Return the progress of step `number`, from 0, of `count` equal ones."""
    return lambda share: whole((number + share) / count)


def nothing_usable(folder: Path, problems: dict[str, str]) -> FolderError:
    """Return the error for a folder without a server that can be used."""
    blank = _("The servers in {folder} are blank: there is nothing to copy.", folder=folder)
    return FolderError(next(iter(problems.values()), blank))


def _refuse_minority(data: Path, found: list[Survey], problems: dict[str, str], *, single: bool) -> None:
    if not found:
        raise nothing_usable(data, problems)
    config = found[0].config
    if not single and not majority({each.birth.replica for each in found}, config):
        raise FolderError(
            _(
                "Only {count} of the {voters} servers in {folder} can be used, so what was acknowledged may be "
                "missing: bring the others back, or see coreto recover.",
                count=len(found),
                voters=len(config.voters),
                folder=data,
            )
        )


class _Made:
    """A folder that is made aside and appears whole or not at all; only an empty one may be there before."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> Path:
        try:
            if self._target.exists() and any(self._target.iterdir()):
                raise FolderError(
                    _("The folder {folder} is not empty and was left as it is: choose another.", folder=self._target)
                )
            make_folder(self._target.parent)
            self._aside = Path(tempfile.mkdtemp(prefix=f".{self._target.name}-", dir=self._target.parent))
        except OSError as error:
            raise self._unusable(error) from None
        return self._aside

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._appear()
        except OSError as problem:
            raise self._unusable(problem) from None
        finally:
            shutil.rmtree(self._aside, ignore_errors=True)

    def _appear(self) -> None:
        sync_directory(self._aside)
        if self._target.exists():
            self._target.rmdir()
        self._aside.rename(self._target)
        sync_directory(self._target.parent)

    def _unusable(self, error: OSError) -> FolderError:
        return FolderError(
            _(
                "The folder {folder} cannot be used ({error}): choose another.",
                folder=self._target,
                error=error.strerror,
            )
        )
