"""Words as searching compares them: no capitals, no accents, no punctuation.

The law: what is stored and what is asked go through the same `words_in`, so that “ecole” finds “École”, and the
two databases, which fold letters each in its own way, have nothing left to fold.
"""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l"})
# Letters and digits of any script; what SQL's LIKE takes for a wildcard (% and _) is never part of a word.
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The text in small letters without accents; ligatures are taken apart, which NFKD does not do."""
    # Taken apart first: what NFKD makes of a letter may be a capital (𝐀 becomes A).
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare.casefold().translate(_LIGATURES)


def words_in(text: str) -> tuple[str, ...]:
    """The folded words of a text, each once, in the order they come."""
    return tuple(dict.fromkeys(_WORD.findall(fold(text))))


def bag(*texts: str) -> str:
    """The folded words of several texts, each once, sorted, with a space between: what one row is searched by."""
    return " ".join(sorted(set(words_in(" ".join(texts)))))
