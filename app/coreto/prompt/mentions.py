"""Whether a text names somebody."""

from __future__ import annotations

import re

BARE_LETTERS_MIN = 3
"""A shorter name is often an ordinary word: `a`, `de`, `me`; it is only meant with @ in front."""


def mentions(text: str, user: str) -> bool:
    """Whether `user` is named in the text as a word, or with @; case does not count."""
    if not user or user.casefold() not in text.casefold():
        return False
    at = "@" if len(user) < BARE_LETTERS_MIN else "@?"
    return re.search(rf"(?<!\w){at}{re.escape(user.casefold())}(?!\w)", text.casefold()) is not None
