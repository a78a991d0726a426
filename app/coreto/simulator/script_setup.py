"""How a stage is set: which servers, with or without broker and reference, of one cluster or of two."""

from __future__ import annotations

import msgspec

from coreto.machines.genesis import Genesis
from coreto.machines.settings import DEFAULTS
from coreto.simulator.script_stage import Stage
from coreto.simulator.script_text import REPLICA_PREFIX
from coreto.simulator.script_words import UsageError, groups_in, number_in

SERVERS_MAX = 9
"""Servers on a stage."""
ONE_BATCH = 1
"""Bytes of log in an APPEND on a `small` stage: every batch travels alone."""

STAGE_USAGE = "stage SERVERS [silent] [broker] [reference] [small] [no-preempt]"
GENESIS_USAGE = "genesis NAME ... | NAME ..."
FLAGS = ("silent", "broker", "reference", "small", "no-preempt")


def new_stage(words: list[str]) -> Stage:
    """Return a stage as `stage N [flags]` asks for it, everybody alive."""
    count = int(number_in(words[0], SERVERS_MAX)) if words else 0
    flags = words[1:]
    if not count or any(flag not in FLAGS for flag in flags):
        raise UsageError(f"a number of servers up to {SERVERS_MAX}, then {', '.join(FLAGS)}")
    settings = msgspec.structs.replace(DEFAULTS, preempt="no-preempt" not in flags)
    if "small" in flags:
        settings = msgspec.structs.replace(settings, batch_bytes=ONE_BATCH)
    stage = Stage(settings)
    names = [f"s{number}" for number in range(1, count + 1)]
    ranked = {} if {"silent", "reference"} & set(flags) else {name: at for at, name in enumerate(names, 1)}
    stage.add_cluster("stage", names, ranked)
    if "broker" in flags:
        stage.add_broker()
    if "reference" in flags:
        stage.add_reference()
    stage.start()
    return stage


def new_geneses(words: list[str]) -> Stage:
    """Return a stage with a cluster born of each group of `genesis NAMES | NAMES`."""
    stage = Stage()
    for group in groups_in(words):
        births = {name: Genesis(name, REPLICA_PREFIX + name, len(group), "") for name in group}
        for birth in births.values():
            birth.on_answer({"genesis": [[REPLICA_PREFIX + name, name] for name in group], "rank": 1})
        clusters = {birth.cluster for birth in births.values()}
        assert len(clusters) == 1, clusters
        stage.add_cluster(clusters.pop(), group, {name: at for at, name in enumerate(group, 1)})
    stage.start()
    return stage
