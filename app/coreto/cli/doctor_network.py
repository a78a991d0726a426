"""What the doctor looks at in the network: our ports, loopback, the firewall, another machine."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from coreto.cli.findings import FAIL, OK, WARN, Finding
from coreto.client.direct import ask_direct
from coreto.client.errors import ClientError
from coreto.launcher import addresses as ports_of
from coreto.launcher.control_client import find_running
from coreto.launcher.folder import DataFolder
from coreto.launcher.free_ports import is_free
from coreto.net.reach import LOOPBACK
from coreto.net.sockets import make_context
from coreto.texts import _

SERVERS_USUAL = 3
"""Servers whose ports are looked at: as many as `coreto up` starts."""
CONNECT_SECONDS = 2.0
"""A machine on the same network answers far sooner."""
OFFSET_MAX = 1.0
"""Seconds by which clocks may differ before messages look as if they came from another day's hour."""

UFW = Path("/etc/ufw/ufw.conf")
FIREWALLD = Path("/run/firewalld")


def ports(base: int, folder: Path) -> Iterator[Finding]:
    """Look whether a cluster could bind its ports."""
    wanted = _ports(base)
    busy = [port for port in wanted if not is_free(LOOPBACK, port)]
    running = find_running(DataFolder(folder).control) if busy else None
    first, last = wanted[0], wanted[-1]
    if not busy:
        yield Finding("ports", OK, _("All from {first} to {last} that we use are free.", first=first, last=last))
    elif running is not None:
        yield Finding("ports", OK, _("In use by the cluster that runs on {folder}.", folder=folder))
    else:
        numbers = ", ".join(map(str, busy))
        advice = _("End the program that has them, or start with --base-port {other}.", other=base + 1000)
        yield Finding("ports", FAIL, _("In use by another program: {ports}.", ports=numbers), advice)


def loopback() -> Iterator[Finding]:
    """Look whether this machine reaches itself."""
    with socket.socket() as listener:
        try:
            listener.bind((LOOPBACK, 0))
            listener.listen(1)
            socket.create_connection(listener.getsockname(), CONNECT_SECONDS).close()
        except OSError as error:
            found = _("This machine cannot reach itself at {address} ({error}).", address=LOOPBACK, error=error)
            yield Finding("loopback", FAIL, found, _("A firewall or a proxy stands between: allow loopback in it."))
        else:
            yield Finding("loopback", OK, _("This machine reaches itself at {address}.", address=LOOPBACK))


def firewall(base: int) -> Iterator[Finding]:
    """Say which firewall is there, and how to open our ports for --listen."""
    first, last = base, base + ports_of.FIRST_SERVER + ports_of.SERVERS_MAX
    alone = _("It matters only when other machines take part (--listen).")
    if sys.platform == "win32":
        found = _("Windows asks once whether Coreto may be reached: say yes for private networks.")
        command = (
            f"netsh advfirewall firewall add rule name=Coreto dir=in action=allow protocol=TCP localport={first}-{last}"
        )
    elif sys.platform == "darwin":
        found = _("macOS may ask once whether Coreto may be reached: say yes.")
        command = _("System Settings, Network, Firewall")
    elif UFW.exists() and "ENABLED=yes" in UFW.read_text("utf-8", "replace"):
        found = _("The firewall ufw is on.")
        command = f"sudo ufw allow {first}:{last}/tcp"
    elif FIREWALLD.exists():
        found = _("The firewall firewalld is on.")
        command = f"sudo firewall-cmd --add-port={first}-{last}/tcp"
    else:
        yield Finding("firewall", OK, _("None that we know of is on."))
        return
    advice = _("{alone} Then open the ports: {command}", alone=alone, command=command)
    yield Finding("firewall", WARN, found, advice)


def other(host: str, base: int) -> Iterator[Finding]:
    """Look whether another machine is reached, and whether its clock agrees with ours."""
    silent = [port for port in (base + ports_of.BROKER, base + ports_of.XPUB) if not _answers(host, port)]
    if silent:
        numbers = ", ".join(map(str, silent))
        found = _("{host} does not take connections at: {ports}.", host=host, ports=numbers)
        yield Finding("other", FAIL, found, _("Is it started there with --listen, and is its firewall open?"))
        return
    context = make_context()
    try:
        offset = ask_direct(context, f"tcp://{host}:{base + ports_of.REFERENCE}", "clock").ahead("time") or 0.0
    except ClientError as error:
        yield Finding("other", WARN, str(error), _("Its reference may be elsewhere, or its port closed."))
        return
    finally:
        context.term()
    if abs(offset) > OFFSET_MAX:
        found = _("{host} is reached; its clock is {offset} s ahead of ours.", host=host, offset=f"{offset:+.1f}")
        yield Finding("other", WARN, found, _("Turn on network time on both."))
    else:
        yield Finding("other", OK, _("{host} is reached, and its clock agrees.", host=host))


def _ports(base: int) -> list[int]:
    roles = (ports_of.BROKER, ports_of.XSUB, ports_of.XPUB, ports_of.REFERENCE_OTHER, ports_of.REFERENCE)
    servers = range(ports_of.FIRST_SERVER + 1, ports_of.FIRST_SERVER + 1 + SERVERS_USUAL)
    return [base + place for place in (*roles, ports_of.BACKEND, ports_of.VIEWS["text"], *servers)]


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
