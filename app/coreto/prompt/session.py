"""The state of one person at the prompt: who they are, where they are, what they know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from coreto.client.errors import ClientError
from coreto.launcher.control_client import ControlClient
from coreto.prompt.errors import ChatError
from coreto.prompt.ports import Chat, HistoryRow, Received
from coreto.prompt.results import Spoken
from coreto.texts import _

NAMES_KEPT = 1_000
"""Names remembered for completion: more would not be read anyway."""


class Known(msgspec.Struct, frozen=True):
    """Names for completion, the most recent ones first."""

    users: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class ClusterView(msgspec.Struct, frozen=True):
    """What was last heard of the cluster; `trouble` is a sentence when it did not answer."""

    coordinator: str = ""
    epoch: int | None = None
    trouble: str = ""


class ChatSession:
    """One person's state, changed by handlers.

    With a terminal, handlers run on another thread than `take_received`, completion and the status
    line. Therefore what both touch are immutable values, replaced as a whole.
    """

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.control: ControlClient | None = None
        """How the cluster is broken on purpose; nothing when it runs out of reach."""
        self.user = ""
        self.channel = ""
        self.known = Known()
        self.cluster = ClusterView()
        self._entering = ""
        self._held: list[Received] = []
        self._seen: dict[str, int] = {}
        self._own: set[tuple[str, int]] = set()

    def attach(self, control: ControlClient) -> None:
        """Go on with a cluster that can be broken from here; raise a `ClientError` when it does not answer."""
        self.control = control
        roles = tuple(role.name for role in control.in_force().roles)
        self.known = msgspec.structs.replace(self.known, roles=roles)

    # Who and where.

    def require_user(self) -> str:
        """Return the user, or refuse."""
        if not self.user:
            raise ChatError(_("You are not logged in: type /login and your name first."))
        return self.user

    def require_channel(self) -> str:
        """Return the current channel, or refuse."""
        if not self.channel:
            raise ChatError(_("You are in no channel: type /join and a channel first."))
        return self.channel

    def become(self, user: str) -> None:
        """Go on as this user, and receive what is sent to them."""
        if self.user and self.user != user:
            self.chat.unsubscribe(self.user)
        self.chat.subscribe(user, direct=True)
        self.user = user
        self.remember(users=[user])

    def enter(self, channel: str, limit: int) -> Sequence[HistoryRow]:
        """Receive a channel, make it the current one and return its last messages.

        The subscription comes first, so that nothing is lost between it and the history; what
        arrives meanwhile is held until it is known which of it the history has shown.
        """
        self._entering = channel
        try:
            self.chat.subscribe(channel)
            rows = self.chat.history(channel=channel, limit=limit)
        except ClientError:
            if channel not in self.known.joined:
                self.chat.unsubscribe(channel)
            raise
        else:
            shown = max((row.seq or 0 for row in rows), default=0)
            self._seen[channel] = max(shown, self._seen.get(channel, 0))
            self._join(channel)
            return rows
        finally:
            self._entering = ""

    def leave(self, channel: str) -> None:
        """Receive a channel no longer; the one joined before becomes the current one."""
        if channel not in self.known.joined:
            raise ChatError(_("You are not in the channel {channel}.", channel=channel))
        self.chat.unsubscribe(channel)
        joined = tuple(name for name in self.known.joined if name != channel)
        self.known = msgspec.structs.replace(self.known, joined=joined)
        if self.channel == channel:
            self.channel = joined[0] if joined else ""

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
        self.cluster = ClusterView(str(coordinator or ""), number)

    def refresh(self) -> None:
        """Ask the cluster how it is; that it does not answer is news too, and no error."""
        try:
            status = self.chat.status()
        except ClientError as error:
            self.cluster = msgspec.structs.replace(self.cluster, trouble=str(error))
        else:
            self.heard(status.get("coordinator"), status.get("epoch"))

    # What arrives.

    def confirmed_own(self, topic: str, seq: object) -> None:
        """Note that the person was told their message is stored, so it need not be shown again."""
        if isinstance(seq, int) and (topic == self.user or topic in self.known.joined):
            self._own.add((topic, seq))

    def take_received(self) -> list[Spoken]:
        """Return the messages that arrived and were not shown yet."""
        arrived = [*self._held, *self.chat.received()]
        entering = self._entering
        self._held = [message for message in arrived if message.topic == entering]
        news = [message for message in arrived if message.topic != entering and self._is_news(message)]
        if news:
            self.remember(users=dict.fromkeys(message.user for message in reversed(news)))
        return [_spoken(message) for message in news]

    def _is_news(self, message: Received) -> bool:
        topic, seq = message.topic, message.seq
        if topic != self.user and topic not in self.known.joined:
            return False  # arrived while the person was leaving
        if not message.confirmed or seq is None:
            return True
        if (topic, seq) in self._own:
            self._own.discard((topic, seq))
            return False
        return seq > self._seen.get(topic, 0)

    def _join(self, channel: str) -> None:
        self.known = msgspec.structs.replace(self.known, joined=_in_front([channel], self.known.joined))
        self.channel = channel
        self.remember(channels=[channel])


def _in_front(first: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*first, *others]))[:NAMES_KEPT]


def _spoken(message: Received) -> Spoken:
    return Spoken(message.topic, message.user, message.message, message.time, message.direct, message.confirmed)
