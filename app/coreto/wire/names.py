"""Names and texts: what is allowed, in one canonical form (protocol.md §3, "Names").

Normalisation happens before anything is logged: Unicode tables differ between machines, and
replicas must apply the same bytes (replication.md §7, "Apply is deterministic").
"""

from __future__ import annotations

import unicodedata

from coreto.wire.limits import NAME_CHARACTERS, TEXT_BYTES
from coreto.wire.refusal import RefusalError

RESERVED = frozenset({"servers", "replica", "replicate", "replication"})
"""Names that are topics of the servers themselves."""

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, line and paragraph separators."""

_TEXT_CONTROLS = frozenset("\n\t")


def clean_name(value: str) -> str:
    """Return `value` trimmed and in NFC, or raise `RefusalError` with the rule it breaks."""
    if _is_plain(value):
        return value
    name = unicodedata.normalize("NFC", value.strip(" "))
    if not name:
        raise RefusalError("name_empty")
    if len(name) > NAME_CHARACTERS:
        raise RefusalError("name_long", limit=NAME_CHARACTERS)
    if not name.isprintable() and any(unicodedata.category(character) in _UNSAFE_CATEGORIES for character in name):
        raise RefusalError("name_characters")
    if not name.strip():
        raise RefusalError("name_empty")
    if name in RESERVED:
        raise RefusalError("name_reserved", name=name)
    return name


def _is_plain(value: str) -> bool:
    """Whether a name is as it has to be at a glance: printable ASCII, as most are, without a space at an end."""
    return (
        value.isascii()
        and value.isprintable()
        and 0 < len(value) <= NAME_CHARACTERS
        and value[0] != " " != value[-1]
        and value not in RESERVED
    )


def clean_channel(value: str) -> str:
    """Return a channel name in canonical form: a name without white space."""
    name = clean_name(value)
    if name.split() != [name]:
        raise RefusalError("name_space")
    return name


def clean_text(value: str) -> str:
    """Return a message text unchanged, or raise `RefusalError`: 1 to 4,096 bytes, no controls."""
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        raise RefusalError("text_characters") from None
    if size == 0:
        raise RefusalError("text_empty")
    if size > TEXT_BYTES:
        raise RefusalError("text_long", limit=TEXT_BYTES)
    if not value.isprintable() and any(_is_unsafe(character) for character in value):
        raise RefusalError("text_characters")
    return value


def printable(value: object, limit: int = NAME_CHARACTERS) -> str:
    """Return any value from outside as short harmless text, for use in an error sentence."""
    shown = value if isinstance(value, str) else repr(value)
    safe = "".join(c if c.isprintable() else "?" for c in shown[: limit + 1])
    return safe if len(safe) <= limit else safe[:limit] + "…"


def _is_unsafe(character: str) -> bool:
    if character in _TEXT_CONTROLS:
        return False
    return unicodedata.category(character) in _UNSAFE_CATEGORIES
