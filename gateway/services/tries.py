"""How often a sign-in may be tried: enough for whoever mistypes, too little for whoever guesses.

Two counts bound what strangers may try at one account: one for each network that they come from, and a wider one for
all of them together, since an attacker may have many networks. A browser that its owner has signed in with before
shows a proof of it and has a count of its own, so that no stranger's tries keep an owner out. (OWASP, "Slow Down
Online Guessing Attacks with Device Cookies"; ASVS 5.0 V6.3.1.)

The proof opens nothing: it names an account that it was given for, which only the installation's secret can do, and
without the password it is worth as many tries as a network is. It is the same work to count for an account as for an
address that has none. The ledger keeps neither addresses nor networks, only keyed digests, until their windows end.
"""

import hmac
import json
import secrets
from dataclasses import dataclass

from gateway.domain.errors import TOO_MANY_TRIES, DomainError
from gateway.domain.plans import Charge, Window
from gateway.http.clients import network_of
from gateway.pipeline.ports import Ledger

TRIES = (Window("minute", 10), Window("hour", 60))
"""At one account from one network, or from one browser that is known."""

TRIES_OF_STRANGERS = (Window("minute", 30), Window("hour", 240))
"""At one account by all who are not known, together."""

LETTERS = (Window("minute", 20), Window("hour", 200))
"""That one network may have us write: as many as a class that signs up together; each address gets few (mail.py)."""

_PURPOSE = b"guichet: sign-in tries, version 1"
_LONGEST_PROOF = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a try comes from: the client's address, and the proof that its browser shows, if any."""

    address: str
    proof: str = ""


class Tries:
    """Counts tries in a ledger, under digests keyed with the master secret."""

    def __init__(self, ledger: Ledger, secret: str) -> None:
        """Derive the key for this one purpose."""
        self._ledger = ledger
        self._key = hmac.digest(secret.encode(), _PURPOSE, "sha256")

    def count(self, email: str, origin: Origin) -> None:
        """Count a try at the account of an address (as it is kept), whether or not there is one.

        Raises:
            DomainError: TOO_MANY_TRIES, with the seconds to wait in `retry_after`.
        """
        nonce, _, shown = origin.proof[:_LONGEST_PROOF].partition(".")
        if hmac.compare_digest(shown.encode(errors="replace"), self._digest("known", email, nonce).encode()):
            self._spend(TRIES, "browser", email, nonce)
            return
        # The narrow count first: what is refused there takes nothing from the other strangers, or the owner.
        self._spend(TRIES, "network", email, network_of(origin.address))
        self._spend(TRIES_OF_STRANGERS, "strangers", email)

    def count_letter(self, origin: Origin) -> None:
        """Count a letter that a stranger asks us to write, to whichever address: a new account, a new password.

        Raises:
            DomainError: TOO_MANY_TRIES, with the seconds to wait in `retry_after`.
        """
        self._spend(LETTERS, "letters", network_of(origin.address))

    def proof_for(self, email: str) -> str:
        """What a browser is given once its owner has proved that the account of this address is theirs."""
        nonce = secrets.token_urlsafe(16)
        return f"{nonce}.{self._digest('known', email, nonce)}"

    def _spend(self, windows: tuple[Window, ...], *whose: str) -> None:
        budget = self._ledger.spend((Charge(f"sign-in:{self._digest(*whose)}", windows),))
        if not budget.admitted:
            wait = max(line.wait for line in budget.left)
            raise DomainError(TOO_MANY_TRIES, members={"retry_after": wait}, seconds=wait)

    def _digest(self, *parts: str) -> str:
        # As JSON, so that no two lists of parts are one text.
        return hmac.digest(self._key, json.dumps(parts).encode(), "sha256").hex()[:32]
