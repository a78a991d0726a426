"""What happens to the folder and the memory of a server: lost, copied, put back, damaged."""

from __future__ import annotations

from coreto.simulator.script_server import StageServer
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_words import NTH_MAX, UsageError, command, living_in, number_in, one, server_in


def _down_in(stage: Stage, name: str) -> StageServer:
    """Return the server of this name, which must not run."""
    server = server_in(stage, name)
    if server.is_up:
        raise UsageError(f"{name} is running")
    return server


@command("erase NAME")
def _erase(stage: Stage, words: list[str]) -> None:
    server = _down_in(stage, one(words))
    rank = {key: value for key, value in server.disk.meta.items() if key == "rank"}
    server.insert(stage.blank_disk(server.name, server.disk.cluster, server.disk.genesis))
    server.disk.meta.update(rank)


@command("copy NAME")
def _copy(stage: Stage, words: list[str]) -> None:
    server = server_in(stage, one(words))
    server.kept = server.disk.copy()


@command("put back NAME")
def _put(stage: Stage, words: list[str]) -> None:
    if words[:1] != ["back"]:
        raise UsageError("what was copied is put back")
    server = _down_in(stage, one(words[1:]))
    if server.kept is None:
        raise UsageError(f"there is no copy of the folder of {server.name}")
    server.insert(server.kept.copy())
    server.may_halt = True


@command("damage NAME INDEX [header]")
def _damage(stage: Stage, words: list[str]) -> None:
    if len(words) not in (2, 3) or words[2:] not in ([], ["header"]):
        raise UsageError("a server and an index")
    disk, index = server_in(stage, words[0]).disk, int(number_in(words[1], NTH_MAX))
    found = [batch for batch in disk.batches if batch.first <= index <= batch.last]
    if not found:
        raise UsageError(f"entry {index} is not on the disk of {disk.name}")
    disk.damaged[found[0].first] = not words[2:]


@command("garble NAME")
def _garble(stage: Stage, words: list[str]) -> None:
    living_in(stage, one(words)).garble()
