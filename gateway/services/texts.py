"""What a person may write into a field: trimmed, bounded, in one form, and free of characters that deceive.

The law: what looks the same is kept the same (Unicode NFC), and a text reads in the order of its letters.
"""

import unicodedata

from gateway.domain.errors import STALE, DomainError, invalid

# Control characters, NUL among them (PostgreSQL stores none); halves of surrogate pairs; hidden ends of lines.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Embeddings, overrides and isolates of UAX #9 §2: they make a text read otherwise than it is written (UTR #36 §2.8.1).
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Three letters may become one in NFC; more is too long whatever it becomes, and is not looked at any closer.
_LONGEST_UNREAD = 3


def text_field(field: str, value: str, longest: int) -> str:
    """One line of text, trimmed; empty when nothing of it can be seen.

    Raises:
        DomainError: INVALID for a character that cannot be kept or more than `longest` characters.
    """
    return _checked(field, value.strip(), longest, allowed="")


def text_block(field: str, value: str, longest: int) -> str:
    """Text of several lines, trimmed, each line ended by a newline alone; empty when nothing of it can be seen.

    Raises:
        DomainError: INVALID for a character that cannot be kept or more than `longest` characters.
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
    if len(value) > _LONGEST_UNREAD * longest:
        raise _too_long(field, longest)
    value = unicodedata.normalize("NFC", value)
    if len(value) > longest:
        raise _too_long(field, longest)
    if any(_is_refused(letter) for letter in value if letter not in allowed):
        raise invalid(
            field,
            "The text holds a character that cannot be stored.",
            "Le texte contient un caractère qui ne peut pas être conservé.",
        )
    return value if any(_is_seen(letter) for letter in value) else ""


def _is_refused(letter: str) -> bool:
    return letter in _REORDERING or unicodedata.category(letter) in _REFUSED


def _is_seen(letter: str) -> bool:
    # Spaces, marks without a letter under them, and formatting characters show nothing by themselves.
    return unicodedata.category(letter)[0] not in "CMZ"


def _too_long(field: str, longest: int) -> DomainError:
    return invalid(
        field,
        f"The text is longer than {longest} characters.",
        f"Le texte dépasse {longest} caractères.",
    )
