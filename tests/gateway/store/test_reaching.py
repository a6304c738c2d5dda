import logging

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from gateway.pipeline.service import Check, Service, Target, Tls, Waits
from gateway.store.catalogue import Environment
from gateway.store.reaching import service_of
from gateway.store.sealing import Sealer
from gateway.upstream.addresses import AddressRefused, parse_base_url
from tests.fixtures.publishing import SEALER

A, B = {"base_url": "https://a.example.ca/x", "weight": 3}, {"base_url": "http://b.example.ca:81", "weight": 1}


def kept(database, **values) -> Environment:
    """A row as the store gives it back."""
    with database.begin() as session:
        environment = Environment(api_version_id="ver_1", kind="production", **({"targets": [A]} | values))
        session.add(environment)
        session.flush()
        session.expunge(environment)
    return environment


@pytest.fixture
def database(tmp_path):
    """A database that asks for no version: what is read here is one row."""
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    Environment.__table__.create(engine)  # type: ignore[attr-defined]  # SQLAlchemy types it as a FromClause
    yield sessionmaker(engine, expire_on_commit=False)
    engine.dispose()


def test_a_service_of_which_only_the_address_was_said_is_a_plain_one(database):
    environment = kept(database)

    target = Target("https", "a.example.ca", 443, "/x", weight=3)
    assert service_of(environment, parse_base_url, SEALER) == Service((target,), owner=environment.id)


def test_all_that_was_said_of_a_service_reaches_the_calls(database):
    environment = kept(
        database,
        targets=[A, B],
        connect_wait=1.5,
        first_byte_wait=10,
        idle_wait=20,
        total_wait=60,
        retries=3,
        check_path="/health",
        check_every=5,
        check_timeout=1,
        authorities="authorities",
        certificate="certificate",
        sealed_key=SEALER.seal(b"key"),
        sealed_proof=SEALER.seal(b"proof"),
        most_in_flight=7,
        allows_upgrade=True,
    )

    service = service_of(environment, parse_base_url, SEALER)

    assert [(target.authority, target.weight) for target in service.targets] == [
        ("a.example.ca", 3),
        ("b.example.ca:81", 1),
    ]
    assert service.waits == Waits(1.5, 10, 20, 60)
    assert (service.retries, service.most_in_flight, service.allows_upgrade) == (3, 7, True)
    assert service.check == Check("/health", 5, 1)
    assert service.tls == Tls("authorities", "certificate", "key")
    assert service.proof_key == b"proof"


def test_secrets_that_do_not_open_are_left_out_and_the_operator_is_told_without_them(database, caplog):
    caplog.set_level(logging.ERROR)
    environment = kept(
        database, certificate="certificate", sealed_key=SEALER.seal(b"key"), sealed_proof=SEALER.seal(b"proof")
    )

    service = service_of(environment, parse_base_url, Sealer("another secret, just as long as it is"))

    assert (service.tls, service.proof_key) == (None, None)
    assert len(caplog.records) == 2
    assert all("ver_1" in record.getMessage() for record in caplog.records)


def test_an_address_that_is_none_is_raised(database):
    with pytest.raises(AddressRefused):
        service_of(kept(database, targets=[A | {"base_url": "nowhere"}]), parse_base_url, SEALER)
