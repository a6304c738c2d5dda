"""Where a version's calls go and how its service is reached; the proof by which the service knows its gateway.

The law: the private key and the secret of the proof are sealed before they are kept, are never shown again, and stand
neither in the trail nor in a log. The secret of the proof is shown once, by the call that makes it.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from gateway.credentials.api_keys import SecretKind, mint_secret
from gateway.credentials.certificates import Identity, identities_in
from gateway.domain.errors import ALREADY_DONE, DomainError, required
from gateway.services.actor import Actor
from gateway.services.apis import require_sight, require_signed_in
from gateway.services.texts import same_version
from gateway.services.upstream_laws import Judging, Place, Upstream
from gateway.services.versions import editable_version, get_version, refuse_retired, tell_change
from gateway.store.catalogue import ApiVersion, Environment
from gateway.store.reaching import check_of, waits_of
from gateway.store.sealing import Sealer, WrongSecret
from gateway.upstream.addresses import AddressPolicy, addresses_of, parse_base_url

PRODUCTION = "production"
"""The one kind of environment that there is."""


def set_upstream(
    session: Session,
    actor: Actor,
    version_id: str,
    said: Upstream,
    *,
    policy: AddressPolicy,
    sealer: Sealer,
    expected_version: int | None = None,
) -> Environment:
    """Say where a version's calls go and how its service is reached, in place of all that was said before.

    Only the private key stays when none is given, as long as it is the certificate's; and so does the proof.

    Raises:
        DomainError: who may not, STALE, WRONG_STATE (retired), INVALID or ADDRESS_REFUSED with every fault by its path.
    """
    require_signed_in(actor)
    judging = Judging()
    # Names are resolved before the first look at the database: no lock waits for a name server.
    said = judging.read(said, policy)
    version = _changeable(session, actor, version_id, expected_version)
    environment = upstream_of(version)
    kept_key = _kept_key(environment, sealer)
    said = judging.read_tls(said, kept_key, actor.now)
    refusal = judging.told()
    if refusal:
        raise refusal
    before = _told(said_of(environment)) if environment else {}
    after = _told(said)
    if environment and (before, kept_key) == (after, said.key):
        return environment
    if environment is None:
        environment = Environment(kind=PRODUCTION)
        version.environments.append(environment)
    _write(environment, said, sealer)
    tell_change(session, actor, version, "version.upstream", before=before, after=after)
    return environment


def readable_upstream(session: Session, actor: Actor, version_id: str) -> Environment | None:
    """Where a version's calls go, for those who may see the department's drafts; NOT_FOUND for everybody else."""
    version = get_version(session, actor, version_id)
    require_sight(actor, version.api.organisation_id)
    return upstream_of(version)


def upstream_of(version: ApiVersion) -> Environment | None:
    """Where a version's calls go, once it was said."""
    return next((environment for environment in version.environments if environment.kind == PRODUCTION), None)


def said_of(environment: Environment) -> Upstream:
    """What was said of a service, without the key."""
    return Upstream(
        targets=tuple(Place(**each) for each in environment.targets),
        waits=waits_of(environment),
        retries=environment.retries,
        check=check_of(environment),
        authorities=environment.authorities or "",
        certificate=environment.certificate or "",
        most_in_flight=environment.most_in_flight,
        allows_upgrade=environment.allows_upgrade,
    )


def unknown_hosts(environment: Environment, policy: AddressPolicy) -> list[str]:
    """The names that lead nowhere now: told and not refused, for a name may be registered later.

    Names are resolved: no lock may be held meanwhile.
    """
    targets = [parse_base_url(place.base_url) for place in said_of(environment).targets]
    return list(dict.fromkeys(target.host for target in targets if not addresses_of(target, policy)))


def identity_of(environment: Environment) -> Identity | None:
    """What may be told of the certificate that the gateway shows."""
    return identities_in(environment.certificate)[0] if environment.certificate else None


