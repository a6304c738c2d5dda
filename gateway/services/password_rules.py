"""Which passwords may be chosen (NIST SP 800-63B-4 §3.1.1.2): long ones, not the first to be guessed. Nothing else.

The law: a password is used as a whole and as it was typed, but for Unicode's many ways to write one letter (NFC).
"""

import unicodedata

from gateway.domain.errors import invalid

SHORTEST, LONGEST = 12, 256
"""How many characters a password takes."""

_DIFFERENT = 5
_TELLING = 4
_SITE = "guichet"

_COMMON = frozenset({
    "123456789012", "1234567890123", "12345678901234", "password1234", "passwordpassword", "motdepasse123",
    "motdepassemotdepasse", "qwertyuiop12", "qwertyuiopas", "azertyuiop12", "azertyuiopqs", "administrator",
    "administrateur", "letmeinletmein", "iloveyouiloveyou", "abcdefghijkl", "abcdefghijklm", "changemechangeme",
    "bienvenue1234", "welcome12345", "correcthorsebatterystaple", "qwertyuiop123", "azertyuiop123", "password12345",
})  # fmt: skip
"""Long enough, and still the first to be guessed."""


def chosen_password(password: str, address: str) -> str:
    """A new password for the account with this address, as it is hashed.

    Raises:
        DomainError: INVALID.
    """
    canonical = as_hashed(password)
    if canonical is None or len(canonical) < SHORTEST:
        raise invalid(
            "password",
            f"The password takes {SHORTEST} to {LONGEST} characters.",
            f"Le mot de passe compte de {SHORTEST} à {LONGEST} caractères.",
        )
    plain = canonical.casefold()
    if plain in _COMMON or len(set(plain)) < _DIFFERENT:
        raise invalid(
            "password",
            "This password is among the first to be guessed. Choose another.",
            "Ce mot de passe est parmi les premiers qu’on devinerait. Choisissez-en un autre.",
        )
    if _SITE in plain or _tells(address, plain):
        raise invalid(
            "password",
            "The password must not hold your e-mail address, nor the word “guichet”.",
            "Le mot de passe ne doit contenir ni votre adresse courriel ni le mot « guichet ».",
        )
    return canonical


def as_hashed(password: str) -> str | None:
    """A password in the form that is hashed; None for what nobody can have chosen."""
    if len(password) > 3 * LONGEST:
        return None
    canonical = unicodedata.normalize("NFC", password)
    # Half of a surrogate pair is no character, and has no UTF-8.
    storable = not any(unicodedata.category(letter) == "Cs" for letter in canonical)
    return canonical if storable and len(canonical) <= LONGEST else None


def _tells(address: str, plain: str) -> bool:
    name = address.partition("@")[0]
    # A name of two letters occurs in many a good password.
    return len(name) >= _TELLING and name in plain
