from datetime import timedelta

import pytest
import time_machine

from gateway.credentials.api_keys import SecretKind, digest, looks_genuine, mint_secret
from gateway.domain.errors import INVALID, NOT_FOUND, NOT_SIGNED_IN, REQUIRED, TOKEN_SCOPE, TOO_MANY, DomainError
from gateway.domain.roles import OrganisationKind, Permission, Role
from gateway.services import tokens
from gateway.services.actor import Actor
from gateway.store.accounts import AccessToken, Membership
from tests.fixtures.people import NOW, acting, an_account, stranger, told
from tests.fixtures.publishing import organisation

EDIT = str(Permission.MANAGE_TOKENS)
READ = str(Permission.READ_DRAFTS)
APPLICATIONS = str(Permission.READ_APPLICATION)
UNSEEN = pytest.mark.parametrize("token_id", ["tok_none", "", "\0", "x" * 1_000_000])


class Member:
    """A person with their own organisation, and a publisher of a department."""

    def __init__(self, database, department, email="camille@example.org", role=Role.PUBLISHER):
        self.department = department
        with database.begin() as session:
            self.account = an_account(session, email)
            self.membership = Membership(account_id=self.account.id, organisation_id=department.id, role=role)
            session.add(self.membership)
        with database.read() as session:
            self.actor = acting(session, self.account, now=NOW)
        (self.own,) = self.actor.roles.keys() - {department.id}


@pytest.fixture
def member(database, department):
    return Member(database, department)


def mint(database, actor, scopes=(READ, EDIT), *, days=30, name="CI", **given):
    with database.begin() as session:
        return tokens.mint_token(session, actor, name=name, scopes=scopes, days=days, **given)


def refusal(database, actor, *args, **given):
    with pytest.raises(DomainError) as caught:
        mint(database, actor, *args, **given)
    return caught.value


def actor_of(database, secret, at=NOW):
    with time_machine.travel(at, tick=False), database.read() as session:
        return tokens.actor_of_token(session, secret, language="fr", request_id="req_2")


def listed(database, actor):
    with database.read() as session:
        return {token.id for token in tokens.list_tokens(session, actor)}


def revoke(database, actor, token_id):
    with database.begin() as session:
        tokens.revoke_token(session, actor, token_id)


def kept(database, minted):
    with database.read() as session:
        return session.get(AccessToken, minted.token.id)


def test_a_token_is_shown_once_kept_as_a_digest_and_told(database, member):
    minted = mint(database, member.actor, days=365)

    row, event = kept(database, minted), told(database, "token.mint")
    assert looks_genuine(minted.secret, SecretKind.MANAGEMENT_TOKEN)
    assert (row.digest, row.expires_at) == (digest(minted.secret), NOW + timedelta(days=365))
    assert (row.account_id, row.organisation_id, row.role) == (member.account.id, None, None)
    assert minted.secret not in row.display + str(event.after)
    assert (event.actor, event.subject) == (member.account.id, row.id)


def test_a_persons_token_acts_as_the_person_within_its_scopes(database, member):
    actor = actor_of(database, mint(database, member.actor, [READ]).secret)

    assert (actor.id, actor.name, actor.language, actor.request_id) == (member.account.id, "Camille Roy", "fr", "req_2")
    assert actor.roles == member.actor.roles
    assert actor.may(Permission.READ_DRAFTS, member.department.id)
    assert not actor.may(Permission.EDIT_API, member.department.id)
    with pytest.raises(DomainError) as caught:
        actor.require(Permission.EDIT_API, member.department.id)
    assert caught.value.kind is TOKEN_SCOPE


def test_a_token_for_one_organisation_reaches_no_other(database, member):
    actor = actor_of(database, mint(database, member.actor, organisation_id=member.department.id).secret)

    assert actor.roles == {member.department.id: Role.PUBLISHER}


def test_a_pipelines_token_acts_by_itself_and_outlives_its_makers_membership(database, member):
    minted = mint(database, member.actor, organisation_id=member.department.id, pipeline=True, name="Build")
    with database.begin() as session:
        session.delete(session.merge(member.membership))

    actor = actor_of(database, minted.secret)

    assert (actor.id, actor.name, actor.roles) == (minted.token.id, "Build", {member.department.id: Role.PUBLISHER})


def test_a_persons_token_loses_what_the_person_loses(database, member):
    minted = mint(database, member.actor, organisation_id=member.department.id)
    with database.begin() as session:
        session.delete(session.merge(member.membership))

    assert actor_of(database, minted.secret).roles == {}


