"""What may be said of how a version's service is reached, and what is wrong with what was said: all of it at once.

Faults are told by the path to what is at fault: ("waits", "connect"), ("targets", "2", "base_url").
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from gateway.credentials.certificates import CertificateRefused, authorities_in, chain_in, key_for
from gateway.domain.errors import ADDRESS_REFUSED, INVALID, DomainError
from gateway.http.grammar import is_target
from gateway.pipeline.service import Check, Service, Target, Waits
from gateway.services.texts import text_block, text_field
from gateway.upstream.addresses import AddressPolicy, AddressRefused, check_base_url
from gateway.words import Words

Path: TypeAlias = tuple[str, ...]
Faults: TypeAlias = dict[Path, Words]

MOST_TARGETS = 16
RANGES: dict[Path, tuple[float, float]] = {
    ("targets", "weight"): (1, 100),
    ("waits", "connect"): (0.1, 30),
    ("waits", "first_byte"): (1, 300),
    ("waits", "idle"): (1, 300),
    ("waits", "total"): (1, 3_600),
    ("retries",): (0, 3),
    ("check", "every"): (1, 3_600),
    ("check", "timeout"): (0.1, 60),
    ("most_in_flight",): (1, 10_000),
}
"""The least and the most of each number; times are in seconds."""

LONGEST_URL = 2_000
LONGEST_PEM = {"authorities": 32_000, "certificate": 16_000, "key": 8_000}

_PLAIN = Service(targets=())
_NO_TARGET = Words("Give the address of your service.", "Indiquez l’adresse de votre service.")
_TOO_MANY = Words(f"A service has at most {MOST_TARGETS} addresses.", f"Un service a au plus {MOST_TARGETS} adresses.")
_TWICE = Words("This address is there already.", "Cette adresse s’y trouve déjà.")
_NO_PATH = Words(
    "Give a path that begins with “/”: /health, for instance.",
    "Indiquez un chemin qui commence par « / » : /health, par exemple.",
)
_TOO_LATE = Words(
    "A check must end before the next one begins.", "Une vérification doit finir avant que la suivante commence."
)
_NO_CERTIFICATE = Words(
    "Give the certificate that this key belongs to.", "Indiquez le certificat auquel appartient cette clé."
)
_NO_KEY = Words("Give the private key of the certificate.", "Indiquez la clé privée du certificat.")


@dataclass(frozen=True, slots=True)
class Place:
    """One address of a service, and its share of the calls beside the others."""

    base_url: str
    weight: float = 1


@dataclass(frozen=True, slots=True)
class Upstream:
    """All that can be said of how a service is reached, as it is said: numbers unchecked, certificates as pasted.

    An empty `key` means the one that is kept already.
    """

    targets: tuple[Place, ...]
    waits: Waits = _PLAIN.waits
    retries: float = _PLAIN.retries
    check: Check | None = None
    authorities: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    most_in_flight: float = _PLAIN.most_in_flight
    allows_upgrade: bool = _PLAIN.allows_upgrade


def at(base_url: str) -> Upstream:
    """The service at one address, with nothing else said of it."""
    return Upstream((Place(base_url),))


@dataclass(slots=True)
class Judging:
    """The laws, asked one after the other; `faults` holds what each found, `refused` those that are addresses'."""

    faults: Faults = field(default_factory=dict)
    refused: set[Path] = field(default_factory=set)

    def told(self) -> DomainError | None:
        """What to raise: as an address refused when nothing else is wrong."""
        if not self.faults:
            return None
        kind = ADDRESS_REFUSED if self.refused == set(self.faults) else INVALID
        words = list(dict.fromkeys(self.faults.values()))
        return DomainError(
            kind,
            field=next(iter(self.faults))[0],
            faults=self.faults,
            why_en=" ".join(each.en for each in words),
            why_fr=" ".join(each.fr for each in words),
        )

    def read(self, said: Upstream, policy: AddressPolicy) -> Upstream:
        """What was said, tidied. Names are resolved: no lock may be held meanwhile."""
        places = tuple(
            replace(place, base_url=self._line(("targets", str(number), "base_url"), place.base_url))
            for number, place in enumerate(said.targets)
        )
        self._judge_places(places, policy)
        self._judge_numbers(said)
        return replace(
            said,
            targets=places,
            check=self._check(said.check) if said.check else None,
            authorities=self._pem("authorities", said.authorities),
            certificate=self._pem("certificate", said.certificate),
            key=self._pem("key", said.key),
        )

    def read_tls(self, said: Upstream, kept_key: str, now: datetime) -> Upstream:
        """The same with its certificates and its key in one form, the key that is kept for one that was not given."""
        authorities = certificate = key = ""
        if said.authorities:
            authorities = self._certified("authorities", authorities_in, said.authorities, now)
        if said.certificate:
            certificate = self._certified("certificate", chain_in, said.certificate, now)
        if said.key and not said.certificate:
            self.faults["tls", "certificate"] = _NO_CERTIFICATE
        if certificate:
            key = self._key(certificate, said.key, kept_key)
        return replace(said, authorities=authorities, certificate=certificate, key=key)

    def _judge_places(self, places: tuple[Place, ...], policy: AddressPolicy) -> None:
        if len(places) > MOST_TARGETS:
            self.faults["targets",] = _TOO_MANY
            return
        if not places:
            self.faults["targets",] = _NO_TARGET
        known: set[Target] = set()
        for number, place in enumerate(places):
            path = ("targets", str(number), "base_url")
            target = None if path in self.faults else self._target(path, place.base_url, policy)
            if target in known:
                self.faults[path] = _TWICE
            elif target:
                known.add(target)

    def _target(self, path: Path, base_url: str, policy: AddressPolicy) -> Target | None:
        if not base_url:
            self.faults[path] = _NO_TARGET
            return None
        try:
            return check_base_url(base_url, policy)
        except AddressRefused as refused:
            self.faults[path] = refused.reason
            self.refused.add(path)
            return None

    def _judge_numbers(self, said: Upstream) -> None:
        for path, value in _numbers(said):
            least, most = RANGES[tuple(part for part in path if not part.isdecimal())]
            if not least <= value <= most:
                self.faults[path] = _between(least, most)

    def _check(self, check: Check) -> Check:
        path = self._line(("check", "path"), check.path)
        if not is_target(path):
            self.faults.setdefault(("check", "path"), _NO_PATH)
        if check.timeout > check.every:
            self.faults.setdefault(("check", "timeout"), _TOO_LATE)
        return replace(check, path=path)

    def _line(self, path: Path, text: str) -> str:
        try:
            return text_field(path[-1], text, LONGEST_URL)
        except DomainError as error:
            self.faults[path] = error.detail
            return ""

    def _pem(self, name: str, text: str) -> str:
        try:
            return text_block(name, text, LONGEST_PEM[name])
        except DomainError as error:
            self.faults["tls", name] = error.detail
            return ""

    def _certified(self, name: str, read: Callable[[str, datetime], str], pem: str, now: datetime) -> str:
        try:
            return read(pem, now)
        except CertificateRefused as refused:
            self.faults["tls", name] = refused.reason
            return ""

    def _key(self, certificate: str, given: str, kept: str) -> str:
        try:
            return key_for(certificate, given or kept)
        except CertificateRefused as refused:
            # Whoever gave none is not told what is wrong with the one that is kept: it is another certificate's.
            self.faults.setdefault(("tls", "key"), refused.reason if given else _NO_KEY)
            return ""


def _numbers(said: Upstream) -> Iterator[tuple[Path, float]]:
    for number, place in enumerate(said.targets[:MOST_TARGETS]):
        yield ("targets", str(number), "weight"), place.weight
    waits = said.waits
    yield ("waits", "connect"), waits.connect
    yield ("waits", "first_byte"), waits.first_byte
    yield ("waits", "idle"), waits.idle
    if waits.total is not None:
        yield ("waits", "total"), waits.total
    yield ("retries",), said.retries
    if said.check:
        yield ("check", "every"), said.check.every
        yield ("check", "timeout"), said.check.timeout
    yield ("most_in_flight",), said.most_in_flight


def _between(least: float, most: float) -> Words:
    english, french = f"{most:,}", f"{most:,}".replace(",", "\u00a0")
    return Words(
        f"Give a number from {least:g} to {english}.",
        f"Indiquez un nombre de {least:g} à {french}.".replace("0.1", "0,1"),
    )
