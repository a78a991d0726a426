"""Work on the files of servers that do not run: the folder is held meanwhile, so that none can start.

A folder is either that of an all-in-one cluster (`DataFolder`) or that of one server which was
started on its own.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from types import TracebackType
from typing import Self

from coreto.launcher.folder import DataFolder, FolderError, conceive
from coreto.launcher.lock import FolderLock
from coreto.store.copies import Survey
from coreto.store.server import FILE_NAME, Birth
from coreto.texts import _
from coreto.wire.log import Config, Voter

SERVER_LOCK = "server.lock"
"""What a server that runs on its own holds in its folder."""


class OfflineFolder:
    """Holds a folder with servers; a context manager. Raise `FolderError` where there is nothing to hold."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_single = (path / FILE_NAME).exists() or (path / SERVER_LOCK).exists()
        """Whether it is the folder of one server that was started on its own."""
        self.cluster = DataFolder(path)
        self._lock = FolderLock(path / SERVER_LOCK)

    def __enter__(self) -> Self:
        if not self.is_single and not self.path.is_dir():
            raise FolderError(_("There is no folder {folder}: say where the data is with --data.", folder=self.path))
        if not self._take():
            raise FolderError(
                _(
                    "The servers in {folder} are running: stop them first, this works on files at rest.",
                    folder=self.path,
                )
            )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._lock.release()
        self.cluster.release()

    def server_folders(self) -> list[Path]:
        """Return the folders of the servers; raise `FolderError` when there are none."""
        folders = [self.path] if self.is_single else self.cluster.server_folders()
        if not folders:
            raise FolderError(
                _("The folder {folder} holds no servers: say where the data is with --data.", folder=self.path)
            )
        return folders

    def _take(self) -> bool:
        if not self.is_single:
            return self.cluster.take()
        try:
            return self._lock.take()
        except OSError as error:
            raise FolderError(
                _(
                    "The folder {folder} cannot be used ({error}): choose another with --data.",
                    folder=self.path,
                    error=error.strerror,
                )
            ) from None


def successors(of: Survey, *, single: bool) -> list[Birth]:
    """Return the servers of a new cluster that goes on with this log: as many as voted in the old, or only itself."""
    if not single:
        return conceive(len(of.config.voters))
    voter = Voter(secrets.token_hex(16), of.birth.name)
    return [Birth(voter.name, voter.replica, secrets.token_hex(16), Config((voter,)), of.birth.rank)]