def test_a_token_ends_at_its_time_and_when_it_is_revoked_or_its_maker_disabled(database, member):
    first, second, third = (mint(database, member.actor, days=1) for _ in range(3))
    end = NOW + timedelta(days=1)
    revoke(database, member.actor, second.token.id)

    assert actor_of(database, first.secret, end - timedelta(seconds=1))
    assert actor_of(database, first.secret, end) is None
    assert actor_of(database, second.secret) is None
    with database.begin() as session:
        session.merge(member.account).disabled_at = NOW
    assert actor_of(database, third.secret) is None


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "\0",
        "\ud800",
        "x" * 5_000_000,
        mint_secret(SecretKind.MANAGEMENT_TOKEN, bytes(32)),
        mint_secret(SecretKind.API_KEY, bytes(32)),
    ],
    ids=lambda text: ascii(text)[:20],
)
def test_any_other_secret_is_nobodys(database, member, secret):
    mint(database, member.actor)

    assert actor_of(database, secret) is None


def test_its_use_is_worth_noting_once_a_minute(database, member):
    minted = mint(database, member.actor)
    news = []
    for seconds in (0, 59, 60):
        bearer = actor_of(database, minted.secret, NOW + timedelta(seconds=seconds))
        assert bearer
        with database.begin() as session:
            news.append(tokens.use_is_news(session, bearer))
            if news[-1]:
                tokens.note_use(session, bearer)

    assert news == [True, False, True]
    assert kept(database, minted).last_used_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"name": " "}, REQUIRED, "name"),
        ({"name": "x" * 5_000_000}, INVALID, "name"),
        ({"name": "a\0b"}, INVALID, "name"),
        ({"scopes": []}, REQUIRED, "scopes"),
        ({"scopes": ["everything"]}, INVALID, "scopes"),
        ({"scopes": ["{why_fr}"]}, INVALID, "scopes"),
        ({"scopes": [READ, str(Permission.CREATE_DEPARTMENT)]}, INVALID, "scopes"),
        ({"scopes": ["x" * 5_000_000]}, INVALID, "scopes"),
        ({"days": 0}, INVALID, "days"),
        ({"days": 366}, INVALID, "days"),
        ({"days": 10**30}, INVALID, "days"),
        ({"pipeline": True}, REQUIRED, "organisation_id"),
        ({"organisation_id": "org_none"}, NOT_FOUND, None),
        ({"organisation_id": "\0"}, NOT_FOUND, None),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_cannot_be_made_is_refused_and_nothing_is_kept(database, member, given, kind, field):
    error = refusal(database, member.actor, **given)

    assert (error.kind, error.field) == (kind, field)
    assert len(str(error.detail)) < 1_000
    assert listed(database, member.actor) == set()


def test_a_visitor_makes_lists_and_revokes_nothing(database, member):
    minted = mint(database, member.actor)

    assert refusal(database, stranger()).kind is NOT_SIGNED_IN
    for deed in (lambda: listed(database, stranger()), lambda: revoke(database, stranger(), minted.token.id)):
        with pytest.raises(DomainError) as caught:
            deed()
        assert caught.value.kind is NOT_SIGNED_IN


def test_nobody_makes_a_token_for_an_organisation_that_is_not_theirs(database, member):
    other = organisation(database, slug="other")

    for pipeline in (False, True):
        assert refusal(database, member.actor, organisation_id=other.id, pipeline=pipeline).kind is NOT_FOUND


def test_within_an_organisation_only_its_role_counts(database, member):
    assert refusal(database, member.actor, [APPLICATIONS], organisation_id=member.department.id).field == "scopes"
    assert mint(database, member.actor, [APPLICATIONS], organisation_id=member.own)
    assert mint(database, member.actor, [APPLICATIONS, READ])


def test_a_scope_asked_for_twice_is_given_once(database, member):
    assert mint(database, member.actor, [READ, EDIT, READ]).token.scopes == f"{READ} {EDIT}"


def test_there_is_an_end_to_tokens(database, member):
    with database.begin() as session:
        session.add_all(
            AccessToken(
                digest=number.to_bytes(32, "big"), display="gct_…0000", name="n", account_id=member.account.id,
                scopes=READ, created_at=NOW, expires_at=NOW + timedelta(days=1),
            )
            for number in range(tokens.MOST_TOKENS)
        )  # fmt: skip

    error = refusal(database, member.actor)

    assert error.kind is TOO_MANY
    assert str(tokens.MOST_TOKENS) in error.detail.fr


# --- what is made with a token reaches no further than the token


def test_without_its_scope_a_token_makes_and_sees_no_tokens(database, member):
    weak = actor_of(database, mint(database, member.actor, [READ]).secret)
    other = mint(database, member.actor)

    assert refusal(database, weak, [READ]).kind is TOKEN_SCOPE
    for deed in (lambda: listed(database, weak), lambda: revoke(database, weak, other.token.id)):
        with pytest.raises(DomainError) as caught:
            deed()
        assert caught.value.kind is TOKEN_SCOPE


def test_a_token_ends_itself_whatever_its_scopes(database, member):
    minted = mint(database, member.actor, [READ])

    revoke(database, actor_of(database, minted.secret), minted.token.id)

    assert actor_of(database, minted.secret) is None


