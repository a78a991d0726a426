"""The commands that run one role: `reference`, `broker`, `proxy`, `server`."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from coreto.cli.keys import lacks_key, role_key
from coreto.cli.places import (
    client_rate,
    default_folder,
    here,
    known_as,
    listening,
    server_port,
    there,
    unknown_host,
    unreachable,
)
from coreto.cli.printing import fail
from coreto.cli.running import refuse, run_role
from coreto.cli.statuses import USAGE
from coreto.launcher import addresses as ports
from coreto.launcher.key_file import KeyFileError, keep_key
from coreto.launcher.lock import FolderLock
from coreto.launcher.offline import SERVER_LOCK
from coreto.machines.settings import Settings
from coreto.net.doorkeeper import is_watched
from coreto.net.reach import LOOPBACK, host_of, is_loopback, own_host
from coreto.net.security import ClusterKey
from coreto.net.worker import Worker
from coreto.roles.broker import BrokerRole
from coreto.roles.foreign_broker import ForeignBrokerRole
from coreto.roles.proxy import make_proxy
from coreto.roles.reference import ReferenceRole
from coreto.roles.server import ServerAddresses, ServerRole
from coreto.store.database import StoreError
from coreto.store.server import read_birth
from coreto.texts import Catalogue, _

WIRE_LANGUAGE = "pt"
"""Sentences on the wire are Portuguese, as in the course, unless somebody asks otherwise (design.md §11)."""
FOLDER_DIGITS = 16


def run_reference(options: argparse.Namespace) -> int:
    """Run the reference until told to stop."""
    binds = here(options, options.bind, ports.REFERENCE, ports.REFERENCE_OTHER)
    folder = Path(options.data) if options.data else default_folder("reference")
    settings = Settings(wide=options.wide, client_rate=client_rate(options, [host_of(bind) for bind in binds]))
    try:
        key = role_key(options)
    except KeyFileError as error:
        return refuse(options, str(error))
    return _locked(
        options,
        folder,
        "reference.lock",
        lambda: run_role(
            lambda context, sink: ReferenceRole(
                context, binds, folder, _catalogue(options), sink, settings=settings, key=key
            ),
            lambda role: _reference_bound(options, binds, key),
            options,
            key=key,
        ),
    )


def run_broker(options: argparse.Namespace) -> int:
    """Run the broker until told to stop."""
    if options.foreign_servers:
        return _run_foreign_broker(options)
    if options.foreign_backend:
        return fail(_("--foreign-backend takes plain REP servers: say --foreign-servers too."), USAGE)
    fronts = here(options, options.frontend, ports.BROKER)
    backs = here(options, options.backend, ports.BACKEND)
    rate = client_rate(options, [host_of(front) for front in fronts])
    settings = Settings(wide=options.wide, client_rate=rate)
    try:
        key = role_key(options)
    except KeyFileError as error:
        return refuse(options, str(error))
    return run_role(
        lambda context, sink: BrokerRole(context, fronts, backs, _catalogue(options), sink, settings=settings, key=key),
        lambda role: listening(options, role.name, [*fronts, *backs]),
        options,
        key=key,
    )


def _run_foreign_broker(options: argparse.Namespace) -> int:
    if options.backend:
        return fail(_("With --foreign-servers our servers have no part: leave out --backend."), USAGE)
    fronts = here(options, options.frontend, ports.BROKER)
    backs = here(options, options.foreign_backend, ports.FOREIGN_BACKEND)
    return run_role(
        lambda context, sink: ForeignBrokerRole(
            context, fronts, backs, _catalogue(options), settings=_settings(options)
        ),
        lambda role: listening(options, role.name, [*fronts, *backs]),
        options,
    )


def run_proxy(options: argparse.Namespace) -> int:
    """Run the proxy until told to stop."""
    ins, outs = here(options, options.xsub, ports.XSUB), here(options, options.xpub, ports.XPUB)
    try:
        key = role_key(options)
    except KeyFileError as error:
        return refuse(options, str(error))
    return run_role(
        lambda context, sink: make_proxy(context, ins, outs, key),
        lambda role: listening(options, role.name, [*ins, *outs]),
        options,
        key=key,
    )


def run_server(options: argparse.Namespace) -> int:
    """Run one server until told to stop."""
    # A name comes from outside, so it is no name of a folder.
    digest = hashlib.sha256(options.name.encode()).hexdigest()[:FOLDER_DIGITS]
    folder = Path(options.data) if options.data else default_folder(f"server-{digest}")
    try:
        key = role_key(options, folder)
    except KeyFileError as error:
        return refuse(options, str(error))
    problem = unknown_host(options) or _misplaced(_server_addresses(options, 0, key))
    if problem:
        return fail(problem, USAGE)
    return _locked(options, folder, SERVER_LOCK, lambda: _run_server(options, folder, key))


def _misplaced(places: ServerAddresses) -> str:
    """Return a sentence about addresses that do not go together, else nothing."""
    others = [places.reference, places.broker, places.broker_rep, places.proxy]
    inner = [] if places.broker_rep else [places.broker, places.proxy]
    return lacks_key(places.key, inner) or unreachable(places.advertise, [address for address in others if address])


def _run_server(options: argparse.Namespace, folder: Path, key: ClusterKey | None) -> int:
    try:
        birth = read_birth(folder)
        if options.join is not None:
            keep_key(folder, options.join)
    except (StoreError, KeyFileError) as error:
        return refuse(options, str(error), by_its_files=isinstance(error, StoreError))
    if birth is not None and birth.name != options.name:
        return refuse(
            options,
            _(
                "The folder {folder} holds the server {name}: start it with --name {name}, "
                "or choose another folder with --data.",
                folder=folder,
                name=birth.name,
            ),
        )
    places = _server_addresses(options, birth.rank if birth else 0, key)
    return run_role(
        lambda context, sink: ServerRole(
            options.name,
            context,
            places,
            folder,
            None,
            _catalogue(options),
            sink,
            genesis=options.genesis,
            settings=Settings(
                wide=options.wide, client_rate=client_rate(options, [host_of(bind) for bind in places.bind])
            ),
        ),
        lambda role: _server_bound(options, places.bind, role, unborn=birth is None),
        options,
        key=key,
    )


def _server_addresses(options: argparse.Namespace, rank: int, key: ClusterKey | None) -> ServerAddresses:
    reference = there(options, options.reference, ports.REFERENCE)
    binds = options.bind or [f"tcp://{_listens_at(options, reference, key)}:{server_port(options, rank)}"]
    return ServerAddresses(
        bind=binds,
        advertise=known_as(options, binds[0], host_of(reference)),
        reference=reference,
        broker=options.broker or ("" if options.broker_rep else there(options, None, ports.BACKEND)),
        proxy=there(options, options.proxy, ports.XSUB),
        proxy_sub=there(options, options.proxy_sub, ports.XPUB),
        peers=dict(options.peer),
        broker_rep=options.broker_rep or "",
        key=key,
    )


def _listens_at(options: argparse.Namespace, reference: str, key: ClusterKey | None) -> str:
    """Return where to listen: who joins a cluster elsewhere means to be reached from there."""
    if options.listen:
        return str(options.listen)
    elsewhere = not is_loopback(host_of(reference))
    return own_host(host_of(reference)) if elsewhere and key is not None else LOOPBACK


def _locked(options: argparse.Namespace, folder: Path, lock: str, run: Callable[[], int]) -> int:
    """Run while nobody else runs the same role on the folder."""
    held = FolderLock(folder / lock)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = held.take()
    except OSError as error:
        return refuse(
            options,
            _(
                "The folder {folder} cannot be used ({error}): choose another with --data.",
                folder=folder,
                error=error.strerror,
            ),
        )
    if not taken:
        return refuse(
            options,
            _("Another program runs on the folder {folder}: end it, or choose another with --data.", folder=folder),
        )
    try:
        return run()
    finally:
        held.release()


def _catalogue(options: argparse.Namespace) -> Catalogue:
    return Catalogue(options.lang or os.environ.get("CORETO_LANG") or WIRE_LANGUAGE)


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(wide=options.wide)


def _reference_bound(options: argparse.Namespace, binds: Sequence[str], key: ClusterKey | None) -> str:
    sentence = listening(options, "reference", binds)
    if key is not None or not is_watched(binds):
        return sentence
    return " ".join([sentence, _("Servers that joined with a key do not ask here: say --join CODE (coreto key).")])


def _server_bound(options: argparse.Namespace, binds: Sequence[str], role: Worker, *, unborn: bool) -> str:
    assert isinstance(role, ServerRole)
    port = role.address.rpartition(":")[2]
    addresses = [bind.replace("*", port) for bind in binds]
    sentences = [_("{name}: listens at {addresses}.", name=role.name, addresses=", ".join(addresses))]
    if role.address not in addresses:
        sentences.append(_("Others find it at {known}.", known=role.address))
    others = options.genesis - 1
    if unborn and others > 0:
        sentences.append(_("A new cluster is formed when {others} others have said the same.", others=others))
    return " ".join(sentences)
