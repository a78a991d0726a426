"""Messages in one language, and the language this process speaks."""

import gettext
from importlib import resources

from coreto.texts.sentences import SENTENCES


class Catalogue:
    """The messages of one language; a message without translation stays English."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._translations = _load(lang)

    def text(self, message: str, /, **fields: object) -> str:
        """Translate an English message and put the fields into it."""
        return self._translations.gettext(message).format_map(fields)

    def sentence(self, code: str, /, **fields: object) -> str:
        """Say what a code of the wire means; an unknown code is a KeyError."""
        return self.text(SENTENCES[code], **fields)


def activate(lang: str) -> None:
    """Make `_` speak this language from now on."""
    global _active
    _active = Catalogue(lang)


def _(message: str, /, **fields: object) -> str:
    """Translate a message into the active language and put the fields into it."""
    return _active.text(message, **fields)


def _load(lang: str) -> gettext.NullTranslations:
    compiled = resources.files("coreto.texts") / "locale" / lang / "LC_MESSAGES" / "coreto.mo"
    try:
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    except OSError:
        return gettext.NullTranslations()


_active = Catalogue("en")
