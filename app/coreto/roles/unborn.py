"""A server with a blank folder: it waits to be born, with a new cluster or into one that lives."""

from __future__ import annotations

import time

from coreto.machines.answers import error_data, reply_service
from coreto.machines.genesis import Genesis
from coreto.machines.lamport import Lamport
from coreto.machines.newcomer import Newcomer
from coreto.net.sockets import Socket
from coreto.roles.server_lines import Asked, ServerLines
from coreto.store.database import StoreError
from coreto.store.server import Birth
from coreto.texts import Catalogue, _
from coreto.wire.envelope import read, write
from coreto.wire.services import ListServers


class Unborn:
    """The base of both; `birth` is set when the server can be born."""

    def __init__(self, name: str, replica: str, lines: ServerLines, catalogue: Catalogue, *, wide: bool) -> None:
        self._name = name
        self._replica = replica
        self._lines = lines
        self._catalogue = catalogue
        self._wide = wide
        self._lamport = Lamport()
        """Stamps what leaves before there is a node."""
        self.birth: Birth | None = None

    def _stamps(self) -> tuple[int, float]:
        return self._lamport.send(), time.time()

    def _refuse_requests(self) -> None:
        """Answer whoever asks that there is no cluster here yet; messages of peers are nobody's."""
        for item in self._lines.from_anybody():
            if isinstance(item, tuple):
                self._refuse(item)
        for asked in self._lines.from_outside():
            self._refuse(asked)

    def _refuse(self, asked: Asked) -> None:
        route, raw = asked
        incoming = read(raw, wide=self._wide)
        data = error_data("no_coordinator", "no_coordinator", self._catalogue)
        self._lines.reply(route, write(incoming.shape, reply_service(incoming), data, *self._stamps()))


class Founding(Unborn):
    """Waits for the other servers a new cluster is to be born with (replication.md M0)."""

    def __init__(
        self, name: str, replica: str, count: int, lines: ServerLines, catalogue: Catalogue, *, wide: bool
    ) -> None:
        """`count`: how many servers the cluster is born with."""
        super().__init__(name, replica, lines, catalogue, wide=wide)
        self._genesis = Genesis(name, replica, count, lines.address)

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._genesis.deadline()

    def turn(self, ready: set[Socket], now: float) -> None:
        """Ask the reference for the set until it is complete; raise `StoreError` if it is without us."""
        genesis = self._genesis
        self._refuse_requests()
        for data in self._lines.from_reference():
            genesis.on_answer(data)
        if genesis.excluded:
            raise StoreError(
                _(
                    "The reference has already formed a cluster without {name}: "
                    "start it without --genesis, and it joins that cluster.",
                    name=self._name,
                )
            )
        if genesis.config is not None:
            self.birth = Birth(self._name, self._replica, genesis.cluster, genesis.config, genesis.rank)
            return
        request = genesis.due(now)
        if request is not None:
            self._lines.to_reference(request, *self._stamps())


class Joining(Unborn):
    """Looks for a cluster that lives, to copy its log (replication.md M1)."""

    def __init__(
        self, name: str, replica: str, reference: str, lines: ServerLines, catalogue: Catalogue, *, wide: bool
    ) -> None:
        super().__init__(name, replica, lines, catalogue, wide=wide)
        self._reference = reference
        self._newcomer = Newcomer(time.monotonic())
        self._question = 0

    def deadline(self) -> float:
        """Return when the next question is due."""
        return self._newcomer.deadline()

    def turn(self, ready: set[Socket], now: float) -> None:
        """Ask who is there and of which cluster; raise `StoreError` if nobody can tell in time."""
        newcomer = self._newcomer
        self._refuse_requests()
        for data in self._lines.from_reference():
            if isinstance(data.get("list"), list):
                newcomer.on_list(data["list"])
        for _number, data in self._lines.from_strangers(ready):
            newcomer.on_members(data)
        if newcomer.genesis is not None:
            self.birth = Birth(self._name, self._replica, newcomer.cluster, newcomer.genesis, 0)
        elif newcomer.is_refused:
            raise StoreError(self._catalogue.sentence("other_version"))
        elif newcomer.is_late(now):
            raise StoreError(
                _(
                    "No cluster was found through the reference {address}: start the first servers of a cluster "
                    "with --genesis N, or look whether the reference and a server run.",
                    address=self._reference,
                )
            )
        elif newcomer.due(now):
            self._lines.to_reference(ListServers(), *self._stamps())
            for address, request in newcomer.questions():
                self._question += 1
                self._lines.to_kin(address, self._question, request, *self._stamps())
