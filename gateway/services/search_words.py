"""Words as searching compares them: no capitals, no accents, no punctuation.

The law: what is stored and what is asked go through the same `words_in`, so that “ecole” finds “École”, and the
two databases, which fold letters each in its own way, have nothing left to fold.
"""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l"})
# Letters and digits of any script; what SQL's LIKE takes for a wildcard (% and _) is never part of a word.
_WORD = re.compile(r"[^\W_]+")

_SHORTEST = 3
_ENDS = (
    ("eaux", "x"), ("aux", "ux"), ("al", "l"), ("ies", "ies"), ("y", "y"),
    ("ches", "es"), ("shes", "es"), ("sses", "es"), ("xes", "es"),
    ("ss", ""), ("us", ""), ("s", "s"), ("eux", "x"), ("oux", "x"),
)  # fmt: skip
"""(the end of a word, what is cut of it), the first that fits: animaux, animal; ferries, ferry; boxes, box."""


def fold(text: str) -> str:
    """The text in small letters without accents; ligatures are taken apart, which NFKD does not do."""
    # Taken apart first: what NFKD makes of a letter may be a capital (𝐀 becomes A).
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare.casefold().translate(_LIGATURES)


def words_in(text: str) -> tuple[str, ...]:
    """The folded words of a text, each once, in the order they come."""
    return tuple(dict.fromkeys(_WORD.findall(fold(text))))


def stem(word: str) -> str:
    """What a folded word and its plural begin with, in French and in English; short words are left whole.

    Only what is asked is cut: it is looked for inside the words that are stored, whatever their ends.
    """
    cut = next((cut for end, cut in _ENDS if word.endswith(end)), "")
    return word.removesuffix(cut) if len(word) - len(cut) >= _SHORTEST else word


def bag(*texts: str) -> str:
    """The folded words of several texts, each once, sorted, with a space between: what one row is searched by."""
    return " ".join(sorted(set(words_in(" ".join(texts)))))
