"""What can go wrong between a client and the cluster, each with its exit status (design.md §9)."""

from __future__ import annotations


class ClientError(Exception):
    """A request did not end well; the text is a sentence for a person.

    `code` is the outcome on the wire (replication.md §7), `rule` the rule that was broken.
    """

    status = 1

    def __init__(self, sentence: str, code: str = "", rule: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.rule = rule


class RefusedError(ClientError):
    """The cluster answered that the request has no effect, or may have none."""

    status = 1


class UnreachableError(ClientError):
    """Nobody answers at the address."""

    status = 4


class TimedOutError(ClientError):
    """Somebody answered before, but no answer came in time."""

    status = 5


class ProtocolError(ClientError):
    """The answer is none that the protocol knows."""

    status = 6


class GivenUpError(ClientError):
    """The person did not want to wait for the answer any longer; the request may take effect or not."""

    status = 130
