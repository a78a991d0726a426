"""A request that breaks a rule, as a value: which rule, and the words needed to explain it."""

from __future__ import annotations


class RefusalError(ValueError):
    """What came in breaks a rule of the protocol.

    `rule` names the sentence to show (`texts.sentences`), `fields` fills it.
    """

    def __init__(self, rule: str, **fields: object) -> None:
        super().__init__(rule)
        self.rule = rule
        self.fields = fields
