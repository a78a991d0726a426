"""Everything a server can be asked about what is stored."""

from typing import NamedTuple

from tests.support.plain import Map, PlainClient

PAGE_ROWS = 500


class Topic(NamedTuple):
    """A channel, or (`kind` is user) a receiver of direct messages."""

    kind: str
    name: str


class Stored(NamedTuple):
    """What one server says is stored."""

    users: list[str]
    channels: list[str]
    histories: dict[Topic, list[Map]]


def whole_history(client: PlainClient, topic: Topic, min_index: int = 0) -> list[Map]:
    """Return every message of a topic, page by page."""
    messages: list[Map] = []
    more = True
    while more:
        after = messages[-1]["seq"] if messages else 0
        which = {topic.kind: topic.name, "after": after, "limit": PAGE_ROWS, "min_index": min_index}
        page = client.write("history", **which)
        assert page["messages"] or not page["more"], "it says there is more and gives nothing"
        messages += page["messages"]
        more = page["more"]
    return messages


def everything(client: PlainClient, min_index: int = 0) -> Stored:
    """Return users, channels and every history, none older than `min_index`."""
    users = client.ask("users", min_index=min_index)["users"]
    channels = client.ask("channels", min_index=min_index)["channels"]
    topics = [Topic("channel", name) for name in channels] + [Topic("user", name) for name in users]
    return Stored(users, channels, {topic: whole_history(client, topic, min_index) for topic in topics})
