"""What an actor of the virtual world may ask of the rest of it: the lines between the places."""

from __future__ import annotations

from typing import Protocol

from coreto.machines.effects import Route
from coreto.simulator.checkers import Checkers
from coreto.simulator.network import Network
from coreto.simulator.profile import Profile
from coreto.simulator.world import World
from coreto.wire.backend import BackendMessage
from coreto.wire.peer import PeerMessage
from coreto.wire.services import Request


class Listener(Protocol):
    """Who is given answers of the broker."""

    def on_answer(self, route: Route, body: bytes) -> None:
        """Handle an answer that came back along `route`."""

    def on_broken(self) -> None:
        """The connection to the broker broke: what is unanswered there will stay so."""


class Lines(Protocol):
    """The virtual system around one actor; places are named, `source` is the actor's own name."""

    world: World
    profile: Profile
    network: Network
    checkers: Checkers

    def send_peer(self, source: str, to: str, message: PeerMessage) -> None:
        """Carry a message to whoever lives at the place `to`."""

    def send_broker(self, source: str, message: BackendMessage) -> None:
        """Carry a message from a server to the broker."""

    def ask_reference(self, source: str, request: Request) -> None:
        """Carry a request to the reference and its answer back."""

    def publish(self, topic: bytes, body: bytes) -> None:
        """Carry a publication to every subscriber."""

    def broken(self, source: str) -> None:
        """A server crashed: its links break."""

    def request(self, route: Route, raw: bytes) -> None:
        """Carry a client's request to the broker."""

    def join(self, name: str, listener: Listener) -> None:
        """Answers to `name` go to `listener`."""
