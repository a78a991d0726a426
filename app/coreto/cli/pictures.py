"""`coreto diagram`, `plot` and `export`: a journal as a picture, or for another program."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from coreto.cli.printing import columns, say, show, show_error
from coreto.cli.statuses import DONE, FAILED, USAGE
from coreto.journal.event import Event
from coreto.journal.file import Header, JournalError, read_journal
from coreto.lab.picture.choice import EVENTS_MAX, Wish, choose
from coreto.lab.picture.draw import plot_svg
from coreto.lab.picture.kinds import SORTS
from coreto.lab.picture.layout import lay_out
from coreto.lab.picture.lines import write_lines as write_journal
from coreto.lab.picture.model import Picture
from coreto.lab.picture.panels import PANELS, PANELS_USUAL
from coreto.lab.picture.place import place
from coreto.lab.picture.series import series_of
from coreto.lab.picture.shiviz import write_shiviz
from coreto.lab.picture.sparks import COLUMNS_USUAL, write_sparks
from coreto.lab.picture.svg import write_svg
from coreto.lab.picture.text import write_text
from coreto.lab.picture.window import NothingToShowError, Window, around, latest, usual, whole
from coreto.lab.quantities import QuantityError, read_jump
from coreto.prompt.lines import write_lines
from coreto.prompt.moments import MomentError, read_moment
from coreto.prompt.results import Drawing
from coreto.texts import _


class _WishError(Exception):
    """What is asked for is not there; the text is a sentence."""


def run_pictures(options: argparse.Namespace) -> int:
    """Make what is asked for and return the exit status."""
    try:
        header, events = _read(Path(options.file))
        made = {"diagram": _diagram, "plot": _plot}.get(options.picture)
        return made(events, options) if made else _export(header, events, options)
    except (_WishError, QuantityError, MomentError) as error:
        return show_error(error, USAGE, as_json=options.json)
    except (JournalError, NothingToShowError) as error:
        return show_error(error, FAILED, as_json=options.json)
    except OSError as error:
        sentence = _("The file {file} cannot be written ({error}): name another.", file=error.filename, error=error)
        return show_error(OSError(sentence), FAILED, as_json=options.json)


def _read(path: Path) -> tuple[Header, list[Event]]:
    """Return a journal; of one that is cut off, what stands before, and say so."""
    try:
        header, events = read_journal(path)
    except JournalError as error:
        if not error.events:
            raise
        say(_("{reason} What stands before it is shown.", reason=error))
        with path.open("rb") as file:
            header, events = msgspec.json.decode(file.readline(), type=Header), error.events
    if not events:
        raise _WishError(_("The journal {file} holds no event yet.", file=path))
    return header, events


def _diagram(events: Sequence[Event], options: argparse.Namespace) -> int:
    chosen = choose(events, _wish(events, options, usual(events)))
    picture = lay_out(chosen, options.title or _("What happened, message by message"))
    if options.svg:
        return _write(write_svg(place(picture)), options.svg)
    title = f"{picture.title} ({picture.subtitle})"
    show(Drawing(title, tuple(write_text(picture)), picture.footer), _data(picture), as_json=options.json)
    return DONE


def _data(picture: Picture) -> dict[str, object]:
    return dict(msgspec.to_builtins(picture))


def _plot(events: Sequence[Event], options: argparse.Namespace) -> int:
    only = options.only or PANELS_USUAL
    _known(only, PANELS)
    inside = _window(events, options, whole(events))
    shown = [event for event in events if inside.holds(event)][-inside.last :]
    if options.svg:
        return _write(plot_svg(shown, only, options.title or ""), options.svg)
    series = series_of(shown, only)
    if options.json:
        write_lines(sys.stdout, [msgspec.json.encode(series).decode()])
    elif series.panels:
        write_lines(sys.stdout, write_sparks(series, columns(sys.stdout) or COLUMNS_USUAL))
    else:
        raise NothingToShowError(_("The journal says nothing of this: was it written with --journal?"))
    return DONE


def _export(header: Header, events: Sequence[Event], options: argparse.Namespace) -> int:
    wish = _wish(events, options, whole(events), most=len(events))
    if not wish.kinds and not wish.entry and not wish.channel:
        wish = msgspec.structs.replace(wish, kinds=(*SORTS,))
    history = choose(events, wish).history
    text = write_shiviz(history) if options.format == "shiviz" else write_journal(history, header)
    if options.output:
        return _write(text, options.output)
    write_lines(sys.stdout, text.splitlines())
    return DONE


def _wish(events: Sequence[Event], options: argparse.Namespace, else_shown: Window, most: int = EVENTS_MAX) -> Wish:
    lanes, kinds = options.lanes or (), options.kinds or ()
    _known(lanes, sorted({event.lane for event in events} | {getattr(event, "peer", "") for event in events} - {""}))
    if kinds:
        _known(kinds, [*SORTS, *(kind for sort in SORTS.values() for kind in sort)])
    about_entries = bool(options.entry or options.channel)
    return Wish(
        window=_window(events, options, whole(events) if about_entries else else_shown),
        lanes=lanes,
        kinds=kinds,
        entry=options.entry or 0,
        channel=options.channel or "",
        most=getattr(options, "most", None) or most,
    )


def _known(words: Sequence[str], there: Sequence[str]) -> None:
    for word in words:
        if word not in there:
            raise _WishError(_("There is no {word} there, but: {names}.", word=word, names=", ".join(there)))


def _window(events: Sequence[Event], options: argparse.Namespace, else_shown: Window) -> Window:
    everything = whole(events)
    if options.around:
        window = around(events, options.around)
    elif options.last:
        window = latest(events, options.last)
    else:
        window = everything if options.since or options.until else else_shown
    since = _moment(options.since, everything.since) if options.since else window.since
    until = _moment(options.until, everything.since) if options.until else window.until
    if since > until:
        raise _WishError(_("Nothing lies between {begin} and {end}.", begin=options.since, end=options.until))
    return msgspec.structs.replace(window, since=since, until=until)


def _moment(text: str, begun: float) -> float:
    """Return Unix seconds; what begins with + counts from the begin of the journal."""
    return begun + read_jump(text) if text.startswith("+") else read_moment(text)


def _write(text: str, file: str) -> int:
    if file == "-":
        write_lines(sys.stdout, text.splitlines())
    else:
        Path(file).write_text(text, "utf-8")
        say(_("Written to {file}.", file=file))
    return DONE
