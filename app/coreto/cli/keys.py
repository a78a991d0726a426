"""The key of a cluster on the command line: `coreto key`, and which key a role has."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from coreto.cli.places import cluster_folder
from coreto.cli.printing import fail, say
from coreto.launcher import addresses as ports
from coreto.launcher.key_file import KeyFileError, own_key, read_key
from coreto.net.reach import host_of, is_loopback
from coreto.net.security import ClusterKey
from coreto.texts import _


def run_key(options: argparse.Namespace) -> int:
    """Print the join code of a cluster, made the first time."""
    folder = cluster_folder(options.data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        code = own_key(folder).code
    except KeyFileError as error:
        return fail(str(error), as_json=options.json)
    except OSError as error:
        sentence = _(
            "The folder {folder} cannot be made ({error}): say another one with --data.",
            folder=folder,
            error=error.strerror,
        )
        return fail(sentence, as_json=options.json)
    print(json.dumps({"join": code, "data": str(folder)}) if options.json else code)
    if not options.json:
        say(_("Whoever has this code can take part in the cluster: show it to nobody else."))
    return 0


def role_key(options: argparse.Namespace, folder: Path | None = None) -> ClusterKey | None:
    """Return the key a role has: from --join, from its parent, from its folder; raise `KeyFileError`."""
    if options.join is not None:
        key: ClusterKey = options.join
        return key
    if options.key_folder:
        return read_key(Path(options.key_folder))
    return read_key(folder) if folder is not None else None


def lacks_key(key: ClusterKey | None, others: Sequence[str]) -> str:
    """Return a sentence when one of the inner addresses is on another machine and there is no key for it."""
    far = [address for address in others if not is_loopback(host_of(address))]
    if not far or key is not None:
        return ""
    return _(
        "{far} is on another machine, and asks for the key of the cluster: "
        "give it with --join CODE, as coreto up or coreto key printed it there.",
        far=far[0],
    )


def invitation(host: str, base_port: int, key: ClusterKey) -> list[str]:
    """Return what to say about a cluster that other machines reach: what that means, and what to type there."""
    base = "" if base_port == ports.BASE_PORT else f" --base-port {base_port}"
    return [
        _(
            "Anybody on that network can log in under any name, read every channel and every direct message, "
            "and write; listen on 127.0.0.1 if that is not what you want."
        ),
        _("To chat from another machine:"),
        f"    coreto chat --host {host}{base}",
        _("To add a server there, which copies everything and serves reads (keep this code among friends):"),
        f"    coreto server --host {host}{base} --join {key.code} --name $(hostname)",
    ]
