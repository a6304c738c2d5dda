"""What a person may write into a field: trimmed, bounded, and free of characters that nobody can see."""

import unicodedata

from gateway.domain.errors import STALE, DomainError, invalid


def text_field(field: str, value: str, longest: int) -> str:
    """One line of text, trimmed; it may be empty.

    Raises:
        DomainError: INVALID for a control character or more than `longest` characters.
    """
    return _checked(field, value.strip(), longest, allowed="")


def text_block(field: str, value: str, longest: int) -> str:
    """Text of several lines, trimmed, each line ended by a newline alone; it may be empty.

    Raises:
        DomainError: INVALID for a control character or more than `longest` characters.
    """
    return _checked(field, value.replace("\r\n", "\n").strip(), longest, allowed="\n\t")


def same_version(present: int, expected: int | None) -> None:
    """Go on if the thing is still what the caller read (If-Match, RFC 9110 §13.1.1); None does not ask.

    Raises:
        DomainError: STALE.
    """
    if expected is not None and expected != present:
        raise DomainError(STALE)


def _checked(field: str, value: str, longest: int, *, allowed: str) -> str:
    # Cc: control characters, NUL among them (PostgreSQL stores none); Cs: half of a surrogate pair.
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in allowed for letter in value):
        raise invalid(
            field,
            "The text holds a character that cannot be stored.",
            "Le texte contient un caractère qui ne peut pas être conservé.",
        )
    if len(value) > longest:
        raise invalid(
            field,
            f"The text is longer than {longest} characters.",
            f"Le texte dépasse {longest} caractères.",
        )
    return value
