"""The broker and the reference of a stage: the real machines, reached over lines that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coreto.machines.clock import ApplicationClock
from coreto.machines.dispatch import Dispatch
from coreto.machines.effects import Effect, Probe, ReplyTo, Report, Route, SendServer
from coreto.machines.registry import Registry
from coreto.machines.settings import Settings
from coreto.simulator.script_server import CLOCK_OFFSET, TIMER_MIN
from coreto.simulator.world import World
from coreto.texts import Catalogue
from coreto.wire.backend import Answers, BackendMessage, Opened, Ready
from coreto.wire.envelope import read_reply

if TYPE_CHECKING:
    from coreto.simulator.script_stage import Stage

BROKER, REFERENCE = "broker", "reference"


class StageBroker:
    """Runs a `Dispatch`; a life of it remembers nothing of the one before."""

    def __init__(self, stage: Stage, world: World, settings: Settings) -> None:
        self._stage = stage
        self._world = world
        self._settings = settings
        self._life = 0
        self._timer = 0
        self._dispatch: Dispatch | None = None
        self.start()

    def start(self) -> None:
        """Begin a life."""
        self._life += 1
        self._dispatch = Dispatch(f"b{self._life}", ApplicationClock(CLOCK_OFFSET), self._settings, Catalogue("en"))

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._dispatch is not None

    def crash(self) -> None:
        """Stop at once."""
        self._dispatch = None

    def on_request(self, route: Route, raw: bytes) -> None:
        """Take a client's request."""
        if self._dispatch is not None:
            self._dispatch.on_request(route, raw, self._world.now)
            self._turn(self._dispatch)

    def on_message(self, link: bytes, message: BackendMessage) -> None:
        """Take a message that a server sent over this connection."""
        dispatch, now = self._dispatch, self._world.now
        if dispatch is None:
            return
        match message:
            case Ready():
                dispatch.on_ready(link, message, now)
            case Answers():
                dispatch.on_answers(link, message, now)
            case Opened():
                dispatch.on_opened(message, now)
        self._turn(dispatch)

    def _turn(self, dispatch: Dispatch) -> None:
        dispatch.tick(self._world.now)
        for effect in dispatch.flush(self._world.now):
            self._perform(dispatch, effect)
        self._timer += 1
        timer = self._timer
        self._world.at(max(dispatch.deadline(), self._world.now + TIMER_MIN), lambda: self._on_timer(timer))

    def _on_timer(self, timer: int) -> None:
        if timer == self._timer and self._dispatch is not None:
            self._turn(self._dispatch)

    def _perform(self, dispatch: Dispatch, effect: Effect) -> None:
        match effect:
            case SendServer(link, message):
                self._stage.send_server(link, message)
            case ReplyTo(route, body):
                self._stage.answer(route, body)
            case Probe(link):
                if self._stage.server_at(link) is None:
                    dispatch.on_broken(link, self._world.now)
                    self._turn(dispatch)
            case Report():
                pass
            case _:
                raise AssertionError(f"unexpected effect {effect!r}")


class StageReference:
    """Runs a `Registry`; a life of it remembers nothing of the one before."""

    def __init__(self, stage: Stage, world: World, settings: Settings) -> None:
        self._stage = stage
        self._world = world
        self._settings = settings
        self._registry: Registry | None = None
        self.start()

    def start(self) -> None:
        """Begin a life with an empty disk."""
        self._registry = Registry({}, {}, ApplicationClock(CLOCK_OFFSET), self._settings, Catalogue("en"))

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._registry is not None

    def crash(self) -> None:
        """Stop at once; the disk is lost too."""
        self._registry = None

    def on_request(self, source: str, raw: bytes) -> None:
        """Take a server's request; the rank in its answer goes back over the line."""
        if self._registry is None:
            return
        self._registry.on_request((source.encode(),), raw, self._world.now)
        for effect in self._registry.flush(self._world.now):
            if isinstance(effect, ReplyTo):
                rank = read_reply(effect.body)[1].get("rank", 0)
                self._stage.tell_rank(REFERENCE, source, int(rank))

    def listed(self) -> list[str]:
        """Return the names on its list now."""
        return [row.name for row in self._registry.live(self._world.now)] if self._registry else []
