"""The command that draws: the journal of the cluster as a space-time diagram."""

from __future__ import annotations

from pathlib import Path

from coreto.journal.event import Event
from coreto.lab.picture.text import write_text
from coreto.lab.picture.window import AFTER, AROUND, LAST_EVENTS, NothingToShowError, Window, around, latest
from coreto.launcher.control_client import ControlClient
from coreto.launcher.requests import EVENTS_TOLD_MAX
from coreto.prompt.command import Arguments
from coreto.prompt.errors import ChatError, UsageError
from coreto.prompt.handlers_why import reach
from coreto.prompt.results import Done, Drawing, Result
from coreto.prompt.session import ChatSession
from coreto.texts import _

PAGES_MAX = 10
"""Answers of the cluster that are put together for one diagram."""
SUFFIX = ".svg"


def diagram(session: ChatSession, arguments: Arguments) -> Result:
    """Draw the last election, the last kill, or the last events; into a file where one is named."""
    # What draws is loaded when somebody wants a picture: the prompt starts sooner.
    from coreto.lab.picture.choice import EVENTS_MAX, Wish
    from coreto.lab.picture.draw import draw_svg, picture_of

    what, file = _read(arguments)
    control = reach(session)
    events, window = _around(control, what) if what in AROUND else _last(control, int(what or LAST_EVENTS))
    wish = Wish(window=window, most=max(EVENTS_MAX, window.last))
    if not events:
        return Drawing(_("The journal holds nothing to draw."), ())
    if file is not None:
        return _write(file, draw_svg(events, wish))
    picture = picture_of(events, wish)
    title = f"{picture.title} ({picture.subtitle})"
    return Drawing(title, tuple(write_text(picture)), picture.footer)


def _read(arguments: Arguments) -> tuple[str, Path | None]:
    """Return what is to be drawn, and into which file; a file alone may come first."""
    what, file = arguments.get("what", ""), arguments.get("file", "")
    if what.endswith(SUFFIX) and not file:
        what, file = "", what
    if what in AROUND or not what or (what.isascii() and what.isdigit() and 0 < int(what) <= EVENTS_TOLD_MAX):
        if not file or file.endswith(SUFFIX):
            return what, Path(file).expanduser() if file else None
        raise UsageError(_("'{file}' is no name of a picture such as election.svg.", file=file))
    usage = _("coordinator, kill, or a number of events up to {limit}", limit=EVENTS_TOLD_MAX)
    raise UsageError(_("'{text}' cannot be drawn: say {usage}.", text=what, usage=usage))


def _around(control: ControlClient, story: str) -> tuple[list[Event], Window]:
    decisions = control.events()
    try:
        window = around(decisions, story)
    except NothingToShowError as error:
        raise ChatError(str(error)) from None
    before = [event for event in decisions if event.time < window.since]
    inside = _between(control, window.since, window.until + AFTER)
    return [*before, *inside], window


def _last(control: ControlClient, count: int) -> tuple[list[Event], Window]:
    decisions = control.events()
    events = control.events(traffic=True)
    begun = events[0].time if events else 0.0
    before = [event for event in decisions if event.time < begun]
    return [*before, *events], latest(events, count)


def _between(control: ControlClient, since: float, until: float) -> list[Event]:
    """Return everything between two moments, asked for backwards in as many answers as it takes."""
    found: dict[str, Event] = {}
    for _page in range(PAGES_MAX):
        page = control.events(traffic=True, since=since, until=until)
        found = {event.id: event for event in page} | found
        if len(page) < EVENTS_TOLD_MAX or page[0].time == until:
            break
        until = page[0].time
    return sorted(found.values(), key=lambda event: event.time)


def _write(file: Path, svg: str) -> Result:
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(svg)
    except FileExistsError:
        raise ChatError(_("The file {file} exists already and was left as it is: name another.", file=file)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ChatError(
            _("The file {file} cannot be written ({error}): name another.", file=file, error=reason)
        ) from None
    return Done(_("The diagram is in {file}.", file=file))
