"""The languages a person reads."""

import pytest

from coreto import texts
from coreto.texts import LANGUAGES, SENTENCES, Catalogue, choose_language


@pytest.fixture(autouse=True)
def english_again():
    yield
    texts.activate("en")


@pytest.mark.parametrize(
    ("flag", "environ", "lang"),
    [
        (None, {}, "en"),
        (None, {"LANG": "pt_BR.UTF-8"}, "pt"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "pt_BR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        (None, {"LANG": "C", "LC_MESSAGES": "C", "LC_ALL": "pt_PT"}, "pt"),
        (None, {"LANG": "pt_BR.UTF-8", "LC_ALL": ""}, "pt"),
        (None, {"LANG": "pt_BR.UTF-8", "CORETO_LANG": "en"}, "en"),
        ("pt", {"LANG": "en_US.UTF-8", "CORETO_LANG": "en"}, "pt"),
        ("en", {"LANG": "pt_BR.UTF-8", "CORETO_LANG": "pt"}, "en"),
    ],
)
def test_the_flag_wins_then_our_variable_then_the_locale(flag, environ, lang):
    assert choose_language(flag, environ) == lang


def test_a_sentence_is_translated_and_filled():
    assert Catalogue("en").sentence("name_long", limit=32) == ("The name is too long: use at most 32 characters.")
    assert Catalogue("pt").sentence("name_long", limit=32) == ("O nome é longo demais: use no máximo 32 caracteres.")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_user_wrote_is_never_read_as_a_format(lang):
    assert "'{limit} %s {0}'" in Catalogue(lang).sentence("channel_unknown", name="{limit} %s {0}")


def test_every_sentence_differs_between_the_languages():
    portuguese = Catalogue("pt")
    names = dict.fromkeys(("key", "name", "service", "announced", "coordinator"), "n")
    fields = {**names, **dict.fromkeys(("limit", "epoch", "count", "index"), 1)}
    for code, english in SENTENCES.items():
        assert portuguese.sentence(code, **fields) != english.format_map(fields)


def test_an_unknown_code_is_an_error():
    with pytest.raises(KeyError):
        Catalogue("pt").sentence("no such code")


def test_a_message_without_translation_stays_english():
    message = "spoken by {nobody}"
    assert Catalogue("pt").text(message, nobody="no one") == "spoken by no one"


def test_a_language_without_catalogue_is_english():
    assert Catalogue("xx").sentence("text_empty") == SENTENCES["text_empty"]


def test_the_active_language_can_change():
    translate = texts._
    sentence = SENTENCES["text_empty"]
    assert translate(sentence) == sentence
    texts.activate("pt")
    assert translate(sentence) == Catalogue("pt").sentence("text_empty")
