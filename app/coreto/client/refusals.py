"""A refusal of a server in the language of the person: servers speak their own."""

from __future__ import annotations

from string import Formatter

from coreto.client.errors import RefusedError
from coreto.texts import SENTENCES, _


def explained(error: RefusedError, name: str) -> RefusedError:
    """Return the refusal with our sentence for its rule or code if `name`, where it needs one, is all it needs."""
    message = SENTENCES.get(error.rule) or SENTENCES.get(error.code, "")
    fields = {field for _text, field, _spec, _kind in Formatter().parse(message) if field}
    known = bool(message) and fields <= ({"name"} if name else set())
    return RefusedError(_(message, name=name) if known else str(error), error.code, error.rule)
