"""Several servers and the letters between them, delivered when the test says so."""

from __future__ import annotations

from collections import defaultdict

from coreto.machines.replica import Role
from coreto.wire.peer import PeerMessage
from tests.support.machines import TURNS_MAX, Server, Time


class Group:
    """Several servers; their letters wait until the test delivers them."""

    def __init__(self, *names: str, greeted: bool = True) -> None:
        self.time = Time()
        self.servers = {
            name: Server(name, names, self.time, rank=place, greeted=greeted) for place, name in enumerate(names, 1)
        }
        self.cut: set[str] = set()
        """Names of servers that nobody reaches and who reach nobody."""

    def __getitem__(self, name: str) -> Server:
        return self.servers[name]

    def deliver(self) -> None:
        """Carry letters, oldest first, until there are none."""
        for _ in range(TURNS_MAX):
            inbound: dict[str, list[PeerMessage]] = defaultdict(list)
            for name, server in self.servers.items():
                letters, server.letters = server.letters, []
                for letter in letters:
                    to = letter.to.removeprefix("r-")
                    if not {name, to} & self.cut:
                        inbound[to].append(letter.message)
            if not inbound:
                return
            for to, messages in inbound.items():
                self.servers[to].hear(*messages)
        raise AssertionError("the letters never end")

    def pass_time(self, seconds: float, step: float = 0.05) -> None:
        """Let everybody have turns for this long."""
        for _ in range(round(seconds / step)):
            self.time.now += step
            for name, server in self.servers.items():
                if name not in self.cut:
                    server.turn()
            self.deliver()

    def coordinators(self) -> list[str]:
        return [name for name, server in self.servers.items() if server.plays(Role.COORDINATOR)]
