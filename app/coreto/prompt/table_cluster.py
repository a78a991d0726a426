"""The rows of the command table about the cluster: looking, changing nothing."""

from __future__ import annotations

from coreto.prompt import handlers_cluster, handlers_top
from coreto.prompt.command import Command
from coreto.prompt.results import Done, Facts, Rows
from coreto.prompt.table_chat import COUNT
from coreto.texts import N_

CLUSTER: tuple[Command, ...] = (
    Command("servers", N_("list the live servers"), "/servers", handlers_cluster.servers, result=Rows, group="cluster"),
    Command(
        "top",
        N_("compare the servers: log, rate, what they are behind, clock"),
        "/top",
        handlers_top.top,
        result=Rows,
        group="cluster",
    ),
    Command(
        "status",
        N_("show how the server that answers is"),
        "/status",
        handlers_cluster.status,
        result=Facts,
        group="cluster",
    ),
    Command(
        "election",
        N_("say which server coordinates"),
        "/election",
        handlers_cluster.election,
        group="cluster",
        elsewhere=("coordinator", "leader"),
    ),
    Command(
        "log",
        N_("list what happened to the cluster"),
        "/log",
        handlers_cluster.log,
        (COUNT,),
        result=(Done, Rows),
        group="cluster",
        elsewhere=("events", "notices"),
    ),
)
