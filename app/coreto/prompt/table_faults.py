"""The rows of the command table that break the cluster on purpose; A -> B in a link is one direction."""

from __future__ import annotations

from coreto.prompt import handlers_faults as handlers
from coreto.prompt.command import Argument, Command
from coreto.prompt.results import Rows
from coreto.texts import N_

ROLE = Argument("role", "role", N_("ROLE"))
SHARE = Argument("link", "roles", N_("A B SHARE [--kind KIND]"), rest=True)

LAB: tuple[Command, ...] = (
    Command("faults", N_("list the faults in force"), "/faults", handlers.faults, result=Rows, group="lab"),
    Command(
        "kill",
        N_("end a role, or a server at its next write"),
        "/kill s3 --at after-persist",
        handlers.kill,
        (ROLE, Argument("options", "text", N_("--at CUT"), optional=True, rest=True)),
        group="lab",
    ),
    Command(
        "restart",
        N_("start a role again, or a server as a new, blank replica"),
        "/restart s3",
        handlers.restart,
        (ROLE, Argument("options", "text", N_("--blank-disk"), optional=True, rest=True)),
        group="lab",
    ),
    Command("pause", N_("let a role stand still"), "/pause s2", handlers.pause, (ROLE,), group="lab"),
    Command("resume", N_("let a paused role go on"), "/resume s2", handlers.resume, (ROLE,), group="lab"),
    Command(
        "partition",
        N_("let nothing pass between groups"),
        "/partition s1 | s2,s3",
        handlers.partition,
        (Argument("groups", "roles", N_("A | B,C [--kind KIND]"), rest=True),),
        result=Rows,
        group="lab",
    ),
    Command("heal", N_("end every fault between roles"), "/heal", handlers.heal, group="lab"),
    Command(
        "delay",
        N_("let messages take longer"),
        "/delay s1 s2 200ms±50",
        handlers.delay,
        (Argument("link", "roles", N_("A B TIME [--kind KIND]"), rest=True),),
        result=Rows,
        group="lab",
    ),
    Command(
        "drop",
        N_("lose a share of the messages"),
        "/drop s1 s2 30% --kind append",
        handlers.drop,
        (SHARE,),
        result=Rows,
        group="lab",
    ),
    Command(
        "duplicate",
        N_("let messages arrive twice"),
        "/duplicate s1 s2 10%",
        handlers.duplicate,
        (SHARE,),
        result=Rows,
        group="lab",
    ),
    Command(
        "reorder",
        N_("let messages be overtaken"),
        "/reorder s1 -> s2",
        handlers.reorder,
        (Argument("link", "roles", N_("A B [SHARE] [--kind KIND]"), rest=True),),
        result=Rows,
        group="lab",
    ),
    Command(
        "skew",
        N_("let the clock of a server jump"),
        "/skew s1 +5s",
        handlers.skew,
        (ROLE, Argument("amount", "amount", N_("DURATION"))),
        group="lab",
    ),
    Command(
        "drift",
        N_("let a server's clock gain or lose time"),
        "/drift s1 +300ppm",
        handlers.drift,
        (ROLE, Argument("amount", "amount", N_("PPM"))),
        group="lab",
    ),
    Command(
        "slow-disk",
        N_("let every write of a server take longer"),
        "/slow-disk s1 50ms",
        handlers.slow_disk,
        (ROLE, Argument("amount", "amount", N_("DURATION"))),
        group="lab",
    ),
    Command("fill-disk", N_("fill the disk of a server"), "/fill-disk s1", handlers.fill_disk, (ROLE,), group="lab"),
)
