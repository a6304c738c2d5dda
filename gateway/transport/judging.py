"""What both lanes ask of a request before it is a call, and the words in which they refuse it (RFC 9112)."""

from gateway.http.grammar import is_host
from gateway.pipeline.refusals import MALFORMED, Refusal

_OF_A_HEAD = frozenset(
    {
        b"authorization",
        b"connection",
        b"content-length",
        b"host",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
    }
)
"""What frames a message, routes it, says who sends it, or speaks of its connection."""


def malformed(en: str, fr: str) -> Refusal:
    """A request that breaks the rules of HTTP, and which."""
    return Refusal(MALFORMED, why_en=en, why_fr=fr)


def bad_address() -> Refusal:
    """The target is no path of visible ASCII (§3.2)."""
    return malformed(
        "The address holds characters that must be percent-encoded.",
        "L’adresse contient des caractères qui doivent être encodés en pourcentage.",
    )


def ambiguous_length() -> Refusal:
    """Where the body ends can be read in two ways (§6.1, §6.3): that is how requests are smuggled."""
    return malformed("The length of the body is ambiguous.", "La longueur du corps est ambiguë.")


def refuse_trailer(name: bytes) -> None:
    """Refuse a trailer that comes too late to be heeded (RFC 9110 §6.5.1); whoever heeds it reads another request."""
    if name.lower() in _OF_A_HEAD:
        raise malformed(
            "A field behind the body says what only the head may say.",
            "Un champ placé derrière le corps dit ce que seul l’en-tête peut dire.",
        )


def split_target(target: str) -> tuple[str, str]:
    """A path (and a query after "?"), and the authority of an absolute-form target (§3.2.2), else ""."""
    if target.startswith("/"):
        return target, ""
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        authority, slash, path = rest.partition("/")
        # RFC 9110 §4.2.1: an address without a host is none, and stays what it is: no path
        return (slash + path or "/", authority) if authority else (target, "")
    return target, ""


def refuse_host(authority: str, hosts: tuple[str, ...], *, is_old: bool) -> None:
    """Refuse all but one valid Host, which only HTTP/1.0 may leave out (§3.2), also where an absolute target wins."""
    named = (authority, *hosts) if authority else hosts
    is_one = len(hosts) == 1 or (is_old and not hosts)
    if not is_one or not all(is_host(host) for host in named):
        raise malformed(
            "There must be one Host field that names a host.", "Il faut un seul champ Host, qui nomme un hôte."
        )
