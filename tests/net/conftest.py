"""A context that must end, and workers that must stop."""

from tests.support.workers import context, launch

__all__ = ["context", "launch"]
