"""One machine cannot have every connection of a cluster that others reach."""

import contextlib
import socket
from contextlib import ExitStack

import pytest

from coreto.machines.visitors import CONNECTIONS_PER_HOST
from coreto.net.files import raise_files_limit
from tests.support.cluster import Cluster
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

TOO_MANY = 50
SECONDS = 20.0
"""Less than a connection that was greeted, and says nothing more, may stay."""
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
"""How ZMTP 3.0 begins, without security."""


def ready(kind):
    """Return how ZMTP ends its handshake."""
    body = b"\x05READY" + b"\x0bSocket-Type" + len(kind).to_bytes(4) + kind
    return bytes([4, len(body)]) + body


def is_ended(connection):
    """Whether the other end closed it."""
    with contextlib.suppress(BlockingIOError):
        while True:
            try:
                if not connection.recv(100):
                    return True
            except ConnectionError:
                return True
    return False


def crowd(address, kind):
    """Connect too often from one machine; return when those who are too many were shown out."""
    host, port = address.removeprefix("tcp://").split(":")
    with ExitStack() as stack:
        made = [
            stack.enter_context(socket.create_connection((host, int(port))))
            for _ in range(CONNECTIONS_PER_HOST + TOO_MANY)
        ]
        for one in made:
            with contextlib.suppress(ConnectionError):
                one.sendall(GREETING + ready(kind))
            one.setblocking(False)
        ended = lambda: sum(map(is_ended, made))  # noqa: E731 -- one condition
        wait_until(lambda: ended() == TOO_MANY, f"{address}: {TOO_MANY} are shown out", SECONDS)


def test_who_is_too_many_is_shown_out_at_every_port(tmp_path, hosts):
    raise_files_limit()
    name = hosts.names[0]

    def check():
        with Cluster(tmp_path, "--data", tmp_path / "data", "--listen", hosts.address(name)) as cluster:
            for address in (cluster.broker, cluster.reference, cluster.servers[0].address):
                crowd(address, b"DEALER")
            crowd(cluster.proxy, b"SUB")

    hosts.inside(name, check)
