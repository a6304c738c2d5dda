"""A row of `environments` → the `Service` that calls use: the one place where what was sealed for a service is opened.

The law: a secret that does not open costs its own version only. The service is then called without it (and refuses
whoever does not show it), the operator is told, and every other version is compiled as ever.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from gateway.pipeline.service import Check, Service, Target, Tls, Waits
from gateway.store.catalogue import Environment
from gateway.store.sealing import Sealer, WrongSecret

_log = logging.getLogger(__name__)


def service_of(environment: Environment, parse_target: Callable[[str], Target], sealer: Sealer) -> Service:
    """All that calls need; raises what `parse_target` raises."""

    def target(base_url: str, weight: int) -> Target:
        return replace(parse_target(base_url), weight=weight)

    return Service(
        targets=tuple(target(**each) for each in environment.targets),
        waits=waits_of(environment),
        retries=environment.retries,
        check=check_of(environment),
        tls=_tls(environment, sealer),
        proof_key=_opened(environment, environment.sealed_proof, sealer),
        most_in_flight=environment.most_in_flight,
        allows_upgrade=environment.allows_upgrade,
        owner=environment.id,
    )


def waits_of(environment: Environment) -> Waits:
    """How long a call waits."""
    return Waits(
        connect=environment.connect_wait,
        first_byte=environment.first_byte_wait,
        idle=environment.idle_wait,
        total=environment.total_wait,
    )


def check_of(environment: Environment) -> Check | None:
    """What is asked of the service to learn how it is."""
    if environment.check_path is None:
        return None
    every, timeout = environment.check_every, environment.check_timeout
    plain = Check(environment.check_path)
    return replace(plain, every=every or plain.every, timeout=timeout or plain.timeout)


def _tls(environment: Environment, sealer: Sealer) -> Tls | None:
    key = _opened(environment, environment.sealed_key, sealer)
    certificate = environment.certificate if key else None
    if not (environment.authorities or certificate):
        return None
    return Tls(environment.authorities, certificate, key.decode() if key else None)


def _opened(environment: Environment, sealed: bytes | None, sealer: Sealer) -> bytes | None:
    if sealed is None:
        return None
    try:
        return sealer.unseal(sealed)
    except WrongSecret as wrong:
        version_id = environment.api_version_id
        _log.error("%s is called without a secret of its service that was sealed: %s", version_id, wrong)
        return None
