"""Where roles bind and where others are found, from the flags (design.md §5: loopback unless asked otherwise)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from coreto.launcher import addresses as ports
from coreto.net.reach import EVERY_INTERFACE, INTERNET, LOOPBACK, host_of, is_loopback, own_host
from coreto.texts import _


def there(options: argparse.Namespace, given: str | None, port: int) -> str:
    """Return the address of another role: its own flag, else its usual port on --host."""
    return given or f"tcp://{options.host}:{ports.BASE_PORT + port}"


def here(options: argparse.Namespace, given: Sequence[str] | None, *places: int) -> list[str]:
    """Return what a role binds: its bind flag, else its usual ports on --listen or on loopback."""
    host = options.listen or LOOPBACK
    return list(given or (f"tcp://{host}:{ports.BASE_PORT + port}" for port in places))


def known_host(options: argparse.Namespace, bound: str, towards: str) -> str:
    """Return what others call the host of a bound address; from every interface, what `towards` would see."""
    host = host_of(bound)
    if options.advertise:
        return str(options.advertise)
    return own_host(towards) if host in EVERY_INTERFACE else host


def known_as(options: argparse.Namespace, bound: str, towards: str) -> str:
    """Return the address by which others reach a bound one."""
    return f"tcp://{known_host(options, bound, towards)}:{bound.rpartition(':')[2]}"


def listening(options: argparse.Namespace, name: str, binds: Sequence[str]) -> str:
    """Return the sentence that says where a role listens, and what others call this machine if they can reach it."""
    sentence = _("{name}: listens at {addresses}.", name=name, addresses=", ".join(binds))
    open_ones = [bound for bound in binds if not is_loopback(host_of(bound))]
    if not open_ones:
        return sentence
    host = known_host(options, open_ones[0], INTERNET)
    return " ".join([sentence, _("Other machines reach it at {host}.", host=host)])


def unreachable(known: str, others: Sequence[str]) -> str:
    """Return a sentence when other machines could not reach us back at `known`, else nothing."""
    far = [address for address in others if not is_loopback(host_of(address))]
    if not far or not is_loopback(host_of(known)):
        return ""
    return _(
        "{far} is on another machine, and could not reach this server at {known}: "
        "say where to listen with --listen, for example --listen 0.0.0.0.",
        far=far[0],
        known=known,
    )


def cluster_folder(given: str | None = None) -> Path:
    """Return the data folder of the all-in-one: as given, else in the place the system has for such."""
    from platformdirs import user_data_dir

    return Path(given or user_data_dir("coreto", appauthor=False))


def default_folder(role: str) -> Path:
    """Return where a role that runs on its own keeps its files; not where the all-in-one does."""
    return cluster_folder().with_name("coreto-roles") / role
