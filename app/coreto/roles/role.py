"""What every role does that is ordered about from outside: faults on its links, and the lives of others."""

from __future__ import annotations

from coreto.net.orders import AnyOrder, Back, Gone, Mark, PutFaults, read_order
from coreto.net.worker import Worker


class Role(Worker):
    """A worker that takes orders; subclasses add what they do with those of their own."""

    def told(self, message: bytes) -> None:
        """Follow an order."""
        match read_order(message):
            case PutFaults(faults):
                self.faults.put(faults)
            case Back(name):
                for link in self._links:
                    if link.peer == name:
                        link.reconnect()
            case Gone(name):
                self.lost(name)
            case Mark(number):
                self.on_mark(number)
            case None:
                return
            case order:
                self.ordered(order)

    def lost(self, name: str) -> None:
        """Hear that the role `name` in this process has ended."""

    def ordered(self, order: AnyOrder) -> None:
        """Follow an order that is for one kind of role."""
