"""A coordinator whose followers have on disk whatever they are sent, as long as the test keeps them alive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coreto.wire.log import Config
from coreto.wire.peer import Ack, Append, Join, JoinRefused, Mismatch
from tests.support.machines import Server, establish, from_peer, request

STEP = 0.1
ROUNDS_MAX = 20


class Lead(Server):
    """Coordinates `voters`; `alive` answers every APPEND, the others never do."""

    def __init__(self, name: str, voters: Sequence[str]) -> None:
        super().__init__(name, voters)
        self.alive = {voter for voter in voters if voter != name}
        establish(self, *sorted(self.alive))
        self.settle()

    def settle(self) -> None:
        """Let those who are alive answer until they have all."""
        for _ in range(ROUNDS_MAX):
            acks = [self.ack(to, sent) for to, sent in self.said(Append) if to in self.alive]
            if not acks:
                return
            self.hear(*acks)

    def ack(self, name: str, sent: Append) -> Ack:
        match = sent.batches[-1].last if sent.batches else sent.prev.index
        return from_peer(name, Ack(epoch=sent.epoch, match=match, nonce=sent.nonce))

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            self.time.now += STEP
            self.hear()
            self.settle()

    def sleep(self, seconds: float) -> None:
        """Nobody has a turn for this long: then those who are alive go on answering."""
        self.time.now += seconds
        self.hear()
        self.settle()
        self.pass_time(self.settings.quorum_timeout + STEP)

    def join(self, who: str, name: str = "", address: str = "") -> None:
        """The replica of `who` asks to be fed, under its own name unless another is given."""
        message = Join(name=name or who, address=address or f"at {who}")
        self.hear(from_peer(who, message))

    def learn(self, who: str, name: str = "") -> None:
        """The replica of `who` joins and copies everything at once."""
        self.alive.add(who)
        self.join(who, name)
        self.turn()
        self.settle()

    def lag(self, who: str, name: str = "") -> None:
        """The replica of `who` joins and has nothing of the log yet."""
        self.join(who, name)
        self.turn()
        sent = [message for to, message in self.said(Append) if to == who][-1]
        self.hear(from_peer(who, Mismatch(epoch=sent.epoch, hint=0, nonce=sent.nonce)))
        self.said(Append)

    def write(self, count: int) -> None:
        """This many more entries, committed."""
        for number in range(count):
            self.ask(request("login", user=f"user{number}"))
        self.settle()

    def change(self, service: str, name: str) -> dict[str, Any]:
        """What a person is told at once who asks for a change of members."""
        return self.ask(request(service, name=name))

    @property
    def config(self) -> Config:
        return self.node.log.config

    @property
    def names(self) -> list[str]:
        return [voter.name for voter in self.config.voters]

    @property
    def replicas(self) -> list[str]:
        return [voter.replica.removeprefix("r-") for voter in self.config.voters]

    @property
    def learners(self) -> set[str]:
        return {replica.removeprefix("r-") for replica in self.node.membership.learners}

    def refused(self) -> list[tuple[str, str]]:
        """Take the refusals to learners: to whom, and the rule."""
        return [(to, message.rule) for to, message in self.said(JoinRefused)]
