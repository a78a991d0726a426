"""The rows of the command table about the cluster as it is: its servers, members and clocks."""

from __future__ import annotations

from coreto.prompt import handlers_clocks, handlers_cluster, handlers_members, handlers_top
from coreto.prompt.command import Argument, Command
from coreto.prompt.results import Done, Facts, Rows
from coreto.prompt.table_chat import COUNT
from coreto.texts import N_

SERVER = Argument("server", "server", N_("SERVER"))

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
        "members",
        N_("list who votes and who learns"),
        "/members",
        handlers_members.members,
        result=Rows,
        group="cluster",
    ),
    Command(
        "promote", N_("make a learner a voter"), "/promote s4", handlers_members.promote, (SERVER,), group="cluster"
    ),
    Command(
        "remove", N_("let a voter vote no more"), "/remove s4", handlers_members.remove, (SERVER,), group="cluster"
    ),
    Command(
        "clocks",
        N_("compare the clocks of the servers"),
        "/clocks",
        handlers_clocks.clocks,
        result=Rows,
        group="cluster",
    ),
    Command(
        "set-clock",
        N_("set the clock of a server"),
        "/set-clock s1 12:00:00",
        handlers_clocks.set_clock,
        (SERVER, Argument("time", "text", N_("TIME"), rest=True)),
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
