"""Batches for logs, and the birth of a server."""

from itertools import accumulate
from pathlib import Path

from coreto.machines.effects import Persist
from coreto.store.server import Birth, ServerStore
from coreto.wire.log import Batch, BrokerKey, Command, Config, Entry, Epoch, Voter, make_batch

EPOCH = Epoch(1, "a")


def entry(text: str) -> Entry:
    """An entry that publishes a text."""
    return Entry(1, 1.5, Command("publish", BrokerKey(1, 1, 1), user="ana", target="geral", text=text))


def config_entry(*names: str) -> Entry:
    """An entry that changes the voters."""
    return Entry(1, 1.5, Config(tuple(Voter(f"id-{name}", name) for name in names)))


def after(batch: Batch | None, entries: list[Entry], epoch: Epoch = EPOCH) -> Batch:
    """The batch that continues a log which ends with `batch`."""
    first, chain = (batch.last + 1, batch.chain) if batch else (1, 0)
    return make_batch(first, epoch, entries, chain)


def batches(*sizes: int) -> list[Batch]:
    """Consecutive batches of these sizes from the beginning of a log; entry n says "text n"."""
    made: list[Batch] = []
    for end, size in zip(accumulate(sizes), sizes, strict=True):
        texts = [entry(f"text {index}") for index in range(end - size + 1, end + 1)]
        made.append(after(made[-1] if made else None, texts))
    return made


def logged(*changes: int | Batch, number: int = 1) -> Persist:
    """A persist of changes to the log."""
    return Persist(number, log=changes)


def birth(name: str = "s1", *others: str) -> Birth:
    """What genesis decides about `name` in a cluster with others."""
    voters = tuple(Voter(f"id-{voter}", voter) for voter in (name, *others))
    return Birth(name, f"id-{name}", "cluster", Config(voters), 1)


def born(folder: Path, *names: str) -> ServerStore:
    """The store of a new server, the first of these names."""
    store = ServerStore(folder)
    store.be_born(birth(*names))
    return store
