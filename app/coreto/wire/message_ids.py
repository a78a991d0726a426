"""Names of messages: the two ends of one name it alike, from what it carries, without a field of its own.

Every sender stamps what it sends with a Lamport value that grows with each message, so sender, life
and stamp name a message.
"""

from __future__ import annotations

from coreto.wire.peer import PeerMessage

SENDER_DIGITS = 8
"""Digits of a replica id that are enough to tell the servers of a cluster apart."""


def server_message_id(replica: str, incarnation: int, clock: int) -> str:
    """Return the name of what a server sent in one of its lives."""
    return f"{replica[:SENDER_DIGITS]}.{incarnation}.{clock}"


def peer_message_id(message: PeerMessage) -> str:
    """Return the name of a message between servers."""
    return server_message_id(message.sender, message.incarnation, message.clock)


def other_message_id(sender: str, clock: int) -> str:
    """Return the name of what any other role sent: by its own name, or the name of its life."""
    return f"{sender[:SENDER_DIGITS]}.{clock}"
