"""What is published, by whom and when (replication.md §8, "Publication").

Only the established coordinator publishes, only committed entries that were executed, in log
order. `published` travels with APPEND and is stored with the batches, so a new coordinator knows
where to go on; it may repeat a little, never skip. Delivery is at least once on the wire: the
subscriber drops what it has and fetches what it misses.
"""

from __future__ import annotations

from collections import Counter

from coreto.machines.answers import message_id
from coreto.machines.chat import Applied, Chat
from coreto.machines.outbox import Outbox
from coreto.machines.replica import Replica, Role
from coreto.machines.settings import REPUBLISH_MAX
from coreto.wire.log import Command, Entry
from coreto.wire.publication import Publication


class Publisher:
    """Publishes each message once per tenure, and at its beginning what the last one may have missed."""

    def __init__(self, replica: Replica, chat: Chat, outbox: Outbox) -> None:
        self._replica = replica
        self._chat = chat
        self._outbox = outbox
        self._waiting: dict[int, tuple[int, Entry]] = {}
        """Index to seq and entry of messages applied in this tenure and not yet published."""
        self._tenure_from = 0
        """First index that was noted as it was applied in this tenure; 0 while we do not coordinate."""

    def note(self, index: int, result: Applied, entry: Entry) -> None:
        """An entry was applied: remember a message that is ours to publish."""
        if self._replica.tenure is None:
            self._waiting.clear()
            self._tenure_from = 0
            return
        self._tenure_from = self._tenure_from or index
        stored = result.executed and result.outcome is not None and result.outcome.code == "ok"
        if stored and _is_message(entry):
            assert result.outcome is not None
            self._waiting[index] = (result.outcome.seq, entry)

    def publish(self) -> None:
        """Publish what is applied and not yet published."""
        replica = self._replica
        if replica.role is not Role.COORDINATOR or replica.tenure is None:
            return
        applied = self._chat.applied
        if replica.published >= applied:
            return
        first = max(replica.published, applied - REPUBLISH_MAX) + 1
        if first < self._tenure_from:
            self._look_up(first, self._tenure_from - 1)
        for index in sorted(self._waiting):
            seq, entry = self._waiting[index]
            if index >= first:
                self._outbox.publish(_publication(index, seq, entry))
        self._waiting.clear()
        replica.published = replica.tenure.published = applied

    def _look_up(self, first: int, last: int) -> None:
        """Find the seqs of messages an earlier coordinator may not have published."""
        entries = {index: entry for index, entry in self._replica.log.entries(first, last) if _is_message(entry)}
        waiting = [*entries.values(), *(entry for _, entry in self._waiting.values())]
        topics = Counter(entry.body.target for entry in waiting if isinstance(entry.body, Command))
        for topic, count in sorted(topics.items()):
            rows = self._chat.tables.scan("messages", (topic,), limit=count, reverse=True)
            for key, value in rows:
                index = int(value[0])
                if index in entries:
                    self._waiting[index] = (int(key[1]), entries[index])


def _is_message(entry: Entry) -> bool:
    return isinstance(entry.body, Command) and entry.body.kind in ("publish", "message")


def _publication(index: int, seq: int, entry: Entry) -> Publication:
    command = entry.body
    assert isinstance(command, Command)
    direct = command.kind == "message"
    name = message_id(command, index)
    return Publication(command.target, direct, command.user, command.text, seq, index, name, entry.time, entry.lamport)
