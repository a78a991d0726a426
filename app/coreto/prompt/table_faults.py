"""The part of the command table that breaks the cluster on purpose; /help lab lists it."""

from __future__ import annotations

from coreto.prompt import handlers_faults as handlers
from coreto.prompt.command import Argument, Command
from coreto.texts import N_

ROLE = Argument("role", "role", N_("ROLE"))
SHARE = Argument("link", "roles", N_("A B SHARE [--kind KIND]"), rest=True)

FAULT_COMMANDS: tuple[Command, ...] = (
    Command(
        "kill",
        N_("end a role, or a server at its next write"),
        "/kill s3 --at after-persist",
        handlers.kill,
        (ROLE, Argument("options", "text", N_("--at CUT"), optional=True, rest=True)),
    ),
    Command(
        "restart",
        N_("start a role again, as it was or blank"),
        "/restart s3",
        handlers.restart,
        (ROLE, Argument("options", "text", N_("--blank-disk"), optional=True, rest=True)),
    ),
    Command("pause", N_("let a role stand still"), "/pause s2", handlers.pause, (ROLE,)),
    Command("resume", N_("let a paused role go on"), "/resume s2", handlers.resume, (ROLE,)),
    Command(
        "partition",
        N_("let nothing pass between groups"),
        "/partition s1 | s2,s3",
        handlers.partition,
        (Argument("groups", "roles", N_("A | B,C [--kind KIND]"), rest=True),),
    ),
    Command("heal", N_("end every fault between roles"), "/heal", handlers.heal),
    Command(
        "delay",
        N_("let messages take longer"),
        "/delay s1 s2 200ms±50",
        handlers.delay,
        (Argument("link", "roles", N_("A B TIME [--kind KIND]"), rest=True),),
    ),
    Command("drop", N_("lose a share of the messages"), "/drop s1 s2 30% --kind append", handlers.drop, (SHARE,)),
    Command("duplicate", N_("let messages arrive twice"), "/duplicate s1 s2 10%", handlers.duplicate, (SHARE,)),
    Command(
        "reorder",
        N_("let messages be overtaken"),
        "/reorder s1 -> s2",
        handlers.reorder,
        (Argument("link", "roles", N_("A B [SHARE] [--kind KIND]"), rest=True),),
    ),
    Command(
        "skew",
        N_("let the clock of a server jump"),
        "/skew s1 +5s",
        handlers.skew,
        (ROLE, Argument("amount", "amount", N_("TIME"))),
    ),
    Command(
        "drift",
        N_("let a server's clock gain or lose time"),
        "/drift s1 +300ppm",
        handlers.drift,
        (ROLE, Argument("amount", "amount", N_("PPM"))),
    ),
    Command(
        "slow-disk",
        N_("let every write of a server take longer"),
        "/slow-disk s1 50ms",
        handlers.slow_disk,
        (ROLE, Argument("amount", "amount", N_("TIME"))),
    ),
    Command("fill-disk", N_("fill the disk of a server"), "/fill-disk s1", handlers.fill_disk, (ROLE,)),
)

FAULTS = Command("faults", N_("list the faults in force (/help lab)"), "/faults", handlers.faults)
