"""Commands about the prompt itself: what it shows, and leaving it. (/help stands with the table it reads.)"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from coreto.prompt.results import Done, Fact, Facts, Leave, Result
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

SHOWN = {
    "time": N_("time of day before messages"),
    "lamport": N_("Lamport clock before messages"),
    "all": N_("messages of every joined channel"),
}
"""What /show turns on and off; the words are fields of `View`."""


def show(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Turn something on or off, or say what is on."""
    what = arguments.get("what")
    if what is None:
        facts = tuple(Fact(key, _(label), getattr(session.view, key)) for key, label in SHOWN.items())
        return Facts(_("Shown at this prompt"), facts)
    on = arguments.get("state", "on") == "on"
    session.view = msgspec.structs.replace(session.view, **{what: on})
    label = _(SHOWN[what])
    return Done(_("Shown from now on: {what}.", what=label) if on else _("No longer shown: {what}.", what=label))


def leave_prompt(_session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """Go."""
    return Leave()
