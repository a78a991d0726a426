"""Whoever has not got the key of a cluster, and tries to take part in it."""

from coreto.net.security import ClusterKey, make_key
from coreto.net.sockets import Context, Socket

INTRUDERS = ("no key", "PLAIN", "a key of its own", "a key for another cluster")


def intruder(context: Context, kind: int, address: str, intruding: str, key: ClusterKey) -> Socket:
    """Return a socket that was connected in one of the ways that must not be let in."""
    socket = context.socket(kind)
    socket.linger = 0
    other = make_key()
    if intruding == "PLAIN":
        socket.plain_username, socket.plain_password = b"coreto", key.public
    elif intruding == "a key of its own":  # what it connects to proves itself, and it does not
        socket.curve_serverkey = key.public
        socket.curve_publickey, socket.curve_secretkey = other.public, other.secret
    elif intruding == "a key for another cluster":
        socket.curve_serverkey = other.public
        socket.curve_publickey, socket.curve_secretkey = other.public, other.secret
    socket.connect(address)
    return socket
