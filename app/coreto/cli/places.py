"""Where roles bind and where others are found, from the flags (design.md §5: loopback unless asked otherwise)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from coreto.launcher import addresses as ports
from coreto.machines.manners import CLIENT_RATE
from coreto.net.reach import EVERY_INTERFACE, INTERNET, LOOPBACK, host_of, is_known, is_loopback, own_host
from coreto.texts import _


def there(options: argparse.Namespace, given: str | None, port: int) -> str:
    """Return the address of another role: its own flag, else its usual port on --host."""
    return given or f"tcp://{options.host}:{_base_port(options) + port}"


def here(options: argparse.Namespace, given: Sequence[str] | None, *places: int) -> list[str]:
    """Return what a role binds: its bind flag, else its usual ports on --listen or on loopback."""
    host = options.listen or LOOPBACK
    return list(given or (f"tcp://{host}:{_base_port(options) + port}" for port in places))


def server_port(options: argparse.Namespace, rank: int) -> str:
    """Return the usual port of a server; the system chooses one for a server without a rank."""
    return str(_base_port(options) + ports.FIRST_SERVER + rank) if rank else "*"


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
    return " ".join([sentence, _("Other machines reach it at {host}.", host=host), *_what_is_open(name)])


def _what_is_open(name: str) -> list[str]:
    """Return what anybody who reaches a role of this name can do there."""
    sentences = {
        "broker": _("Anybody on that network can log in under any name, read everything, and write."),
        "proxy": _("Anybody on that network can read everything that is published."),
        "reference": _("Anybody on that network can read the list of servers and stand on it; it decides no message."),
    }
    return [sentences[name]] if name in sentences else []


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


def unknown_host(options: argparse.Namespace) -> str:
    """Return a sentence when the name given with --host means nothing to this machine, else nothing."""
    if is_known(options.host):
        return ""
    return _(
        "This machine knows no host called {host}: look at the spelling, or write its address, as in 192.168.0.7.",
        host=options.host,
    )


def _base_port(options: argparse.Namespace) -> int:
    return int(options.base_port)


def client_rate(options: argparse.Namespace, hosts: Sequence[str]) -> float:
    """Return how many requests a second one client has: as told, else limited where other machines ask."""
    if options.client_rate is not None:
        return float(options.client_rate)
    return 0.0 if all(is_loopback(host) for host in hosts) else CLIENT_RATE


def cluster_folder(given: str | None = None) -> Path:
    """Return the data folder of the all-in-one: as given, else in the place the system has for such."""
    from platformdirs import user_data_dir

    return Path(given or user_data_dir("coreto", appauthor=False))


def default_folder(role: str) -> Path:
    """Return where a role that runs on its own keeps its files; not where the all-in-one does."""
    return cluster_folder().with_name("coreto-roles") / role
