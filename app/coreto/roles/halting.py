"""How a role ends that must not go on (replication.md D8)."""

from __future__ import annotations


class HaltError(Exception):
    """The role stopped itself because going on would break a promise; its files stay."""
