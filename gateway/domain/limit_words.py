"""What a limit is called, in a sentence: "60 calls per minute", "60 appels par minute"."""

from gateway.domain.plans import Per, Period, Window
from gateway.words import Words

_CALENDAR: dict[Period, Words] = {
    "second": Words("per second", "par seconde"),
    "minute": Words("per minute", "par minute"),
    "hour": Words("per hour", "par heure"),
    "day": Words("per day", "par jour"),
    "week": Words("per week", "par semaine"),
    "month": Words("per month", "par mois"),
}

_ROLLING: dict[Period, Words] = {
    "minute": Words("in any 60 seconds", "sur 60 secondes glissantes"),
    "hour": Words("in any 60 minutes", "sur 60 minutes glissantes"),
    "day": Words("in any 24 hours", "sur 24 heures glissantes"),
    "week": Words("in any 7 days", "sur 7 jours glissants"),
    "month": Words("in any 31 days", "sur 31 jours glissants"),
}

_OF: dict[Per, Words] = {
    "credential": Words("for each credential", "pour chaque justificatif"),
    "operation": Words("for each operation", "pour chaque opération"),
    "api": Words("for all callers of the API together", "pour tous les appelants de l’API réunis"),
}

_BURST = Words("up to {burst} at once", "jusqu’à {burst} d’un coup")


def words_of(window: Window) -> Words:
    """The limit of a window, whose it is, and a rate's burst."""
    parts = [_calls(window.limit), (_ROLLING if window.kind == "rolling" else _CALENDAR)[window.period]]
    parts += [_OF[window.per]] if window.per in _OF else []
    told = Words(" ".join(part.en for part in parts), " ".join(part.fr for part in parts))
    if window.kind != "rate":
        return told
    burst = _BURST.fill(burst=window.burst)
    return Words(f"{told.en}, {burst.en}", f"{told.fr}, {burst.fr}")


def _calls(limit: int) -> Words:
    return Words(f"{limit} call{'s' * (limit != 1)}", f"{limit} appel{'s' * (limit > 1)}")
