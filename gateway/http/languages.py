"""Which of our two languages a caller asks for (RFC 9110 §12.5.4)."""

from functools import lru_cache

from gateway.words import LANGUAGES, Language


@lru_cache(maxsize=256)
def preferred_language(accept_language: str | None) -> Language | None:
    """The better liked of English and French, or None when neither is named.

    None also answers a bare `*` and a tie in weight between the two: the caller then gets both.
    """
    if not accept_language:
        return None
    weights = dict.fromkeys(LANGUAGES, 0.0)
    for member in accept_language.split(","):
        tag, _, parameters = member.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        for language in LANGUAGES:
            if primary == language:
                weights[language] = max(weights[language], _weight(parameters))
    if weights["en"] == weights["fr"]:
        return None
    return "en" if weights["en"] > weights["fr"] else "fr"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