def renew_proof(
    session: Session, actor: Actor, version_id: str, *, sealer: Sealer, expected_version: int | None = None
) -> str:
    """The secret that signs what is sent to the service from the next call on, in place of any before it.

    Raises:
        DomainError: who may not, STALE, WRONG_STATE (retired), REQUIRED (no address was given yet).
    """
    version = _changeable(session, actor, version_id, expected_version)
    environment = upstream_of(version)
    if environment is None:
        raise required("targets", "The address of your service", "l’adresse de votre service")
    secret = mint_secret(SecretKind.PROOF, secrets.token_bytes(32))
    before = _proof_told(environment)
    environment.sealed_proof, environment.proof_made_at = sealer.seal(secret.encode()), actor.now
    tell_change(session, actor, version, "version.renew-proof", before=before, after=_proof_told(environment))
    return secret


def drop_proof(session: Session, actor: Actor, version_id: str, *, expected_version: int | None = None) -> None:
    """Sign nothing any more.

    Raises:
        DomainError: who may not, STALE, WRONG_STATE (retired), ALREADY_DONE.
    """
    version = _changeable(session, actor, version_id, expected_version)
    environment = upstream_of(version)
    if environment is None or environment.sealed_proof is None:
        raise DomainError(ALREADY_DONE)
    before = _proof_told(environment)
    environment.sealed_proof = environment.proof_made_at = None
    tell_change(session, actor, version, "version.drop-proof", before=before, after=_proof_told(environment))


def _changeable(session: Session, actor: Actor, version_id: str, expected_version: int | None) -> ApiVersion:
    version = editable_version(session, actor, version_id)
    same_version(version.version, expected_version)
    refuse_retired(version)
    return version


def _kept_key(environment: Environment | None, sealer: Sealer) -> str:
    """The key that is kept; empty when there is none, or when it does not open: it must then be given again."""
    if environment is None or environment.sealed_key is None:
        return ""
    try:
        return sealer.unseal(environment.sealed_key).decode()
    except WrongSecret:
        return ""


def _write(environment: Environment, said: Upstream, sealer: Sealer) -> None:
    environment.targets = [{"base_url": place.base_url, "weight": int(place.weight)} for place in said.targets]
    environment.connect_wait, environment.first_byte_wait = said.waits.connect, said.waits.first_byte
    environment.idle_wait, environment.total_wait = said.waits.idle, said.waits.total
    environment.retries = int(said.retries)
    check = said.check
    environment.check_path = check.path if check else None
    environment.check_every = check.every if check else None
    environment.check_timeout = check.timeout if check else None
    environment.authorities = said.authorities or None
    environment.certificate = said.certificate or None
    environment.sealed_key = sealer.seal(said.key.encode()) if said.key else None
    environment.most_in_flight, environment.allows_upgrade = int(said.most_in_flight), said.allows_upgrade


def _told(said: Upstream) -> Mapping[str, Any]:
    """What stands in the trail: certificates by what they say, and nothing of the key."""
    waits, check = said.waits, said.check
    return {
        "targets": [{"base_url": place.base_url, "weight": place.weight} for place in said.targets],
        "waits": {"connect": waits.connect, "first_byte": waits.first_byte, "idle": waits.idle, "total": waits.total},
        "retries": said.retries,
        "check": {"path": check.path, "every": check.every, "timeout": check.timeout} if check else None,
        "authorities": _certified(said.authorities),
        "certificate": _certified(said.certificate),
        "most_in_flight": said.most_in_flight,
        "allows_upgrade": said.allows_upgrade,
    }


def _certified(pem: str) -> list[dict[str, str]]:
    return [
        {"subject": each.subject, "expires_at": each.expires_at.isoformat(), "sha256": each.sha256}
        for each in (identities_in(pem) if pem else ())
    ]


def _proof_told(environment: Environment) -> Mapping[str, Any]:
    made_at = environment.proof_made_at
    return {"proof_made_at": made_at.isoformat() if made_at else None}
