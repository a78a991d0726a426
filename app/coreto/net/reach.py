"""Which addresses lead where: what is only this machine, what is every interface, what others call us."""

from __future__ import annotations

import ipaddress
import socket

EVERY_INTERFACE = ("*", "0.0.0.0")
"""Hosts that stand for every interface of this machine when bound."""
LOOPBACK = "127.0.0.1"
INTERNET = "192.0.2.1"
"""An address set aside for examples: the way there is the way out of this machine."""
_DISCARD_PORT = 9
"""A UDP socket "connected" to it sends nothing, but the system chooses the way there."""


def host_of(address: str) -> str:
    """Return the host in `tcp://HOST:PORT`, the address itself when it is none."""
    return address.partition("://")[2].rpartition(":")[0] or address


def is_loopback(host: str) -> bool:
    """Whether the host is reached from this machine alone; a name other than `localhost` is not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_known(host: str) -> bool:
    """Whether a host is an address, or a name that this machine can find the address of."""
    try:
        return bool(socket.getaddrinfo(host, None))
    except (OSError, UnicodeError):
        return False


def own_host(towards: str) -> str:
    """Return by which address of ours the host `towards` would answer; our host name when there is no way there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards, _DISCARD_PORT))
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
