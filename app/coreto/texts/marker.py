"""The mark for messages that are translated later, where they are used."""


def N_(message: str) -> str:
    """Mark a message for the catalogues and return it as it is."""
    return message
