"""The data folder of an all-in-one cluster: who owns it, and how a cluster is born in it.

    lock           held while a cluster runs on this folder
    control.json   where that cluster is controlled, and the token for it
    reference/     what the reference remembers
    servers/s1/ …  one folder per server
    history        what was typed at the prompt

Genesis happens once, and only where every server's folder is blank (replication.md M0). The
folders are made aside and renamed, so that a crash in the middle leaves a blank folder.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from coreto.launcher.lock import FolderLock
from coreto.store.database import StoreError
from coreto.store.directories import sync_directory
from coreto.store.server import Birth, ServerStore, read_birth
from coreto.texts import _
from coreto.wire.log import Config, Voter

SERVERS = "servers"
_OURS = frozenset({"lock", "control.json", "reference", SERVERS, "servers.new", "history"})


class FolderError(Exception):
    """The folder cannot hold a cluster; the text says why and what to do."""


class DataFolder:
    """The folder of one cluster, and the lock on it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path / "lock")

    @property
    def control(self) -> Path:
        """The file that says where the running cluster is controlled."""
        return self.path / "control.json"

    @property
    def reference(self) -> Path:
        """The folder of the reference."""
        return self.path / "reference"

    @property
    def prompt_history(self) -> Path:
        """The file with what was typed."""
        return self.path / "history"

    def server(self, name: str) -> Path:
        """Return the folder of a server of ours; `name` was made by `genesis`, never by a stranger."""
        return self.path / SERVERS / name

    def take(self) -> bool:
        """Make and lock the folder; return False when a running cluster has it, raise `FolderError`."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            foreign = sorted(entry.name for entry in self.path.iterdir() if entry.name not in _OURS)
            if foreign and not self._lock.path.exists():
                raise FolderError(
                    _(
                        "The folder {folder} holds other things ({name}) and was left as it is: "
                        "choose an empty one with --data.",
                        folder=self.path,
                        name=foreign[0],
                    )
                )
            return self._lock.take()
        except OSError as error:
            raise FolderError(
                _(
                    "The folder {folder} cannot be used ({error}): choose another with --data, or use --ephemeral.",
                    folder=self.path,
                    error=error.strerror,
                )
            ) from None

    def release(self) -> None:
        """Let another cluster have the folder."""
        self._lock.release()

    def births(self, say: Callable[[str], None] = lambda sentence: None) -> list[Birth]:
        """Return the servers that live here, in order of rank.

        A server whose file cannot be used is said and left out; raise `StoreError` when only such are here.
        """
        found: list[Birth] = []
        problems: list[StoreError] = []
        for folder in self.server_folders():
            try:
                birth = read_birth(folder)
            except StoreError as error:
                problems.append(error)
            else:
                found.extend([birth] if birth is not None else [])
        if problems and not found:
            raise problems[0]
        for problem in problems:
            say(str(problem))
        return sorted(found, key=lambda birth: birth.rank)

    def server_folders(self) -> list[Path]:
        """Return the folders of the servers, in order of name."""
        folder = self.path / SERVERS
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def genesis(self, count: int) -> list[Birth]:
        """Give birth to `count` servers where `births` found none, and return them."""
        cluster = secrets.token_hex(16)
        config = Config(tuple(Voter(secrets.token_hex(16), f"s{rank}") for rank in range(1, count + 1)))
        births = [
            Birth(voter.name, voter.replica, cluster, config, rank) for rank, voter in enumerate(config.voters, 1)
        ]
        aside = self.path / "servers.new"
        for blank in (aside, self.path / "servers"):
            shutil.rmtree(blank, ignore_errors=True)
        for birth in births:
            store = ServerStore(aside / birth.name)
            store.be_born(birth)
            store.close()
        aside.rename(self.path / "servers")
        sync_directory(self.path)
        return births
