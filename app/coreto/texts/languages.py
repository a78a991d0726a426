"""Which language a person reads."""

from collections.abc import Mapping

LANGUAGES = ("pt", "en")


def choose_language(flag: str | None, environ: Mapping[str, str]) -> str:
    """Choose by the flag, else by CORETO_LANG, else by the locale; what is not Portuguese is English."""
    wishes = [flag, *(environ.get(name) for name in ("CORETO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))]
    wish = next((wish for wish in wishes if wish), "en")
    return "pt" if wish.lower().startswith("pt") else "en"
