"""A base port whose whole range is free."""

import socket

from coreto.launcher import addresses as ports
from coreto.launcher.free_ports import OFFSETS, free_base_port, is_free

HOST = "127.0.0.1"


def test_everything_a_cluster_binds_is_free():
    base = free_base_port(HOST)
    assert 1024 <= base <= ports.BASE_PORT_MAX
    for offset in (ports.BROKER, ports.BACKEND, *ports.VIEWS.values(), ports.FIRST_SERVER + ports.SERVERS_MAX):
        assert offset in OFFSETS
        assert is_free(HOST, base + offset)


def test_a_port_in_use_is_not_free():
    with socket.create_server((HOST, 0)) as server:
        assert not is_free(HOST, server.getsockname()[1])


def test_the_ends_of_old_connections_hinder_nobody():
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)):
            connection, _address = server.accept()
            connection.close()  # who closes first has the port in TIME_WAIT for a while
    assert is_free(HOST, port)
