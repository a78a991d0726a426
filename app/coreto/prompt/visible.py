"""Text from others, made harmless: what could steer a terminal or hide from the eye is shown as a sign.

A terminal obeys control characters (a message could clear the screen, or fill the clipboard by
OSC 52), the C1 controls are the same commands in one character, bidirectional controls turn the
order of what is read around (Trojan Source, 2021), and zero-width characters make two names that
look alike. All of them are shown, so that nothing is lost and nothing is believed.
"""

from __future__ import annotations

import unicodedata

TAB = "    "
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
"""Fillers and joiners that Unicode calls letters or marks, though they show nothing."""

_PICTURES = 0x2400
"""Where Unicode keeps a picture of each C0 control: ESC becomes ␛."""

_JOINER = "\u200d"
_EMOJI_MODIFIERS = frozenset("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def visible(text: str) -> str:
    """Return one line of text with every control and invisible character shown as a sign."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_sign(text, place) for place in range(len(text)))


def visible_lines(text: str) -> list[str]:
    """Return the lines of a text, each of them harmless."""
    return [visible(line) for line in text.split("\n")]


def is_plain(text: str) -> bool:
    """Whether nothing in the text has to be shown as a sign."""
    return visible(text) == text


def width(text: str) -> int:
    """Return how many columns of a terminal harmless text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _sign(text: str, place: int) -> str:
    character = text[place]
    code = ord(character)
    if character == "\t":
        return TAB
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == 0x7F:
        return "␡"
    if character == _JOINER and _joins_emoji(text, place):
        return character
    if character in _UNSEEN or unicodedata.category(character) in _UNSEEN_CATEGORIES:
        return _escape(code)
    return character


def _joins_emoji(text: str, place: int) -> bool:
    """Whether the joiner at `place` makes one emoji of two, which is its only harmless use here."""
    if not 0 < place < len(text) - 1:
        return False
    before, after = text[place - 1], text[place + 1]
    return (before in _EMOJI_MODIFIERS or unicodedata.category(before) == "So") and (
        unicodedata.category(after) == "So"
    )


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"} or character == _JOINER:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
