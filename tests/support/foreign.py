"""Roles as other people write them: REP servers, a minimal reference, bare proxies; and a wire one can look at."""

import json
import selectors
import socket
import threading
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgpack
import zmq

from tests.support.plain import Context, Map
from tests.support.sockets import END_SECONDS, within

SLICE_MS = 20
HEARTBEAT_SECONDS = 1.0
CHUNK = 65536
FOREIGN_OFFSET = 3600.0
"""Seconds by which the clock of a foreign server is ahead."""


class Dialect(NamedTuple):
    """How a foreign server writes its answers."""

    nested: bool = True
    as_json: bool = False
    names: str = ""
    """The key of lists, when it is not the name of the service."""
    success: bool = False
    """`success` (bool) in place of `status`."""
    two_frames: bool = False
    """The name of the service in a frame before the answer."""

    def answer(self, service: str, data: Map, clock: int) -> bytes:
        """Return an answer in this dialect."""
        stamps = {"timestamp": time.time(), "clock": clock}
        if self.success and "status" in data:
            data = {**data, "success": data["status"] != "erro"}
            del data["status"]
        envelope = {"service": service, **({"data": {**data, **stamps}} if self.nested else {**data, **stamps})}
        packed: bytes = json.dumps(envelope).encode() if self.as_json else msgpack.packb(envelope)
        return packed

    def frames(self, service: str, data: Map, clock: int) -> list[bytes]:
        """Return an answer as it is sent."""
        return [*([service.encode()] if self.two_frames else []), self.answer(service, data, clock)]


class _Threaded:
    """A thread with a context of its own, from `with` to the end of it."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"foreign {type(self).__name__}", daemon=True)

    def __enter__(self) -> Self:
        self._context: Context = zmq.Context()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the thread and its sockets."""
        self._over.set()
        self._thread.join(END_SECONDS)
        within(END_SECONDS, self._context.term, "the end of a foreign context")

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        made = self._context.socket(kind)
        made.linger = 0
        return made

    def _run(self) -> None:
        raise NotImplementedError


class ForeignServer(_Threaded):
    """A REP server that answers from its own memory; with a reference it takes a rank and sends heartbeats."""

    def __init__(
        self,
        name: str,
        broker: str,
        reference: str = "",
        dialect: Dialect = Dialect(),  # noqa: B008 -- a tuple
        address: str = "",
    ) -> None:
        super().__init__()
        self.name = name
        self.dialect = dialect
        self.address = address
        """Where others ask it for its clock; the reference is told."""
        self.rank = 0
        self.asked: list[Map] = []
        """Every request it was given."""
        self.beats = threading.Event()
        """Heartbeats are sent while this is set."""
        self.beats.set()
        self.heartbeats = 0
        """How many were answered."""
        self._users: list[str] = []
        self._channels: list[str] = []
        self._broker, self._reference = broker, reference

    def services(self) -> list[str]:
        """The services it was asked for, in order."""
        return [str(request["service"]) for request in self.asked]

    def _run(self) -> None:
        with (
            self._socket(zmq.REP) as requests,
            self._socket(zmq.REP) as clocks,
            self._socket(zmq.DEALER) as reference,
        ):
            requests.connect(self._broker)
            if self.address:
                clocks.bind(self.address)
            if self._reference:
                reference.connect(self._reference)
            due = 0.0
            while not self._over.is_set():
                if self._reference and self.beats.is_set() and time.monotonic() >= due:
                    due = time.monotonic() + HEARTBEAT_SECONDS
                    self._tell(reference, "heartbeat" if self.rank else "rank")
                if requests.poll(SLICE_MS):
                    request = msgpack.unpackb(requests.recv())
                    self.asked.append(request)
                    requests.send_multipart(self._answer(request))
                if clocks.poll(0):
                    clocks.send_multipart(self._answer(msgpack.unpackb(clocks.recv())))
                while self._reference and reference.poll(0):
                    self._learn(msgpack.unpackb(reference.recv_multipart()[-1]))

    def _tell(self, reference: zmq.Socket[bytes], service: str) -> None:
        data = {"user": self.name, "timestamp": time.time(), "clock": 1}
        data |= {"address": self.address} if self.address else {}
        reference.send_multipart((b"", msgpack.packb({"service": service, "data": data})))

    def _learn(self, answer: Map) -> None:
        if answer["service"] == "rank":
            self.rank = answer["data"]["rank"]
        else:
            self.heartbeats += 1

    def _answer(self, request: Map) -> list[bytes]:
        service, data = request["service"], request["data"]
        return self.dialect.frames(service, self._serve(service, data), data["clock"] + 1)

    def _serve(self, service: str, data: Map) -> Map:
        match service:
            case "login":
                return self._add(self._users, data["user"])
            case "channel":
                return self._add(self._channels, data["channel"])
            case "users" | "channels":
                names = self._users if service == "users" else self._channels
                return {self.dialect.names or service: list(names)}
            case "clock":
                return {"time": time.time() + FOREIGN_OFFSET}
            case "publish" if data["channel"] in self._channels:
                return {"status": "OK", "message": ""}
            case _:
                return {"status": "erro", "description": f"{self.name}: não", "message": f"{self.name}: não"}

    def _add(self, names: list[str], name: str) -> Map:
        if name in names:
            return {"status": "erro", "description": f"{name} já existe"}
        names.append(name)
        return {"status": "sucesso", "description": ""}


