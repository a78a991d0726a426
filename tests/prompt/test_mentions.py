"""Whether somebody is named."""

import pytest

from coreto.prompt.mentions import mentions


@pytest.mark.parametrize(
    ("text", "user", "named"),
    [
        ("oi ana", "ana", True),
        ("Ana, oi", "ana", True),
        ("@ana?", "ana", True),
        ("banana", "ana", False),
        ("anaconda", "ana", False),
        ("de novo", "de", False),
        ("@de novo", "de", True),
        ("oi ana maria!", "ana maria", True),
        ("a+b", "a+b", True),
        ("oi", "", False),
        ("JOSÉ!", "josé", True),
    ],
)
def test_a_name_counts_as_a_word_and_a_short_one_with_a_sign(text, user, named):
    assert mentions(text, user) is named
