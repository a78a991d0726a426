"""Where a role is asked by everybody, and where by who has the key of the cluster (see `security`)."""

from __future__ import annotations

from collections.abc import Sequence

import zmq

from coreto.net.security import PEER_PORT_STEP, ClusterKey, inner_address
from coreto.net.sockets import AddressError, Context, Socket, bind, bind_soon, bound_socket, inner_socket
from coreto.texts import N_

NO_PEER_PORT = N_(
    "Peers need the port {step} above that of {address}, which is taken or does not exist: choose another with {flag}."
)
PORT_TRIES = 20
"""How often the system is asked for a port that has a free one for peers above it."""


def bind_entrances(context: Context, addresses: Sequence[str], flag: str, key: ClusterKey) -> tuple[Socket, Socket]:
    """Return a ROUTER for who has the key or is in this process, and one for everybody; raise `AddressError`."""
    inside = [address for address in addresses if not address.startswith("tcp:")]
    inner = inner_socket(context, zmq.ROUTER, inside, flag, key)
    door = bound_socket(context, zmq.ROUTER, (), flag, from_clients=True)
    try:
        for address in addresses:
            if address.startswith("tcp:"):
                _bind_both(door, inner, address, flag, key)
    except AddressError:
        inner.close()
        door.close()
        raise
    return inner, door


def _bind_both(door: Socket, inner: Socket, address: str, flag: str, key: ClusterKey) -> None:
    """Bind what is open, and what asks for the key above it; a port the system chose may have none there."""
    tries = PORT_TRIES if address.endswith(":*") else 1
    for left in reversed(range(tries)):
        bind(door, address, flag)
        bound = door.get_string(zmq.LAST_ENDPOINT)
        try:
            above = inner_address(bound, key)
            bind_soon(inner, above) if tries == 1 else inner.bind(above)
        except (ValueError, zmq.ZMQError):
            door.unbind(bound)
            if not left:
                raise AddressError(NO_PEER_PORT, flag, address=bound, step=PEER_PORT_STEP) from None
        else:
            return
