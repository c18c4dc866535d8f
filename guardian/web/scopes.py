"""What an operator's token may allow. Apart from ``tokens``, so that naming a scope loads no cryptography."""

from enum import StrEnum


class Scope(StrEnum):
    """What a token allows. They do not contain one another: a panic button need not see names."""

    VIEW = "view"
    DOOR = "door"
    PANIC = "panic"
    ADMIN = "admin"
