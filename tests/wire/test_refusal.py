"""A broken rule as a value."""

from coreto.texts import SENTENCES, Catalogue
from coreto.wire.refusal import RefusalError


def test_a_refusal_carries_its_rule_and_the_words_to_explain_it():
    refusal = RefusalError("name_long", limit=32)
    assert (refusal.rule, refusal.fields) == ("name_long", {"limit": 32})
    assert str(refusal) == "name_long"
    assert "32" in Catalogue("en").sentence(refusal.rule, **refusal.fields)


def test_it_is_a_value_error_so_that_a_careless_caller_still_catches_it():
    assert issubclass(RefusalError, ValueError)
    assert "name_long" in SENTENCES