def test_a_token_gives_no_scope_that_it_lacks(database, member):
    actor = actor_of(database, mint(database, member.actor, [READ, EDIT]).secret)

    assert refusal(database, actor, [READ, APPLICATIONS]).field == "scopes"
    assert mint(database, actor, [READ]).token.account_id == member.account.id


def test_a_limited_token_makes_only_tokens_with_its_limit(database, member):
    limited = actor_of(database, mint(database, member.actor, organisation_id=member.department.id).secret)

    made = mint(database, limited, [READ])

    assert made.token.organisation_id == member.department.id
    assert refusal(database, limited, [READ], organisation_id=member.own).kind is NOT_FOUND
    assert actor_of(database, made.secret).roles == limited.roles


def test_a_pipeline_makes_pipelines_tokens_and_never_acts_as_a_person(database, member):
    pipeline = actor_of(
        database, mint(database, member.actor, organisation_id=member.department.id, pipeline=True).secret
    )

    made = mint(database, pipeline, [READ], name="Deploy")

    actor = actor_of(database, made.secret)
    assert (actor.id, actor.name, actor.roles) == (made.token.id, "Deploy", pipeline.roles)
    assert made.token.account_id == member.account.id


def test_a_limited_token_sees_and_ends_only_the_tokens_of_its_organisation(database, member):
    personal = mint(database, member.actor)
    shared = mint(database, member.actor, organisation_id=member.department.id)
    limited = mint(database, member.actor, organisation_id=member.department.id)
    actor = actor_of(database, limited.secret)

    assert listed(database, actor) == {shared.token.id, limited.token.id}
    with pytest.raises(DomainError) as caught:
        revoke(database, actor, personal.token.id)
    assert caught.value.kind is NOT_FOUND
    revoke(database, actor, shared.token.id)
    assert actor_of(database, shared.secret) is None


def test_a_persons_own_token_sees_and_ends_all_that_are_the_persons(database, member):
    first, second = mint(database, member.actor), mint(database, member.actor, [EDIT], organisation_id=member.own)
    actor = actor_of(database, first.secret)

    assert listed(database, actor) == {first.token.id, second.token.id}
    revoke(database, actor, second.token.id)
    assert listed(database, actor) == {first.token.id}


# --- whose tokens are whose


def test_members_see_and_end_the_tokens_of_their_organisation_and_not_each_others(database, member, department):
    colleague = Member(database, department, "dominique@example.org")
    personal = mint(database, member.actor)
    shared = mint(database, member.actor, organisation_id=department.id, pipeline=True)

    assert listed(database, colleague.actor) == {shared.token.id}
    assert listed(database, member.actor) == {personal.token.id, shared.token.id}
    with pytest.raises(DomainError) as caught:
        revoke(database, colleague.actor, personal.token.id)
    assert caught.value.kind is NOT_FOUND
    revoke(database, colleague.actor, shared.token.id)
    assert told(database, "token.revoke").organisation_id == department.id


def test_who_has_left_neither_sees_nor_ends_the_pipelines_token_they_made(database, member):
    minted = mint(database, member.actor, organisation_id=member.department.id, pipeline=True)
    left = Actor(member.account.id, "Camille Roy", NOW, roles={member.own: Role.DEVELOPER})

    assert listed(database, left) == set()
    with pytest.raises(DomainError) as caught:
        revoke(database, left, minted.token.id)
    assert caught.value.kind is NOT_FOUND
    assert actor_of(database, minted.secret)


@UNSEEN
def test_what_is_no_token_is_not_found(database, member, token_id):
    with pytest.raises(DomainError) as caught:
        revoke(database, member.actor, token_id)

    assert caught.value.kind is NOT_FOUND


def test_revoking_twice_is_no_error_and_told_once(database, member):
    minted = mint(database, member.actor)

    for _ in range(2):
        revoke(database, member.actor, minted.token.id)

    assert told(database, "token.revoke").subject == minted.token.id


def test_an_operators_token_for_a_department_acts_as_its_members_do(database, department):
    office = organisation(database, kind=OrganisationKind.OPERATOR, slug="operator")
    operator = Member(database, office, "odile@example.org", Role.OPERATOR)

    person = actor_of(database, mint(database, operator.actor, organisation_id=department.id).secret)
    pipeline = actor_of(database, mint(database, operator.actor, organisation_id=department.id, pipeline=True).secret)

    assert person.roles == pipeline.roles == {department.id: Role.PUBLISHER}
    assert not person.is_operator
    assert refusal(database, operator.actor, organisation_id="dep_none").kind is NOT_FOUND


def test_who_is_no_operator_any_more_has_nothing_of_a_department_left(database, department):
    office = organisation(database, kind=OrganisationKind.OPERATOR, slug="operator")
    operator = Member(database, office, "odile@example.org", Role.OPERATOR)
    minted = mint(database, operator.actor, organisation_id=department.id)
    with database.begin() as session:
        session.delete(session.merge(operator.membership))

    assert actor_of(database, minted.secret).roles == {}
