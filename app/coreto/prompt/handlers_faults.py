"""Commands that break the cluster on purpose, and tell what is broken."""

from __future__ import annotations

from collections.abc import Callable

from coreto.lab.faults import WordsError, read_delays, read_partition, read_shares
from coreto.lab.quantities import QuantityError, read_duration, read_jump, read_ppm, write_duration, write_shift
from coreto.lab.telling import CUTS, tell
from coreto.launcher import requests as ask
from coreto.launcher.control_client import ControlClient
from coreto.net.faults import Effect, LinkFault
from coreto.net.orders import Cut
from coreto.prompt.command import Arguments
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.results import Column, Done, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import _

CUT_FLAG = "--at"
BLANK_FLAG = "--blank-disk"
ALL = "100%"


# Lives.


def kill(session: ChatSession, arguments: Arguments) -> Result:
    """End a role where it stands, or a server at its next write."""
    name, cut = arguments["role"], _cut(arguments.get("options", ""))
    _control(session).ask(ask.Kill(name, cut))
    if cut is None:
        return Done(_("{name} was killed: /restart {name} starts it again.", name=name))
    return Done(_("{name} will be killed {when}.", name=name, when=_(CUTS[cut])))


def restart(session: ChatSession, arguments: Arguments) -> Result:
    """Start a role again."""
    name, option = arguments["role"], arguments.get("options", "")
    if option not in ("", BLANK_FLAG):
        raise UsageError(_("'{word}' is no option here: there is {flag}.", word=option, flag=BLANK_FLAG))
    _control(session).ask(ask.Restart(name, blank_disk=bool(option)))
    if option:
        return Done(
            _(
                "{name} runs again on a blank disk: a new replica copies the log and takes the old one's place.",
                name=name,
            )
        )
    return Done(_("{name} runs again.", name=name))


def pause(session: ChatSession, arguments: Arguments) -> Result:
    """Let a role stand still."""
    _control(session).ask(ask.Pause(arguments["role"]))
    return Done(_("{name} stands still: /resume {name} lets it go on.", name=arguments["role"]))


def resume(session: ChatSession, arguments: Arguments) -> Result:
    """Let a role go on."""
    _control(session).ask(ask.Resume(arguments["role"]))
    return Done(_("{name} goes on.", name=arguments["role"]))


# Links.


def partition(session: ChatSession, arguments: Arguments) -> Result:
    """Let nothing pass between groups."""
    return _inject(session, lambda: read_partition(arguments["groups"]))


def delay(session: ChatSession, arguments: Arguments) -> Result:
    """Let messages take longer."""
    return _inject(session, lambda: read_delays(arguments["link"]))


def drop(session: ChatSession, arguments: Arguments) -> Result:
    """Lose a share of the messages."""
    return _strike(session, arguments, "drop", "")


def duplicate(session: ChatSession, arguments: Arguments) -> Result:
    """Let a share of the messages arrive twice."""
    return _strike(session, arguments, "duplicate", "")


def reorder(session: ChatSession, arguments: Arguments) -> Result:
    """Let messages be overtaken by the next one."""
    return _strike(session, arguments, "reorder", ALL)


def heal(session: ChatSession, _arguments: Arguments) -> Result:
    """End every fault between roles."""
    _control(session).ask(ask.Heal())
    return Done(_("Everybody reaches everybody again: no fault between roles is in force."))


# Disks and clocks.


def slow_disk(session: ChatSession, arguments: Arguments) -> Result:
    """Make every write of a server take longer."""
    name, seconds = arguments["role"], _quantity(read_duration, arguments["amount"])
    _control(session).ask(ask.SlowDisk(name, seconds))
    if not seconds:
        return Done(_("The disk of {name} is as fast as it was.", name=name))
    return Done(_("Every write to the disk of {name} takes {time} longer.", name=name, time=write_duration(seconds)))


def fill_disk(session: ChatSession, arguments: Arguments) -> Result:
    """Let the next write of a server find its disk full."""
    _control(session).ask(ask.FillDisk(arguments["role"]))
    return Done(_("The next write of {name} finds its disk full.", name=arguments["role"]))


def skew(session: ChatSession, arguments: Arguments) -> Result:
    """Let the clock of a server jump."""
    name, seconds = arguments["role"], _quantity(read_jump, arguments["amount"])
    _control(session).ask(ask.Skew(name, seconds))
    return Done(_("The clock of {name} jumped by {time}.", name=name, time=write_shift(seconds)))


def drift(session: ChatSession, arguments: Arguments) -> Result:
    """Let the clock of a server run fast or slow."""
    name, ppm = arguments["role"], _quantity(read_ppm, arguments["amount"])
    _control(session).ask(ask.Drift(name, ppm))
    if not ppm:
        return Done(_("The clock of {name} no longer drifts.", name=name))
    return Done(_("The clock of {name} gains {drift} microseconds a second.", name=name, drift=f"{ppm:+g}"))


# Knowledge.


def faults(session: ChatSession, _arguments: Arguments) -> Result:
    """Tell what is broken on purpose."""
    told = tell(_control(session).in_force())
    columns = Column("where", _("where")), Column("what", _("what is wrong"))
    title = _("Faults in force: {count}", count=len(told)) if told else _("No faults are in force.")
    return Rows(title, columns, tuple(told))


def _strike(session: ChatSession, arguments: Arguments, effect: Effect, default: str) -> Result:
    return _inject(session, lambda: read_shares(arguments["link"], effect, default))


def _inject(session: ChatSession, read: Callable[[], tuple[LinkFault, ...]]) -> Result:
    try:
        wanted = read()
    except WordsError as error:
        raise UsageError(str(error)) from None
    _control(session).ask(ask.Inject(wanted))
    return faults(session, {})


def _quantity(read: Callable[[str], float], text: str) -> float:
    try:
        return read(text)
    except QuantityError as error:
        raise UsageError(str(error)) from None


def _cut(options: str) -> Cut | None:
    flag, _equals, word = options.replace("=", " ", 1).partition(" ")
    for cut in CUTS:
        if (flag, word.strip()) == (CUT_FLAG, cut):
            return cut
    if options:
        raise UsageError(_("Say when with {flag} and one of {cuts}.", flag=CUT_FLAG, cuts=", ".join(CUTS)))
    return None


def _control(session: ChatSession) -> ControlClient:
    if session.control is None:
        raise ChatError(
            _("From here nothing can be broken: this needs the prompt of the cluster itself, or coreto exec beside it.")
        )
    return session.control
