"""Floor 4: what a program uses to take part: ask (`Client`), listen (`InboxWorker`), pretend (`Bot`)."""

from coreto.client.client import Client
from coreto.client.errors import ClientError, ProtocolError, RefusedError, TimedOutError, UnreachableError

__all__ = ["Client", "ClientError", "ProtocolError", "RefusedError", "TimedOutError", "UnreachableError"]
