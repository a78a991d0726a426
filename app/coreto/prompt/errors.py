"""What the prompt itself refuses, each with the exit status of line mode (design.md §9)."""

from __future__ import annotations

from coreto.client.errors import ClientError
from coreto.texts import SENTENCES, _
from coreto.wire.refusal import RefusalError


class ChatError(Exception):
    """A command was refused before it reached the cluster; the text is a sentence for a person."""

    status = 1


class NobodyError(ChatError):
    """The command is done as a user, and nobody is logged in."""


class UsageError(ChatError):
    """A command that does not exist, or with the wrong arguments."""

    status = 2


FAILURES = (ChatError, ClientError)
"""All that a command may fail with; each has `status`, and its text is the sentence to show."""


def refused(refusal: RefusalError) -> ChatError:
    """Put the broken rule of a name or a text into words."""
    return ChatError(_(SENTENCES[refusal.rule], **refusal.fields))
