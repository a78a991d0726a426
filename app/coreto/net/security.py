"""Who may take part: the key of a cluster, and the sockets that ask for it.

Theory of operation. A cluster that listens beyond loopback has one CURVE key pair. Its servers,
broker, proxy and reference all hold it: as the sockets that are bound they prove that they belong to the
cluster, and as those that connect they must prove the same. A ZAP handler in each process lets in
that one public key and no other, and `ZAP_ENFORCE_DOMAIN` closes the sockets when no handler runs.
So whoever has not got the secret key cannot hand in a single message: no APPEND, no PREPARE, no
READY, no publication. A cluster on loopback has no key; `inproc` never asks for one.

The key is asked for on the *inner* hops: between servers, from servers to the broker's backend and to
the reference, and into the proxy. The ports of the course stay open, as its clients know nothing of
keys: the broker's frontend, what the proxy and the views give out, and those of the reference.

A socket speaks one security mechanism at an address, and a server's usual port takes both the
messages of peers and the questions of everybody (`clock`, `election`, `status`). With a key these
are two sockets: the usual port stays open and takes questions only, whatever else is sent there is
answered as a question that makes no sense; peers meet at the port `PEER_PORT_STEP` above it.
Nothing has to tell where that is, so the reference and the log know one address of each server. The
reference has two sockets for the same reason: who asks at its usual ports is a stranger (`registry`).
"""

from __future__ import annotations

import base64
import hashlib

import msgspec
import zmq
from zmq.utils import z85

from coreto.net.reach import host_of, is_loopback
from coreto.texts import N_, _

DOMAIN = "coreto"
"""What our sockets are called where ZAP asks for a name."""
PEER_PORT_STEP = 1000
"""With a key, peers meet so far above the port at which a server is asked."""
PORT_MAX = 65535
HEARTBEAT_MS = 1_000
SILENT_MS = 4_000
"""Between machines a cable that was pulled breaks no connection by itself, and one that is back is noticed only when
TCP sends again, perhaps half a minute later: so a connection that is silent this long is made anew."""
_SECRET_BYTES = 32
_CHECK_BYTES = 3
"""Tells a code with a letter wrong from one of another cluster; 35 bytes are 56 letters without filling."""


class KeyCodeError(ValueError):
    """A text is no join code; the text says so."""

    def __str__(self) -> str:
        return _("This is no join code: copy the whole line that coreto up printed, or see coreto key.")


class ClusterKey(msgspec.Struct, frozen=True):
    """The key pair of a cluster, as ZeroMQ writes keys (Z85, 40 characters)."""

    public: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"ClusterKey({self.public!r})"

    @property
    def code(self) -> str:
        """The secret as a text that survives shells, mail and being read aloud."""
        raw = z85.decode(self.secret)
        return base64.b32encode(raw + _check(raw)).decode().lower()


def make_key() -> ClusterKey:
    """Return the key of a new cluster."""
    public, secret = zmq.curve_keypair()
    return ClusterKey(public, secret)


def read_code(text: str) -> ClusterKey:
    """Return the key in a join code; raise `KeyCodeError`."""
    try:
        data = base64.b32decode(text.strip().upper())
    except ValueError:
        raise KeyCodeError from None
    raw, check = data[:_SECRET_BYTES], data[_SECRET_BYTES:]
    if len(raw) != _SECRET_BYTES or check != _check(raw):
        raise KeyCodeError
    secret = z85.encode(raw)
    return ClusterKey(zmq.curve_public(secret), secret)


def ask_for(key: ClusterKey, socket: zmq.Socket[bytes]) -> None:
    """Have what is bound from now on let in only those who hold the key."""
    socket.curve_server = True
    socket.curve_secretkey = key.secret
    socket.zap_domain = DOMAIN.encode()
    socket.zap_enforce_domain = True
    _notice_silence(socket)


def show(key: ClusterKey, socket: zmq.Socket[bytes]) -> None:
    """Have what is connected from now on prove that it holds the key, to who proves the same."""
    socket.curve_publickey = key.public
    socket.curve_secretkey = key.secret
    socket.curve_serverkey = key.public
    _notice_silence(socket)


def is_open(address: str) -> bool:
    """Whether an address that is bound lets in other machines."""
    return address.startswith("tcp:") and not is_loopback(host_of(address))


def inner_address(address: str, key: ClusterKey | None) -> str:
    """Return where peers meet the server that is asked at `address`; raise `ValueError` if there is no such port."""
    if key is None or not address.startswith("tcp:"):
        return address
    host, _colon, port = address.rpartition(":")
    inner = int(port) + PEER_PORT_STEP
    if inner > PORT_MAX:
        raise ValueError(address)
    return f"{host}:{inner}"


class Gatekeeper:
    """The ZAP handler of one context: a thread that knows the one key that is let in."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], key: ClusterKey) -> None:
        # Brings asyncio with it, a good part of the time to start; most clusters have no key.
        from zmq.auth.thread import ThreadAuthenticator

        self._key = key
        self._thread = ThreadAuthenticator(context)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._thread.configure_curve_callback(DOMAIN, credentials_provider=self)

    def stop(self) -> None:
        """End; nobody is let in any more."""
        self._thread.stop()

    def callback(self, domain: str, key: bytes) -> bool:
        """Return whether a public key is let in; the library calls this."""
        return key == self._key.public


def _notice_silence(socket: zmq.Socket[bytes]) -> None:
    """Give up a connection on which nothing comes: the machine at its other end may have lost its network."""
    socket.heartbeat_ivl = HEARTBEAT_MS
    socket.heartbeat_timeout = SILENT_MS
    socket.connect_timeout = SILENT_MS


NEEDS_KEY = N_(
    "Other machines reach {address}, so whoever connects there must have the key of the cluster: "
    "give it with --join CODE (coreto key prints one), or listen on 127.0.0.1."
)


def _check(raw: bytes) -> bytes:
    return hashlib.sha256(b"coreto join" + raw).digest()[:_CHECK_BYTES]
