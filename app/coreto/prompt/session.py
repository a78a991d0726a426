"""The state of one person at the prompt: who they are, where they are, what they know."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from coreto.client.errors import ClientError
from coreto.launcher.control_client import ControlClient
from coreto.prompt.cluster_view import ClusterView, view_of
from coreto.prompt.errors import ChatError, NobodyError
from coreto.prompt.mentions import mentions
from coreto.prompt.notices import Notices
from coreto.prompt.own import OwnMessages
from coreto.prompt.people import People
from coreto.prompt.places import Places
from coreto.prompt.ports import Chat, HistoryRow, Received
from coreto.prompt.results import Spoken
from coreto.texts import _

NAMES_KEPT = 1_000
"""Names remembered for completion: more would not be read anyway."""

ELECTION_LOOKS = 3
"""Looks without a quorum that an election may take; when there are more, it is not for want of a coordinator."""


class Known(msgspec.Struct, frozen=True):
    """Names for completion, the most recent ones first."""

    users: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    """Places the person is in: channels, and users with @ in front."""
    roles: tuple[str, ...] = ()
    """What can be broken on purpose from here."""


class View(msgspec.Struct, frozen=True):
    """What is shown of arriving messages."""

    time: bool = True
    lamport: bool = False
    all: bool = False
    """Whether messages of other places than the current one are shown too; they are counted in any case."""


class ChatSession:
    """One person's state, changed by handlers.

    With a terminal, handlers run on another thread than `take_received`, completion and the status
    line. Therefore what both touch are immutable values, replaced as a whole, or objects with a lock.
    `interactive` says that publications are shown as they come, the person's own among them.
    """

    def __init__(self, chat: Chat, *, interactive: bool = False) -> None:
        self.chat = chat
        self.interactive = interactive
        self.control: ControlClient | None = None
        """How the cluster is broken on purpose; nothing when it runs out of reach."""
        self.user = ""
        self.place = ""
        """The current channel, or user with @ in front: where text without a slash goes."""
        self.known = Known()
        self.view = View(all=not interactive)
        self.cluster = ClusterView()
        self.on_progress: Callable[[str], None] = lambda _doing: None
        """Told what a long command is doing, from the thread of the command."""
        self._progress = ""
        self.places = Places()
        self.people = People()
        self.notices = Notices()
        self.own = OwnMessages()
        self._looks_without = 0
        """Looks in a row that found no quorum."""
        self._once_cut_off: set[str] = set()
        """Servers that the last look saw cut off."""
        self._entering = ""
        self._held: deque[Received] = deque()
        """Messages of the place being entered."""
        self._backlog: deque[Received] = deque()
        """Messages not looked at yet; the inbox bounds what can be here."""
        self._seen: dict[str, int] = {}

    @property
    def progress(self) -> str:
        """What a long command is doing, empty when none is running."""
        return self._progress

    @progress.setter
    def progress(self, doing: str) -> None:
        self._progress = doing
        self.on_progress(doing)

    def attach(self, control: ControlClient) -> None:
        """Go on with a cluster that can be broken from here; raise a `ClientError` when it does not answer."""
        self.control = control
        roles = tuple(role.name for role in control.in_force().roles)
        self.known = msgspec.structs.replace(self.known, roles=roles)

    # Who and where.

    def require_user(self) -> str:
        """Return the user, or refuse."""
        if not self.user:
            raise NobodyError(_("You are not logged in: type /login and your name first."))
        return self.user

    def require_place(self) -> str:
        """Return the current place, or refuse."""
        if not self.place:
            raise ChatError(_("You are in no channel: type /join and a channel first."))
        return self.place

    def become(self, user: str) -> None:
        """Go on as this user, and receive what is sent to them."""
        if self.user and self.user != user:
            self.chat.unsubscribe(self.user)
            self._leave_conversations()
        self.chat.subscribe(user, direct=True)
        self.user = user
        self.remember(users=[user])

    def forget_user(self) -> None:
        """Be nobody again, in no place."""
        self.chat.unsubscribe(self.user)
        for place in self.known.joined:
            self.leave(place)
        self.user = ""

    def enter(self, place: str, limit: int) -> Sequence[HistoryRow]:
        """Receive a place, make it the current one and return its last messages.

        The subscription comes first, so that nothing is lost between it and the history; what
        arrives meanwhile is held until it is known which of it the history has shown.
        """
        self._entering = place
        try:
            rows = self._enter(place, limit)
            self._move_to(place)
            self.places.seen(place, max((row.index for row in rows), default=0))
            return rows
        finally:
            self._entering = ""

    def leave(self, place: str) -> None:
        """Receive a place no longer; the one joined before becomes the current one."""
        if place not in self.known.joined:
            raise ChatError(_("You are not in {channel}.", channel=place))
        if not place.startswith("@"):
            self.chat.unsubscribe(place)
        self.places.forget(place)
        joined = tuple(name for name in self.known.joined if name != place)
        self.known = msgspec.structs.replace(self.known, joined=joined)
        if self.place == place:
            self.place = joined[0] if joined else ""

    def follows(self, topic: str, *, direct: bool) -> bool:
        """Whether what is published there comes back to this person."""
        return topic == self.user if direct else topic in self.known.joined

    # What it knows.

    def remember(self, *, users: Iterable[str] = (), channels: Iterable[str] = ()) -> None:
        """Put names in front of those known."""
        self.known = msgspec.structs.replace(
            self.known,
            users=_in_front(users, self.known.users),
            channels=_in_front(channels, self.known.channels),
        )

    def remember_all(self, *, users: Sequence[str] = (), channels: Sequence[str] = ()) -> None:
        """Add names that were listed, behind the recent ones."""
        self.known = msgspec.structs.replace(
            self.known,
            users=_in_front(self.known.users, users),
            channels=_in_front(self.known.channels, channels),
        )

    def heard(self, coordinator: object, epoch: object = None) -> None:
        """Note who coordinates."""
        number = epoch if isinstance(epoch, int) else self.cluster.epoch
        self._see(msgspec.structs.replace(self.cluster, coordinator=str(coordinator or ""), epoch=number))

    def refresh(self) -> None:
        """Look at the cluster; that it does not answer is news too, and no error.

        May be called from a thread of its own.
        """
        try:
            look = self.chat.look()
            self._looks_without = self._looks_without + 1 if look.status.get("quorum") is False else 0
            view = view_of(look, lasting=self._looks_without > ELECTION_LOOKS)
            # Once may be an election that the others have seen the end of.
            lasting, self._once_cut_off = set(view.cut_off) & self._once_cut_off, set(view.cut_off)
            self._see(msgspec.structs.replace(view, cut_off=tuple(sorted(lasting))))
        except ClientError as error:
            self._see(msgspec.structs.replace(self.cluster, trouble=str(error)))

    def refresh_names(self) -> None:
        """Learn the names of users and channels; from the thread that calls `refresh`."""
        try:
            users, channels = self.chat.names()
        except ClientError:
            return  # the status line says what is wrong
        self.remember_all(users=users[:NAMES_KEPT], channels=channels[:NAMES_KEPT])

    # What arrives.

    def take_received(self, most: int | None = None) -> list[Spoken]:
        """Return the messages that arrived and are to be shown now, looking at up to `most`; the others wait."""
        self._backlog.extend(self.chat.received())
        count = len(self._backlog) if most is None else min(most, len(self._backlog))
        arrived = [*self._held, *(self._backlog.popleft() for _number in range(count))]
        self._held.clear()
        shown = [spoken for message in arrived if (spoken := self._arrive(message)) is not None]
        if arrived:
            self._note_speakers(arrived)
        return [*shown, *self.own.overdue()]

    def _arrive(self, message: Received) -> Spoken | None:
        """Count a message; return what to show of it, if anything."""
        place = f"@{message.user}" if message.direct else message.topic
        if self._entering in (place, message.topic):
            self._held.append(message)
            return None
        if not self.follows(message.topic, direct=message.direct) or self._is_old(message, place):
            return None  # arrived while the person was leaving, or stood in the history already
        mine = message.user == self.user and message.confirmed
        own = self.own.recognise(message.topic, message.seq or 0, message.message) if mine else False
        mention = not mine and not message.direct and mentions(message.message, self.user)
        self.places.arrived(place, message.index, counts=not mine, mention=mention or message.direct)
        if own is None or not (self.view.all or own or mention or message.direct or place == self.place):
            return None
        return _spoken(message, own=bool(own), mention=mention)

    def _is_old(self, message: Received, place: str) -> bool:
        # The numbers of a channel have no holes; a conversation is two topics, which only the log orders.
        position = message.index if message.direct else message.seq or 0
        return message.confirmed and 0 < position <= self._seen.get(place, 0)

    def _note_speakers(self, arrived: list[Received]) -> None:
        speakers = {message.user: message.time for message in reversed(arrived) if message.confirmed}
        self.remember(users=speakers)
        for user, when in speakers.items():
            self.people.spoke(user, when)

    # Places.

    def _enter(self, place: str, limit: int) -> Sequence[HistoryRow]:
        if place.startswith("@"):
            rows = self.conversation(place[1:], limit)
            self._seen[place] = max((row.index for row in rows), default=0)
            return rows
        try:
            self.chat.subscribe(place)
            rows = self.chat.history(channel=place, limit=limit)
        except ClientError:
            if place not in self.known.joined:
                self.chat.unsubscribe(place)
            raise
        shown = max((row.seq or 0 for row in rows), default=0)
        self._seen[place] = max(shown, self._seen.get(place, 0))
        for row in rows:
            self.people.spoke(row.user, row.time)
        self.remember(channels=[place])
        return rows

    def conversation(self, peer: str, limit: int, before: int | None = None) -> Sequence[HistoryRow]:
        """Return messages between the person and somebody; with themselves, everything sent to them."""
        user = self.require_user()
        return self.chat.history(user=user, peer="" if peer == user else peer, limit=limit, before=before)

    def _move_to(self, place: str) -> None:
        """Make a place the current one; what was read of the one before is read."""
        if self.place and self.place != place:
            self.places.read(self.place)
        self.known = msgspec.structs.replace(self.known, joined=_in_front([place], self.known.joined))
        self.place = place

    def _leave_conversations(self) -> None:
        for place in self.known.joined:
            if place.startswith("@"):
                self.leave(place)

    def _see(self, view: ClusterView) -> None:
        before, self.cluster = self.cluster, view
        self.notices.compare(before, view)


def _in_front(first: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *others]))[:NAMES_KEPT]


def _spoken(message: Received, **marks: Any) -> Spoken:  # noqa: ANN401 -- the marks of a message
    return Spoken(
        message.topic,
        message.user,
        message.message,
        message.time,
        message.direct,
        message.confirmed,
        message.clock,
        **marks,
    )
