"""`coreto backup`, `restore`, `reset`, `recover`: work on the files of servers that do not run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from coreto.cli.places import cluster_folder
from coreto.cli.printing import fail, say
from coreto.cli.statuses import DONE
from coreto.launcher.archive import back_up, restore
from coreto.launcher.folder import FolderError
from coreto.launcher.offline import OfflineFolder
from coreto.launcher.recovery import chosen_folders, recover, reset, survivor
from coreto.prompt.lines import write_lines
from coreto.store.database import StoreError
from coreto.store.server import Birth
from coreto.texts import _

PROGRESS_SECONDS = 1.0
"""Something that takes longer says how far it is, this often."""


class RefusedError(Exception):
    """The command was not done; the text says why, and what would be right."""


def run_data(options: argparse.Namespace) -> int:
    """Do one of the commands and return its exit status; what fails is one sentence."""
    doing = {"backup": _back_up, "restore": _restore, "reset": _reset, "recover": _recover}
    data = cluster_folder(options.data)
    try:
        return doing[options.data_command](options, data)
    except (FolderError, StoreError, RefusedError) as error:
        return fail(str(error), as_json=options.json)


def _back_up(options: argparse.Namespace, data: Path) -> int:
    target = Path(options.target)
    manifest, problems = back_up(data, target, _Progress())
    for problem in problems:
        say(problem)
    found: dict[str, object] = {
        "backup": str(target.absolute()),
        "cluster": manifest.cluster,
        "servers": [server.name for server in manifest.servers],
        "last": manifest.best.last,
    }
    names = ", ".join(server.name for server in manifest.servers)
    sentence = _(
        "{target} holds {names} of cluster {cluster}, up to entry {last}.",
        target=target,
        names=names,
        cluster=manifest.cluster,
        last=manifest.best.last,
    )
    alone = _("It is the copy of one server: what only others had stored is not in it.")
    return _done(options, found, [sentence, *([alone] if manifest.single else [])])


def _restore(options: argparse.Namespace, data: Path) -> int:
    _insist_on_new_cluster(options)
    births, last = restore(Path(options.source), data, _Progress())
    return _founded(options, data, births, last)


def _recover(options: argparse.Namespace, data: Path) -> int:
    _insist_on_new_cluster(options)
    with OfflineFolder(data) as offline:
        found = survivor(offline, options.survivor)
        for problem in found.problems:
            say(problem)
        if found.needless:
            say(_("A majority of the servers is intact in {folder}: coreto up would simply go on.", folder=data))
        chosen = found.chosen
        warning = _(
            "This founds a NEW cluster on what {name} holds, up to entry {last}. Whatever only other servers of the "
            "old cluster {cluster} had stored is LOST, acknowledged messages included, and they can never join this "
            "one. The old files are kept aside in {folder}.",
            name=chosen.birth.name,
            last=chosen.last.index,
            cluster=chosen.birth.cluster,
            folder=data,
        )
        _confirm(options, warning, "recover")
        births, last = recover(offline, chosen, _Progress())
    return _founded(options, data, births, last)


def _reset(options: argparse.Namespace, data: Path) -> int:
    with OfflineFolder(data) as offline:
        names = [folder.name for folder in chosen_folders(offline, options.names)]
        if options.names and not offline.is_single:
            warning = _(
                "This wipes {names} in {folder}: what only they have stored is LOST, and they must copy everything "
                "from the other servers.",
                names=", ".join(names),
                folder=data,
            )
        else:
            warning = _("This wipes everything that is kept in {folder}: it is LOST.", folder=data)
        _confirm(options, warning, "reset")
        wiped = reset(offline, options.names)
    sentence = _("{folder}: wiped {names}.", folder=data, names=", ".join(wiped))
    return _done(options, {"data": str(data.absolute()), "wiped": wiped}, [sentence])


def _insist_on_new_cluster(options: argparse.Namespace) -> None:
    if not options.new_cluster:
        raise RefusedError(
            _(
                "A server that comes back with old files would break promises it made since, so what is made of them "
                "is another cluster, apart from the old one: if you want that, say --new-cluster."
            )
        )


def _confirm(options: argparse.Namespace, warning: str, word: str) -> None:
    """Have the person type a word; raise `RefusedError` when it is not that."""
    if options.yes:
        return
    say(warning)
    say(_("Type {word} to go on:", word=word))
    if sys.stdin.readline().strip() != word:
        raise RefusedError(_("Nothing was changed: type {word} when asked, or say --yes.", word=word))


def _founded(options: argparse.Namespace, data: Path, births: Sequence[Birth], last: int) -> int:
    names = [birth.name for birth in births]
    found: dict[str, object] = {
        "data": str(data.absolute()),
        "cluster": births[0].cluster,
        "servers": names,
        "last": last,
    }
    sentence = _(
        "{folder} holds the new cluster {cluster} with {names}; its log goes on behind entry {last}.",
        folder=data,
        cluster=births[0].cluster,
        names=", ".join(names),
        last=last,
    )
    return _done(options, found, [sentence])


def _done(options: argparse.Namespace, found: dict[str, object], sentences: Sequence[str]) -> int:
    if options.json:
        _print_json(found)
    else:
        write_lines(sys.stdout, list(sentences))
    return DONE


def _print_json(data: dict[str, object]) -> None:
    write_lines(sys.stdout, [json.dumps(data, ensure_ascii=False)])


class _Progress:
    """Says now and then how far something is."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self._said >= PROGRESS_SECONDS:
            self._said = now
            say(_("{percent} % copied.", percent=int(share * 100)))
