"""The name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(typed: str, names: Iterable[str]) -> str:
    """Return the name most like what was typed, empty when none is like it; case does not count."""
    by_folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(typed.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else ""
