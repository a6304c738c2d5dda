"""What a limit is called, in a sentence: "60 calls a minute", "60 appels par minute"."""

from collections.abc import Callable

from gateway.domain.plans import Kind, Per, Period, Window
from gateway.words import Words

_CALENDAR: dict[Period, Words] = {
    "second": Words("a second", "par seconde"),
    "minute": Words("a minute", "par minute"),
    "hour": Words("an hour", "par heure"),
    "day": Words("a day", "par jour"),
    "week": Words("a week", "par semaine"),
    "month": Words("a month", "par mois"),
}

_ROLLING: dict[Period, Words] = {
    "minute": Words("in any 60 seconds", "sur 60 secondes glissantes"),
    "hour": Words("in any 60 minutes", "sur 60 minutes glissantes"),
    "day": Words("in any 24 hours", "sur 24 heures glissantes"),
    "week": Words("in any 7 days", "sur 7 jours glissants"),
    "month": Words("in any 31 days", "sur 31 jours glissants"),
}

_AT_ONCE: dict[Period, Words] = {"call": Words("under way at the same time", "en cours en même temps")}

_IN: dict[Kind, dict[Period, Words]] = {
    "calendar": _CALENDAR,
    "rate": _CALENDAR,
    "rolling": _ROLLING,
    "concurrency": _AT_ONCE,
}

_OF: dict[Per, Words] = {
    "credential": Words("for each credential", "pour chaque justificatif"),
    "user": Words("for each end user", "pour chaque utilisateur final"),
    "address": Words("for each IP address", "pour chaque adresse IP"),
    "operation": Words("for each operation", "pour chaque opération"),
    "api": Words("for all callers of the API together", "pour tous les appelants de l’API réunis"),
}

_BURST = Words("up to {burst} at once", "jusqu’à {burst} en rafale")


def words_of(window: Window, spell: Callable[[int], str] = str) -> Words:
    """The limit of a window, whose it is, and a rate's burst; `spell` writes numbers."""
    parts = [_calls(window.limit, spell), _IN[window.kind][window.period]]
    parts += [_OF[window.per]] if window.per in _OF else []
    told = Words(" ".join(part.en for part in parts), " ".join(part.fr for part in parts))
    if window.kind != "rate":
        return told
    burst = _BURST.fill(burst=spell(window.burst))
    return Words(f"{told.en}, {burst.en}", f"{told.fr}, {burst.fr}")


def _calls(limit: int, spell: Callable[[int], str]) -> Words:
    return Words(f"{spell(limit)} call{'s' * (limit != 1)}", f"{spell(limit)} appel{'s' * (limit > 1)}")
