"""E-mail addresses: read from people, kept in one form.

The law: one mailbox has one form, in small letters and in ASCII. The part before the @ has no other letters (RFC 6531
is carried by few), and an internationalised domain is kept as its A-labels (RFC 5890 §2.3.2.1): a Cyrillic “а” in place
of a Latin one cannot pass for it on any page.
"""

from email_validator import EmailNotValidError, validate_email

from gateway.domain.errors import DomainError, invalid, required
from gateway.services.texts import text_field

LONGEST = 254
"""RFC 5321 §4.5.3.1.3, less the angle brackets."""


def email_address(field: str, text: str) -> str:
    """An address as it is kept.

    Raises:
        DomainError: REQUIRED, INVALID.
    """
    text = text_field(field, text, LONGEST)
    if not text:
        raise required(field, "The e-mail address", "l’adresse courriel")
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        found = None
    if found is None or not found.ascii_email or len(found.ascii_email) > LONGEST:
        raise invalid(
            field,
            "This is not an e-mail address, such as name@example.org.",
            "Ce n’est pas une adresse courriel, comme nom@exemple.org.",
        )
    return found.ascii_email.lower()


def address_or_none(text: str) -> str | None:
    """An address as it is kept; None for what could not be one."""
    try:
        return email_address("email", text)
    except DomainError:
        return None
