"""Requests a server has taken on and not answered yet: exactly one answer each (replication.md §7, §8).

Theory of operation. A request comes through the broker, from a peer that forwards it, or straight
to the server's own port. A write is proposed by the coordinator, forwarded by a follower, and held
for a while where nobody coordinates. A read is answered when enough of the log is applied.

What an answer may claim is the heart of it. `ok`, `refused`, `expired_key` come from the log.
`no_quorum`, `no_coordinator`, `overloaded`, `bad_request` are *definite*: this copy was never
logged. Once a write has been proposed, or forwarded and not definitely refused, only the log or
`unknown` may answer it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

import msgspec

from coreto.machines.answers import error_data, outcome_data, refusal_data, reply_service
from coreto.machines.chat import Applied, Chat
from coreto.machines.deadlines import Deadlines
from coreto.machines.doubt import Doubts
from coreto.machines.effects import Route
from coreto.machines.election import Election
from coreto.machines.outbox import Outbox
from coreto.machines.reads import history, list_names
from coreto.machines.replica import Replica, Role
from coreto.machines.settings import BATCH_ENTRIES_MAX, REQUESTS_HELD_MAX, Settings
from coreto.texts import Catalogue
from coreto.wire.envelope import Incoming
from coreto.wire.log import EPOCH_ZERO, BrokerKey, Command, Epoch
from coreto.wire.peer import Forward, Result
from coreto.wire.services import (
    Channels,
    CreateChannel,
    DirectText,
    History,
    Login,
    PublishText,
    Request,
    Users,
)

DEFINITE = frozenset({"no_quorum", "no_coordinator", "overloaded", "bad_request"})
"""Codes that say: this copy was certainly not logged."""

LIFE_SHIFT = 32
"""Bits for the requests of one life: more than any serves."""

LOST_START = "lost_start"
"""For the broker only: the log no longer knows the start of this key, so it must open a new one."""

FINAL = frozenset({"ok", "refused", "expired_key"})
"""Codes that the log itself gave."""


class BrokerOrigin(NamedTuple):
    """It came through this life of the broker, under this number."""

    broker: str
    number: int
    copy: int


class PeerOrigin(NamedTuple):
    """A follower forwarded it, under this number."""

    peer: str
    number: int


class DirectOrigin(NamedTuple):
    """It came to our own port."""

    route: Route
    trusted: bool = True
    """Whether it may change who belongs to the cluster."""


Origin = BrokerOrigin | PeerOrigin | DirectOrigin


class State(Enum):
    """Where an open request stands."""

    HELD = "held"
    PROPOSED = "proposed"
    FORWARDED = "forwarded"
    READING = "reading"


class Open(msgspec.Struct, eq=False):
    """One open request."""

    number: int
    origin: Origin
    incoming: Incoming
    raw: bytes
    key: BrokerKey | None
    deadline: float
    min_index: int
    state: State = State.HELD
    command: Command | None = None
    sent_to: str = ""
    sent_in: Epoch = EPOCH_ZERO
    """The epoch of whom it was forwarded to: the same server may coordinate again, and know nothing of it."""
    attempt: int = 0
    """The number its last FORWARD carries, so that a late RESULT of an earlier one is told apart."""
    refused_by: tuple[str, Epoch] | None = None
    """The coordinator, in its epoch, that definitely refused it: only another one is asked again."""
    hold_until: float = 0.0
    """Kept without a coordinator at most so long; 0 until it was first held."""
    doubtful: bool = False
    """Some FORWARD of it is without a definite answer."""
    due: float = 0.0
    """When something must happen to it; earlier moments in the heap are out of date."""
    nonce: int = 0
    """A linear read waits until a majority answered an APPEND later than this."""


class Requests:
    """The table of open requests."""

    def __init__(
        self,
        name: str,
        life: int,
        replica: Replica,
        election: Election,
        chat: Chat,
        outbox: Outbox,
        settings: Settings,
        catalogue: Catalogue,
    ) -> None:
        self._name = name
        self._replica = replica
        self._election = election
        self._chat = chat
        self._outbox = outbox
        self._settings = settings
        self._catalogue = catalogue
        self._open: dict[int, Open] = {}
        self._held: dict[int, Open] = {}
        self._reading: dict[int, Open] = {}
        self._forwarded: dict[int, Open] = {}
        self._proposed: dict[int, Open] = {}
        self._to_propose: list[Open] = []
        self._deadlines: Deadlines[int] = Deadlines()
        self._count = life << LIFE_SHIFT
        """Numbers never come twice, in no life: a late RESULT of an earlier life must not answer another request."""
        self._doubts = Doubts()
        self._own_start: tuple[Epoch, int] | None = None
        self._own_n = 0

    # Coming in.

    def take(
        self,
        origin: Origin,
        incoming: Incoming,
        raw: bytes,
        key: BrokerKey | None,
        left: float,
        min_index: int,
        now: float,
    ) -> None:
        """Take on a write or a read of chat data, with `left` seconds to answer it."""
        self._count += 1
        wanted = max(min_index, incoming.min_index)
        item = Open(self._count, origin, incoming, raw, key, now + left, wanted)
        if incoming.refusal is not None:
            self._finish(item, "bad_request", refusal_data(incoming.refusal, self._catalogue))
        elif len(self._open) >= REQUESTS_HELD_MAX:
            self._fail(item, "overloaded")
        elif incoming.is_write:
            self._open[item.number] = item
            self._write(item, now)
        else:
            self._open[item.number] = item
            self._read(item, now)

    def on_result(self, message: Result, now: float) -> None:
        """The coordinator answered a FORWARD."""
        item = self._forwarded.get(message.number)
        if item is None or item.sent_to != message.sender:
            return
        if (
            message.code not in DEFINITE
            or not item.incoming.is_write
            or (message.code in ("bad_request", "overloaded") and not item.doubtful)
        ):
            self._pass_on(item, message)
        else:
            item.refused_by = (item.sent_to, item.sent_in)
            self._end_doubt(item)
            self._hold(item, now)

    def applied(self, index: int, result: Applied) -> bool:
        """The entry at `index` was applied: answer the request that proposed it; return whether it is acknowledged."""
        item = self._proposed.pop(index, None)
        if item is None or item.number not in self._open:
            return False
        assert item.command is not None
        if result.outcome is None:
            known = self._chat.tables.get("starts", (item.command.key.start,)) is not None
            if not known and self._own_start is not None and self._own_start[1] == item.command.key.start:
                self._own_start = None
            self._fail(item, "unknown" if known else LOST_START)
            return False
        data = outcome_data(result.outcome, item.command, self._catalogue)
        self._finish(item, result.outcome.code, data, result.outcome.index)
        return result.outcome.code == "ok"

    # Once per turn.

    def settle(self, now: float) -> None:
        """Move on what waited for a coordinator, for a tenure's end, or for applied entries."""
        if self._replica.tenure is None:
            self._lose_proposals()
        if self._held and (self._replica.takes_commands or self._coordinator()):
            for item in [item for item in self._held.values() if self._may_move_on(item)]:
                self._write(item, now)
        if self._held and self._election.cut_off:
            for item in list(self._held.values()):
                self._give_up(item, "no_quorum")
        if self._reading:
            for item in list(self._reading.values()):
                self._try_read(item)
        if self._forwarded:
            self._doubt_lost_forwards(now)

    def propose(self, now: float) -> None:
        """Log what this turn brought."""
        if not self._to_propose:
            return
        items, self._to_propose = self._to_propose, []
        for at in range(0, len(items), BATCH_ENTRIES_MAX):
            self._propose_batch(items[at : at + BATCH_ENTRIES_MAX], now)

    def tick(self, now: float) -> None:
        """Answer what has no time left."""
        for number in self._deadlines.due(now):
            item = self._open.get(number)
            if item is None or item.due > now:
                continue
            if item.state is State.READING and now < item.deadline:
                self._forward_read(item, now)
            elif item.state is State.HELD or not item.incoming.is_write:
                self._give_up(item, "no_coordinator")
            else:
                self._fail(item, "unknown")

    def deadline(self) -> float:
        """Return when `tick` has something to do."""
        return self._deadlines.next()

    def _set_due(self, item: Open, moment: float) -> None:
        item.due = moment
        self._deadlines.add(moment, item.number)

    # Writes.

    def _write(self, item: Open, now: float) -> None:
        self._held.pop(item.number, None)
        tenure = self._replica.tenure
        if tenure is not None and not self._replica.takes_commands:
            self._hold(item, now)
        elif tenure is not None:
            if tenure.has_quorum(now):
                item.state = State.PROPOSED
                self._set_due(item, item.deadline)
                self._to_propose.append(item)
            else:
                self._give_up(item, "no_quorum")
        elif isinstance(item.origin, PeerOrigin):
            self._fail(item, "no_coordinator")
        elif self._coordinator() and self._may_move_on(item) and not (item.doubtful and item.key is None):
            self._forward(item, now)
        else:
            self._hold(item, now)

    def _hold(self, item: Open, now: float) -> None:
        """Keep a write until somebody coordinates; never log or forward it after its time."""
        if item.doubtful and item.key is None:
            self._fail(item, "unknown")
            return
        item.state = State.HELD
        item.sent_to = ""
        self._forwarded.pop(item.attempt, None)
        self._held[item.number] = item
        left = item.deadline - now
        item.hold_until = item.hold_until or now + min(self._settings.hold_max, left - self._settings.hold_reserve)
        self._set_due(item, item.hold_until)

    def _forward(self, item: Open, now: float) -> None:
        self._count += 1
        item.state, item.attempt = State.FORWARDED, self._count
        self._forwarded[item.attempt] = item
        self._doubts.begin(item.key if item.incoming.is_write else None, now)
        item.sent_to, item.sent_in = self._coordinator(), self._replica.epoch
        left = int((item.deadline - now) * 1000)
        self._set_due(item, item.deadline)
        self._outbox.send(
            item.sent_to,
            Forward(
                epoch=item.sent_in,
                number=item.attempt,
                key=item.key,
                raw=item.raw,
                left_ms=left,
                min_index=item.min_index,
            ),
        )

    def _doubt_lost_forwards(self, now: float) -> None:
        current = self._coordinator(), self._replica.epoch
        lost = [item for item in self._forwarded.values() if (item.sent_to, item.sent_in) != current]
        for item in lost:
            if item.incoming.is_write:
                item.doubtful = True
                self._hold(item, now)
            else:
                self._fail(item, "no_coordinator")

    def _lose_proposals(self) -> None:
        """We no longer coordinate: whether these are committed is for others to decide."""
        for item in self._to_propose:
            if item.number in self._open:
                self._give_up(item, "no_coordinator")
        self._to_propose = []
        for item in self._proposed.values():
            if item.number in self._open:
                self._fail(item, "unknown")
        self._proposed = {}

    def _propose_batch(self, items: list[Open], now: float) -> None:
        commands: list[Command] = []
        places: list[tuple[int, Open]] = []
        first = self._replica.log.last.index + 1
        for item in items:
            if item.number not in self._open:
                continue
            if item.key is None:
                item.key = self._own_key(first, commands)
            item.command = _command(item)
            self._doubts.begin(item.key if item.incoming.is_write else None, now)
            places.append((first + len(commands), item))
            commands.append(item.command)
        if commands:
            self._replica.propose(now, commands)
            self._proposed.update(places)

    def _own_key(self, first: int, commands: list[Command]) -> BrokerKey:
        """Make a key for a write that came without one; each is proposed once, so the floor is its n."""
        assert self._replica.tenure is not None
        epoch = self._replica.tenure.epoch
        if self._own_start is None or self._own_start[0] != epoch:
            self._own_start = (epoch, first + len(commands))
            commands.append(Command("open", BrokerKey(0, 0, 0), text=self._name))
        self._own_n += 1
        return BrokerKey(self._own_start[1], self._own_n, self._own_n)

    # Reads.

    def _read(self, item: Open, now: float) -> None:
        item.state = State.READING
        self._reading[item.number] = item
        if item.incoming.level == "linear" and not self._start_linear(item, now):
            return
        self._try_read(item)
        if item.number in self._open:
            self._set_due(item, min(now + self._settings.read_wait, item.deadline))

    def _start_linear(self, item: Open, now: float) -> bool:
        """Note the commit and ask a majority whether we still coordinate (ReadIndex)."""
        if self._replica.role is not Role.COORDINATOR:
            self._forward_read(item, now)
            return False
        tenure = self._replica.tenure
        assert tenure is not None
        item.min_index = max(item.min_index, tenure.commit)
        item.nonce = tenure.nonce
        tenure.heartbeat(now)
        return True

    def _try_read(self, item: Open) -> None:
        if item.incoming.level != "local" and self._chat.applied < item.min_index:
            return
        if item.incoming.level == "linear":
            tenure = self._replica.tenure
            if tenure is None or not tenure.established:
                self._give_up(item, "no_coordinator")
                return
            if tenure.has_peers and tenure.confirmed <= item.nonce:
                return
        assert item.incoming.request is not None
        data = self._read_data(item.incoming.request)
        self._finish(item, "ok", {**data, "index": self._chat.applied}, self._chat.applied)

    def _read_data(self, request: Request) -> dict[str, Any]:
        if isinstance(request, Users | Channels):
            return list_names(request, self._chat)
        assert isinstance(request, History)
        for kind, name in (("channel", request.channel), ("user", request.user)):
            if name and self._chat.tables.get("topics", (kind, name)) is None:
                return error_data("refused", f"{kind}_unknown", self._catalogue, name=name)
        return history(request, self._chat, self._replica.log)

    def _forward_read(self, item: Open, now: float) -> None:
        self._reading.pop(item.number, None)
        if isinstance(item.origin, PeerOrigin) or not self._coordinator():
            self._give_up(item, "no_quorum" if self._election.cut_off else "no_coordinator")
        else:
            self._forward(item, now)

    # What must not be refused definitely.

    def _end_doubt(self, item: Open) -> None:
        """A FORWARD was definitely refused: unless another copy of the write is under way here, nothing is in doubt."""
        moving = (State.PROPOSED, State.FORWARDED)
        others = (o for o in self._open.values() if o is not item and o.key == item.key and o.state in moving)
        if not item.doubtful and not any(others):
            self._doubts.end(item.key)

    def _may_move_on(self, item: Open) -> bool:
        """Whether there is a coordinator that has not refused it: ourselves, or another one."""
        if self._replica.takes_commands:
            return True
        return item.refused_by != (self._coordinator(), self._replica.epoch)

    # Going out.

    def _coordinator(self) -> str:
        """Return the replica id of the coordinator we follow, empty when there is none but us."""
        return self._replica.coordinator if self._replica.tenure is None else ""

    def _give_up(self, item: Open, code: str) -> None:
        """End a request that was not proposed: definitely, unless some FORWARD of it is in doubt."""
        self._fail(item, "unknown" if item.doubtful else code)

    def _fail(self, item: Open, code: str) -> None:
        """End a request with a code alone; no definite one while another copy of it is in doubt."""
        if code in DEFINITE and item.incoming.is_write and self._doubts.holds(item.key):
            code = "unknown"
        shown = "unknown" if code == LOST_START else code
        self._finish(item, code, error_data(shown, shown, self._catalogue))

    def _finish(self, item: Open, code: str, data: dict[str, Any], index: int = 0) -> None:
        self._forget(item)
        if code in FINAL:
            self._doubts.end(item.key)
        epoch = self._replica.epoch
        mine = {"server": self._name, "epoch": epoch.counter, "epoch_id": epoch.replica}
        service, full, shape = reply_service(item.incoming), {**data, **mine}, item.incoming.shape
        origin = item.origin
        if isinstance(origin, BrokerOrigin):
            self._outbox.answer(*origin, code, index, shape, service, full)
        elif isinstance(origin, DirectOrigin):
            self._outbox.reply(origin.route, shape, service, full)
        else:
            result = Result(number=origin.number, code=code, index=index, body=b"")
            self._outbox.result(origin.peer, result, shape, service, full)

    def _pass_on(self, item: Open, message: Result) -> None:
        self._forget(item)
        if message.code in FINAL:
            self._doubts.end(item.key)
        if isinstance(item.origin, BrokerOrigin):
            self._outbox.pass_on(*item.origin, message.code, message.index, message.body)
        elif isinstance(item.origin, DirectOrigin):
            self._outbox.reply_raw(item.origin.route, message.body)

    def _forget(self, item: Open) -> None:
        for table in (self._open, self._held, self._reading):
            table.pop(item.number, None)
        self._forwarded.pop(item.attempt, None)


def _command(item: Open) -> Command:
    """Return the canonical command of a write."""
    request, request_id, key = item.incoming.request, item.incoming.id, item.key
    assert key is not None
    match request:
        case Login(user):
            return Command("login", key, request_id, user=user)
        case CreateChannel(channel, user):
            return Command("channel", key, request_id, user=user, target=channel)
        case PublishText(user, channel, message):
            return Command("publish", key, request_id, user, channel, message)
        case DirectText(src, dst, message):
            return Command("message", key, request_id, src, dst, message)
        case _:
            raise AssertionError(f"not a write: {request!r}")
