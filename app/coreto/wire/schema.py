"""The JSON Schema of every message, from the typed structs themselves (`coreto schema`)."""

from __future__ import annotations

from typing import Any

import msgspec

from coreto.wire import backend, peer, publication, services

REQUESTS = (
    services.Login,
    services.Users,
    services.CreateChannel,
    services.Channels,
    services.PublishText,
    services.DirectText,
    services.History,
    services.Status,
    services.Members,
    services.Promote,
    services.Remove,
    services.Clock,
    services.Election,
    services.RankRequest,
    services.ListServers,
    services.Heartbeat,
)
"""Every request of the course protocol."""


def schema() -> dict[str, Any]:
    """Return one schema document: the messages of each family, and the components they share."""
    families: dict[str, tuple[Any, ...]] = {
        "requests": REQUESTS,
        "publications": (publication.Publication,),
        "peers": peer.AnyPeerMessage.__args__,
        "backend": backend.AnyBackendMessage.__args__,
    }
    types = [kind for family in families.values() for kind in family]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    found = iter(schemas)
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Coreto",
        **{name: [next(found) for _ in family] for name, family in families.items()},
        "$defs": components,
    }
    return dict(msgspec.json.decode(msgspec.json.encode(document)))
