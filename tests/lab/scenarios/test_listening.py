"""What listeners tell the journal."""

import pytest

from coreto.lab.scenarios.listening import stretches


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        ([], []),
        ([("rua", 1), ("rua", 2), ("rua", 3)], [("rua", 1, 3)]),
        ([("rua", 1), ("rua", 3)], [("rua", 1, 1), ("rua", 3, 3)]),
        ([("rua", 1), ("ruazinha", 2), ("rua", 2)], [("rua", 1, 1), ("ruazinha", 2, 2), ("rua", 2, 2)]),
        ([("rua", 2), ("rua", 2)], [("rua", 2, 2), ("rua", 2, 2)]),
    ],
)
def test_numbers_that_follow_each_other_are_told_as_one_stretch(heard, told):
    assert list(stretches(heard)) == told
