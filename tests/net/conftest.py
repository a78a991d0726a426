"""A context that must end, one of a cluster with a key, and workers that must stop."""

from tests.support.guarded import guarded, key
from tests.support.workers import context, launch

__all__ = ["context", "guarded", "key", "launch"]
