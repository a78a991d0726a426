"""Coreto: a distributed chat that is also a laboratory of distributed systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coreto.client import Client

__all__ = ["Client", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- the module protocol of PEP 562 returns any attribute
    """Load `Client` on first use, so that `coreto --help` does not pay for sockets."""
    if name == "Client":
        from coreto.client import Client

        return Client
    raise AttributeError(f"module 'coreto' has no attribute {name!r}")
