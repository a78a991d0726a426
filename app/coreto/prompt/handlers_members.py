"""Commands about who votes and who learns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from coreto.client.membership import Members
from coreto.prompt.parts import ABSENT, PARTS
from coreto.prompt.results import Column, Done, Result, Rows
from coreto.prompt.session import ChatSession
from coreto.texts import N_, _

HEADINGS = {
    "name": N_("name"),
    "part": N_("part"),
    "rank": N_("rank"),
    "address": N_("address"),
    "error": N_("what is wrong"),
}
"""Words for the columns; one in which nothing stands is left out."""


def members(session: ChatSession, _arguments: Mapping[str, str]) -> Result:
    """List who votes, who learns, and who else is there."""
    return members_table(session.chat.members())


def promote(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Make a learner a voter."""
    return promoted(*session.chat.promote(arguments["server"]))


def remove(session: ChatSession, arguments: Mapping[str, str]) -> Result:
    """Make a voter a learner."""
    return removed(*session.chat.remove(arguments["server"]))


def members_table(told: Members) -> Rows:
    """Return the members as a table."""
    rows = member_rows(told)
    keys = [key for key in HEADINGS if any(row[key] is not None for row in rows)]
    columns = tuple(Column(key, _(HEADINGS[key])) for key in keys)
    cells = tuple(tuple(_(PARTS[str(row[key])]) if key == "part" else row[key] for key in keys) for row in rows)
    counts = {"voters": len(told.voters), "learners": len(told.learners)}
    return Rows(_("Members of the cluster: voters {voters}, learners {learners}", **counts), columns, cells)


def member_rows(told: Members) -> list[dict[str, str | int | None]]:
    """Return a row for each member, and for each foreign server that is listed."""
    return list(_rows(told))


def promoted(name: str, told: Members) -> Done:
    """Say that a server votes."""
    return Done(_("{name} is a voter. Voters: {voters}.", name=name, voters=", ".join(told.voters)))


def removed(name: str, told: Members) -> Done:
    """Say that a server votes no more, and what becomes of it."""
    sentence = _(
        "{name} does not vote. While it runs, it goes on copying the log, and may be promoted again. Voters: {voters}.",
        name=name,
        voters=", ".join(told.voters),
    )
    return Done(sentence)


def _rows(told: Members) -> Iterator[dict[str, str | int | None]]:
    listed = {server.name: server for server in told.listed}
    voters = [(name, "coordinator" if name == told.coordinator else "voter") for name in told.voters]
    learners = [(name, "learner") for name in told.learners]  # a new replica may have the name of a voter
    foreign = [(name, "foreign") for name in listed if name not in told.names]
    for name, part in (*voters, *learners, *foreign):
        server = listed.get(name)
        yield {
            "name": name,
            "part": part,
            "rank": server.rank if server else None,
            "address": server.address if server else None,
            "error": None if server else _(ABSENT),
        }