class ForeignReference(_Threaded):
    """A REP reference that knows `rank`, `list` and `heartbeat` as the course has them: no addresses."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.ranks: dict[str, int] = {}
        self.heartbeats: list[str] = []
        self.asked: list[Map] = []
        """Every request it was given."""
        self._address = address

    def _run(self) -> None:
        with self._socket(zmq.REP) as requests:
            requests.bind(self._address)
            while not self._over.is_set():
                if requests.poll(SLICE_MS):
                    request = msgpack.unpackb(requests.recv())
                    self.asked.append(request)
                    data = self._serve(request["service"], request["data"])
                    stamps = {"timestamp": time.time(), "clock": request["data"].get("clock", 0) + 1}
                    requests.send(msgpack.packb({"service": request["service"], "data": {**data, **stamps}}))

    def _serve(self, service: str, data: Map) -> Map:
        match service:
            case "rank":
                return {"rank": self.ranks.setdefault(data["user"], len(self.ranks) + 1)}
            case "heartbeat":
                self.heartbeats.append(data["user"])
                return {}
            case "list":
                return {"list": [{"name": name, "rank": rank} for name, rank in self.ranks.items()]}
            case _:
                return {"status": "erro"}


class BareProxy(_Threaded):
    """`zmq.proxy` between two sockets and nothing else: a foreign broker, or a foreign proxy."""

    def __init__(self, front: tuple[int, str], back: tuple[int, str]) -> None:
        super().__init__()
        self._ends = (front, back)

    def _run(self) -> None:
        sockets = [self._socket(kind) for kind, _address in self._ends]
        try:
            for made, (_kind, address) in zip(sockets, self._ends, strict=True):
                made.bind(address)
            zmq.proxy(*sockets)
        except zmq.ContextTerminated:
            pass
        finally:
            for made in sockets:
                made.close()

    def close(self) -> None:
        """End the context: nothing else ends `zmq.proxy`."""
        within(END_SECONDS, self._context.term, "the end of a bare proxy")
        self._thread.join(END_SECONDS)


class Tap:
    """A TCP relay in front of one address that remembers what went to whoever connected."""

    def __init__(self, target: str) -> None:
        host, _colon, port = target.removeprefix("tcp://").rpartition(":")
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._passed = bytearray()
        self._selector = selectors.DefaultSelector()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)
        self._thread.start()

    def passed(self, mark: bytes) -> bool:
        """Whether these bytes were handed to whoever connected."""
        return mark in bytes(self._passed)

    def close(self) -> None:
        """Close every connection."""
        self._over.set()
        self._thread.join(END_SECONDS)

    def _run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        while not self._over.is_set():
            for key, _events in self._selector.select(SLICE_MS / 1000):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fd in self._selector.get_map():  # not closed by what came before in this round
                    goal, noted = key.data
                    self._relay(key.fileobj, goal, noted=noted)
        for key in list(self._selector.get_map().values()):
            end: Any = key.fileobj
            end.close()
        self._selector.close()

    def _accept(self) -> None:
        near, _address = self._listener.accept()
        try:
            far = socket.create_connection(self._target)
        except OSError:
            near.close()
            return
        self._selector.register(near, selectors.EVENT_READ, (far, False))
        self._selector.register(far, selectors.EVENT_READ, (near, True))

    def _relay(self, source: Any, goal: socket.socket, *, noted: bool) -> None:
        try:
            chunk = source.recv(CHUNK)
            goal.sendall(chunk)
        except OSError:
            chunk = b""
        if noted:
            self._passed += chunk
        if not chunk:
            for end in (source, goal):
                self._selector.unregister(end)
                end.close()
