"""Waiting for a state, never for a time."""

import time
from collections.abc import Callable

PAUSE_SECONDS = 0.005
STATE_SECONDS = 30.0
"""A state that comes at all comes by then, when programs are starting and others use the machine."""


def wait_until(condition: Callable[[], object], what: str, seconds: float = STATE_SECONDS) -> None:
    """Return when the condition holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(PAUSE_SECONDS)
