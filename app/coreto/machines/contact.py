"""How a server keeps in touch: with the broker, with the reference, and with where its peers live.

Theory of operation. The broker hears READY with every heartbeat and at once when the coordinator
changes, because it addresses writes to it. The reference is asked for a rank once and sent
heartbeats after; it tells who lives where. Addresses of peers come from the configuration and from
the reference's list, and are kept on disk, so that servers find each other while the reference is
down (replication.md §3).
"""

from __future__ import annotations

from typing import Any

from coreto.machines.chat import Chat
from coreto.machines.effects import Connect
from coreto.machines.election import Election
from coreto.machines.log import MachineLog
from coreto.machines.outbox import Identity, Outbox
from coreto.machines.replica import Replica, Role
from coreto.machines.settings import Settings
from coreto.wire.backend import Ready
from coreto.wire.log import Config, Epoch, Voter
from coreto.wire.services import Heartbeat, ListServers, RankRequest

LIST_MISSING = 0.2
"""Seconds between questions for the list of servers while the address of a voter is not known …"""
LIST_AGAIN = 2.0
"""… and when all are known: a server may come back elsewhere."""
STRANGERS_MAX = 64
"""Servers that are no voters whose address is remembered."""


class Contact:
    """The heartbeats of one server, and the addresses of its peers."""

    def __init__(
        self,
        identity: Identity,
        log: MachineLog,
        replica: Replica,
        election: Election,
        chat: Chat,
        outbox: Outbox,
        settings: Settings,
        address: str,
        rank: int,
        addresses: dict[str, str],
        *,
        look_up: bool,
    ) -> None:
        self._identity = identity
        self._log = log
        self._replica = replica
        self._election = election
        self._chat = chat
        self._outbox = outbox
        self._settings = settings
        self._address = address
        self.rank = rank
        """Our rank as last told, from the disk or by the reference."""
        self._addresses = addresses
        """Where the peers live, by replica id."""
        self._look_up = look_up
        self._met: set[str] = set()
        """Replica ids of the voters we are connected to."""
        self._met_of: tuple[Config | None, Config | None] = (None, None)
        """The configurations they are voters of."""
        self._strangers: dict[str, str] = {}
        """Address of servers that are no voters, by replica id."""
        self._next_ready = float("-inf")
        self._next_reference = float("-inf")
        self._next_list = float("-inf")
        self._reference_knows = False
        self._told_broker: tuple[Role, Epoch] | None = None

    def on_rank(self, rank: int) -> None:
        """The reference told our rank."""
        self._reference_knows = True
        if rank != self.rank:
            self.rank = rank
            self._outbox.remember("rank", (rank,))

    def on_list(self, rows: list[dict[str, Any]], now: float) -> None:
        """The reference told who lives where: connect to voters that are new or have moved."""
        if not self._look_up:
            return
        found = {row.get("name"): row.get("address") for row in rows if isinstance(row, dict)}
        for voter in self._voters():
            address = found.get(voter.name)
            known = self._addresses.get(voter.replica)
            if isinstance(address, str) and address not in ("", known):
                self._meet(voter, address)
        self._next_list = now + (LIST_MISSING if self._is_missing() else LIST_AGAIN)

    def deadline(self) -> float:
        """Return when the next heartbeat is due."""
        return min(self._next_ready, self._next_reference, self._next_list if self._look_up else float("inf"))

    def tick(self, now: float) -> None:
        """Send what is due."""
        self.meet_voters()
        if now >= self._next_ready:
            self._next_ready = now + self._settings.heartbeat
            self._outbox.send_broker(self._ready())
        if now >= self._next_reference:
            self._next_reference = now + self._settings.reference_heartbeat
            self._ask_reference()
        if self._look_up and now >= self._next_list:
            self._next_list = now + LIST_MISSING
            self._outbox.ask_reference(ListServers())

    def tell_change(self, now: float) -> None:
        """Tell the broker at once when the coordinator has changed."""
        current = self._replica.role, self._replica.epoch
        if current != self._told_broker:
            self._told_broker = current
            self._next_ready = now
            self.tick(now)

    def tell_reference(self, now: float) -> None:
        """Have the next tick tell the reference how we are."""
        self._next_reference = now

    # Peers.

    def meet_voters(self) -> None:
        """Connect to the voters of a configuration that is new to us."""
        candidacy = self._replica.candidacy
        configs = self._log.config, candidacy.config if candidacy is not None else None
        if configs[0] is self._met_of[0] and configs[1] is self._met_of[1]:
            return
        if configs[0] is not self._met_of[0]:
            self._met &= self._log.voters
        self._met_of = configs
        for voter in self._voters():
            if voter.replica not in self._met:
                self._met.add(voter.replica)
                self._meet(voter, self._addresses.get(voter.replica) or voter.address)

    def _voters(self) -> list[Voter]:
        """Return the voters of our configuration, and while we stand for election those of the best log's (P3).

        A log that lacks the newest configuration may lack a voter without whom there is no majority.
        """
        candidacy = self._replica.candidacy
        further = candidacy.config.voters if candidacy is not None else ()
        return list({voter.replica: voter for voter in (*further, *self._log.config.voters)}.values())

    def meet_stranger(self, replica: str, name: str, address: str) -> None:
        """Connect to a server that greets us and that our configuration does not know (yet)."""
        if replica not in self._log.voters and self._strangers.get(replica) != address:
            self._strangers[replica] = address
            if len(self._strangers) > STRANGERS_MAX:
                del self._strangers[next(iter(self._strangers))]
            self._outbox.emit(Connect(replica, name, address))

    def _meet(self, voter: Voter, address: str) -> None:
        if voter.replica == self._identity.replica:
            return
        if address and address != self._addresses.get(voter.replica):
            self._addresses[voter.replica] = address
            self._outbox.remember("addresses", tuple(part for item in self._addresses.items() for part in item))
        self._outbox.emit(Connect(voter.replica, voter.name, address))

    def _is_missing(self) -> bool:
        voters = {voter.replica for voter in self._log.config.voters} - {self._identity.replica}
        return not voters <= self._addresses.keys()

    # Broker and reference.

    def _ready(self) -> Ready:
        who, replica = self._identity, self._replica
        return Ready(
            name=who.name,
            replica=who.replica,
            cluster=who.cluster,
            incarnation=who.incarnation,
            role=replica.role.value,
            epoch=replica.epoch,
            commit=replica.commit,
            applied=self._chat.applied,
        )

    def _ask_reference(self) -> None:
        name = self._identity.name
        if not self._reference_knows:
            self._outbox.ask_reference(RankRequest(name, self._address, self._identity.replica, self.rank))
        else:
            leads = self._replica.role is Role.COORDINATOR
            counter = self._replica.epoch.counter
            self._outbox.ask_reference(Heartbeat(name, self._address, leads, counter, self._election.rank))
