"""The catalogues hold what the code says."""

from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "app/coreto/texts/locale/pt/LC_MESSAGES/coreto.po"


def spoken() -> set[str]:
    """The messages in the code."""
    keywords: dict[str, None] = dict.fromkeys(("_", "N_", "text"))
    return {str(message) for _file, _line, message, *_ in extract_from_dir(ROOT / "app", keywords=keywords)}


def translated() -> Catalog:
    """The Portuguese catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file)


def fields(message: str) -> set[str]:
    """The names between the braces of a message."""
    return {name for _text, name, *_ in Formatter().parse(message) if name is not None}


def test_the_catalogue_has_the_messages_of_the_code_and_no_others():
    listed = {message.id for message in translated() if message.id}
    assert listed == spoken(), "run scripts/messages"


def test_every_message_has_a_portuguese_translation():
    assert not [message.id for message in translated() if not message.string or message.fuzzy]


def test_translations_have_the_fields_of_the_message():
    assert not [m.id for m in translated() if m.id and fields(str(m.id)) != fields(str(m.string))]
