"""Accounts: opening one, confirming its address, signing in, choosing a new password.

Nothing here tells a stranger whether an address has an account: the answers are the same, and so is the time they take.

An account belongs to who reads the mail of its address *and* chose its password. Anybody may sign up with any address,
before its owner does or after: so each sign-up has a link of its own, which asks for the password of that sign-up. Who
opens a link that a stranger asked for does not know it, and chooses a password by mail instead.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from gateway.credentials.passwords import hash_password, needs_rehash, verify_password
from gateway.domain.errors import (
    BAD_CREDENTIALS,
    NOT_FOUND,
    NOT_SIGNED_IN,
    NOT_VERIFIED,
    DomainError,
    invalid,
    required,
)
from gateway.domain.roles import OrganisationKind, Role
from gateway.services import audit, mail, sessions
from gateway.services.actor import Actor
from gateway.services.email_addresses import address_or_none, email_address
from gateway.services.links import Chosen, good_link, make_link, spend_all, spend_link
from gateway.services.password_rules import as_hashed, chosen_password
from gateway.services.sessions import SignedIn, open_session
from gateway.services.texts import text_field
from gateway.services.tries import Origin, Tries
from gateway.store.accounts import Account, Membership, Organisation, account_by_email, organisation_by_slug
from gateway.store.base import new_id
from gateway.store.database import looking, unless_taken
from gateway.words import Language, Words

NOT_THIS_PASSWORD = Words(
    "It is not the password that was chosen with this link. If you chose none, choose one from the sign-in page.",
    "Ce n’est pas le mot de passe choisi avec ce lien. Si vous n’en avez pas choisi, choisissez-en un à partir de la "
    "page de connexion.",
)

LinkTo = Callable[[str, Language, str], str]


def sign_up(
    session: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    password: str,
    language: Language,
    link_to: LinkTo,
) -> Account | None:
    """Open an account with an organisation of its own; a message asks to confirm the address.

    One that waits to be confirmed is opened anew. None when it is confirmed: its owner is told by mail, and the asker
    sees no difference.

    Raises:
        DomainError: REQUIRED, INVALID.
    """
    address, name = email_address("email", email), _person_name(name)
    # Hashed whether or not it will be kept: the answer takes the same time.
    password_hash = hash_password(chosen_password(password, address))
    account = _open(session, actor, address, name, password_hash, language) or account_by_email(session, address)
    if account is None or account.verified_at or account.disabled_at:
        _tell_owner(session, actor, account)
        return None
    # Who tries to sign in too early hears that it is too early.
    account.password_hash = password_hash
    _ask_to_confirm(session, actor, account, link_to, Chosen(name, password_hash))
    return account


def create_verified(
    session: Session, actor: Actor, *, email: str, name: str, password: str, language: Language = "en"
) -> Account:
    """Open an account whose address needs no confirming: for the owner of the machine.

    Raises:
        DomainError: REQUIRED, INVALID (also when the address has an account).
    """
    address, name = email_address("email", email), _person_name(name)
    account = _open(session, actor, address, name, hash_password(chosen_password(password, address)), language)
    if account is None:
        raise invalid("email", "This address has an account already.", "Cette adresse a déjà un compte.")
    account.verified_at = actor.now
    return account


def own_account(session: Session, actor: Actor) -> Account:
    """The actor's own account.

    Raises:
        DomainError: NOT_SIGNED_IN, NOT_FOUND (a pipeline's token is nobody's).
    """
    if not actor.is_signed_in:
        raise DomainError(NOT_SIGNED_IN)
    account = session.get(Account, actor.id)
    if account is None:
        raise DomainError(NOT_FOUND)
    return account


def verify_email(session: Session, actor: Actor, tries: Tries, *, token: str, password: str, origin: Origin) -> Account:
    """Confirm an address by the link sent to it and the password that was chosen with it; they are the account's now.

    Raises:
        DomainError: LINK_SPENT, INVALID (the password), TOO_MANY_TRIES.
    """
    with looking(session) as look:
        link = good_link(look, actor, token, "verify")
        tries.count(look.get_one(Account, link.account_id).email, origin)
    canonical = as_hashed(password)
    if not verify_password(canonical or "", link.password_hash if canonical is not None else None):
        raise invalid("password", NOT_THIS_PASSWORD.en, NOT_THIS_PASSWORD.fr)
    account = spend_link(session, actor, token, "verify")
    account.password_hash = link.password_hash or account.password_hash
    account.verified_at = actor.now
    _rename(session, account, link.name or account.name)
    # What else was asked for in the name of this address, by whomever, is over.
    spend_all(session, actor, account, "verify")
    audit.tell(session, _owner(actor, account), "account.verify", account.id)
    return account


def check_verification(session: Session, actor: Actor, *, token: str) -> None:
    """Look whether the link of a letter would still confirm its address; LINK_SPENT when it would not."""
    good_link(session, actor, token, "verify")


def resend_verification(session: Session, actor: Actor, *, email: str, link_to: LinkTo) -> None:
    """Send the message again, if the address is waiting to be confirmed."""
    account = account_by_email(session, email_address("email", email))
    if account and not account.verified_at:
        _ask_to_confirm(session, actor, account, link_to, Chosen(account.name, account.password_hash))


def request_password_reset(session: Session, actor: Actor, *, email: str, link_to: LinkTo) -> None:
    """Send a link to choose a new password, if the address has an account."""
    account = account_by_email(session, email_address("email", email))
    if account and not account.disabled_at and mail.may_write(session, actor, account, mail.RESET_SUBJECT):
        token = make_link(session, actor, account, "reset")
        link = link_to("reset", _language(account), token)
        mail.write(session, actor, account, mail.RESET_SUBJECT, mail.RESET, link=link)


def reset_password(session: Session, actor: Actor, *, token: str, password: str) -> Account:
    """Choose a new password by a link; sessions and other such links end, and the address is confirmed by it.

    Raises:
        DomainError: LINK_SPENT, INVALID.
    """
    account = spend_link(session, actor, token, "reset")
    account.password_hash = hash_password(chosen_password(password, account.email))
    account.verified_at = account.verified_at or actor.now
    spend_all(session, actor, account, "reset")
    spend_all(session, actor, account, "verify")
    sessions.revoke_all(session, account, actor.now)
    audit.tell(session, _owner(actor, account), "account.reset-password", account.id)
    # ASVS 5.0 V6.3.7: whoever owns the address hears of it, also when it was somebody else's doing.
    mail.write(session, actor, account, mail.CHANGED_SUBJECT, mail.CHANGED)
    return account


def sign_in(
    session: Session, actor: Actor, tries: Tries, *, email: str, password: str, origin: Origin, browser: str
) -> SignedIn:
    """Open a session for whoever knows the password.

    Raises:
        DomainError: BAD_CREDENTIALS, NOT_VERIFIED, TOO_MANY_TRIES.
    """
    account = authenticate(session, tries, email=email, password=password, origin=origin)
    return enter(session, actor, account, browser=browser)


def enter(session: Session, actor: Actor, account: Account, *, browser: str) -> SignedIn:
    """Open a session for somebody who just proved whose account it is."""
    signed_in = open_session(session, account, browser=browser, now=actor.now)
    person = sessions.actor_for(session, account, request_id=actor.request_id, now=actor.now)
    audit.tell(session, person, "session.open", signed_in.sign_in.id)
    return signed_in


def authenticate(session: Session, tries: Tries, *, email: str, password: str, origin: Origin) -> Account:
    """The account that an address and a password open; the same refusal whichever of them is wrong.

    Raises:
        DomainError: BAD_CREDENTIALS, NOT_VERIFIED, TOO_MANY_TRIES.
    """
    address = address_or_none(email)
    tries.count(address or email.strip()[:320], origin)
    canonical = as_hashed(password)
    # Looked up apart: nobody's change waits for the half of a tenth of a second that a password takes to check.
    with looking(session) as look:
        known = account_by_email(look, address) if address else None
    kept = known.password_hash if known and canonical is not None else None
    right = verify_password(canonical or "", kept)
    account = session.get(Account, known.id, with_for_update=True) if known else None
    # A password that was replaced while we checked it opens nothing any more.
    if account is None or not right or account.password_hash != kept or account.disabled_at:
        raise DomainError(BAD_CREDENTIALS)
    if not account.verified_at:
        raise DomainError(NOT_VERIFIED)
    if needs_rehash(account.password_hash):
        account.password_hash = hash_password(canonical or "")
    return account


def _open(
    session: Session, actor: Actor, email: str, name: str, password_hash: str, language: Language
) -> Account | None:
    """A new account with an organisation of its own; None if the address has one."""
    if account_by_email(session, email):
        return None
    account = Account(
        id=new_id("account"), email=email, name=name, password_hash=password_hash, language=language,
        created_at=actor.now,
    )  # fmt: skip
    own = Organisation(
        id=new_id("organisation"), kind=OrganisationKind.CONSUMER, slug=_own_slug(account),
        name_en=name, name_fr=name, created_at=actor.now,
    )  # fmt: skip
    try:
        with unless_taken(session, _TakenMeanwhileError()):
            session.add_all([account, own])
    except _TakenMeanwhileError:
        return None
    session.add(Membership(account_id=account.id, organisation_id=own.id, role=Role.DEVELOPER))
    session.flush()
    audit.tell(session, _owner(actor, account), "account.open", account.id, own.id, after={"language": language})
    return account


def _rename(session: Session, account: Account, name: str) -> None:
    """Give an account, and the organisation that was opened with it, the name of who it belongs to."""
    own = organisation_by_slug(session, _own_slug(account))
    if own:
        own.name_en = own.name_fr = name
    account.name = name


def _own_slug(account: Account) -> str:
    return account.id.lower().replace("_", "-")


def _owner(actor: Actor, account: Account) -> Actor:
    """Who the trail names: a visitor who opens an account, or proves that it is theirs, is its owner."""
    return actor if actor.name else replace(actor, id=account.id, name=account.name)


class _TakenMeanwhileError(Exception):
    """Another request opened an account for the same address just now."""


def _tell_owner(session: Session, actor: Actor, known: Account | None) -> None:
    if known and mail.may_write(session, actor, known, mail.EXISTS_SUBJECT):
        mail.write(session, actor, known, mail.EXISTS_SUBJECT, mail.EXISTS)


def _ask_to_confirm(session: Session, actor: Actor, account: Account, link_to: LinkTo, chosen: Chosen) -> None:
    if mail.may_write(session, actor, account, mail.CONFIRM_SUBJECT):
        token = make_link(session, actor, account, "verify", chosen)
        link = link_to("verify", _language(account), token)
        mail.write(session, actor, account, mail.CONFIRM_SUBJECT, mail.CONFIRM, link=link)


def _language(account: Account) -> Language:
    return "fr" if account.language == "fr" else "en"


def _person_name(name: str) -> str:
    name = text_field("name", name, 200)
    if not name:
        raise required("name", "A name", "un nom")
    return name
