"""A cluster of one server that has a user, another one and a channel: requests are answered within the turn."""

from __future__ import annotations

from typing import Any

from tests.support.machines import Server, request


class Town(Server):
    """Says `ask` as a client does."""

    def __init__(self) -> None:
        super().__init__("a", ("a",), rank=1)
        self.turn()
        self.turn()
        for user in ("ana", "bia"):
            self.tell("login", user=user)
        self.tell("channel", channel="geral")

    def tell(self, service: str, **data: object) -> dict[str, Any]:
        return self.ask(request(service, **data))

    def publish(self, text: str, channel: str = "geral") -> dict[str, Any]:
        return self.tell("publish", user="ana", channel=channel, message=text)

    def message(self, src: str, dst: str, text: str) -> dict[str, Any]:
        return self.tell("message", src=src, dst=dst, message=text)
