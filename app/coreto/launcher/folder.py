"""The data folder of an all-in-one cluster: who owns it, and how a cluster is born in it.

    lock           held while a cluster runs on this folder
    control.json   where that cluster is controlled, and the token for it
    reference/     what the reference remembers
    servers/s1/ …  one folder per server
    servers.new/   servers that are being made, or wiped
    servers.next/  servers that are made and take the place of those in servers/
    servers.old-1/ … servers that made room for others (`coreto recover`)
    history        what was typed at the prompt
    cluster.key    what those show each other who take part, once the cluster was open to other machines

Genesis happens once, and only where every server's folder is blank (replication.md M0). Folders
are made aside and renamed, so that a crash in the middle leaves a blank folder, or the old one.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from coreto.launcher.key_file import KEY_FILE
from coreto.launcher.lock import FolderLock
from coreto.store.database import StoreError
from coreto.store.directories import sync_directory
from coreto.store.server import Birth, ServerStore, read_birth
from coreto.texts import _
from coreto.wire.log import Config, Voter

SERVERS = "servers"
_NEW, _NEXT, _OLD = "servers.new", "servers.next", "servers.old-"
_OURS = frozenset({"lock", "control.json", "reference", SERVERS, _NEW, _NEXT, "history", KEY_FILE})


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
            foreign = sorted(entry.name for entry in self.path.iterdir() if not _is_ours(entry.name))
            if foreign and not self._lock.path.exists():
                raise FolderError(
                    _(
                        "The folder {folder} holds other things ({name}) and was left as it is: "
                        "choose an empty one with --data.",
                        folder=self.path,
                        name=foreign[0],
                    )
                )
            taken = self._lock.take()
            if taken:
                self._finish_replacing()
            return taken
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
        births = conceive(count)
        aside = self.aside()
        for birth in births:
            store = ServerStore(aside / birth.name)
            store.be_born(birth)
            store.close()
        shutil.rmtree(self.path / SERVERS, ignore_errors=True)
        aside.rename(self.path / SERVERS)
        sync_directory(self.path)
        return births

    def complete(self, births: list[Birth], count: int) -> list[Birth]:
        """Return `births` with those of blank folders and of further servers, up to `count`: these will be learners.

        A folder that is blank while others are not was wiped: its server comes back as a new replica
        (replication.md M5). Servers beyond those of genesis copy the log and do not vote (M1).
        """
        relative = births[0]
        folders = {folder.name for folder in self.server_folders()}
        born = {birth.name for birth in births}
        blank = sorted(name for name in folders - born if not any((self.path / SERVERS / name).iterdir()))
        numbers = range(1, count + len(folders) + 1)
        fresh = [name for number in numbers if (name := f"s{number}") not in folders]
        ranks = {voter.name: rank for rank, voter in enumerate(relative.genesis.voters, 1)}
        for name in [*blank, *fresh[: max(0, count - len(folders))]]:
            highest = max([*ranks.values(), *(birth.rank for birth in births)])
            births = [*births, self.give_birth(name, ranks.get(name, highest + 1), relative)]
        return sorted(births, key=lambda birth: birth.rank)

    def give_birth(self, name: str, rank: int, relative: Birth) -> Birth:
        """Give birth to one server in a blank folder, as a new replica of the cluster of `relative`."""
        birth = Birth(name, secrets.token_hex(16), relative.cluster, relative.genesis, rank)
        store = ServerStore(self.server(name))
        store.be_born(birth)
        store.close()
        return birth

    # Replacing and wiping what is there; raise `OSError`.

    def aside(self) -> Path:
        """Return where servers are made before they count; nothing is there."""
        aside = self.path / _NEW
        shutil.rmtree(aside, ignore_errors=True)
        return aside

    def replace_servers(self) -> None:
        """Put the servers that were made aside in the place of those that are here, which are kept as old ones."""
        (self.path / _NEW).rename(self.path / _NEXT)
        sync_directory(self.path)
        self._finish_replacing()

    def wipe_role(self, folder: Path) -> None:
        """Make the folder of one server, or of the reference, blank."""
        aside = self.aside()
        folder.mkdir(exist_ok=True)
        folder.rename(aside)
        folder.mkdir()
        sync_directory(folder.parent)
        shutil.rmtree(aside)

    def wipe(self) -> None:
        """Remove everything that a cluster keeps here."""
        if (self.path / SERVERS).exists():
            (self.path / SERVERS).rename(self.aside())
            sync_directory(self.path)
        for entry in self.path.iterdir():
            if entry.name != self._lock.path.name and entry.is_dir() and _is_ours(entry.name):
                shutil.rmtree(entry)
        for file in (self.prompt_history, self.path / KEY_FILE):
            file.unlink(missing_ok=True)

    def _finish_replacing(self) -> None:
        """Do what is left to do, perhaps by somebody who was interrupted, once the new servers are complete."""
        following, current = self.path / _NEXT, self.path / SERVERS
        if not following.exists():
            return
        if current.exists():
            numbers = [entry.name.removeprefix(_OLD) for entry in self.path.glob(f"{_OLD}*")]
            number = max((int(text) for text in numbers if text.isdigit()), default=0) + 1
            current.rename(self.path / f"{_OLD}{number}")
        following.rename(current)
        sync_directory(self.path)


def conceive(count: int) -> list[Birth]:
    """Return what genesis decides about the `count` servers of a new cluster."""
    cluster = secrets.token_hex(16)
    config = Config(tuple(Voter(secrets.token_hex(16), f"s{rank}") for rank in range(1, count + 1)))
    return [Birth(voter.name, voter.replica, cluster, config, rank) for rank, voter in enumerate(config.voters, 1)]


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(_OLD)
