"""Saying where calls go and how the service is reached; the proof."""

import html
import re

import pytest

from gateway.credentials.api_keys import SecretKind, looks_genuine
from gateway.domain.roles import Role
from gateway.services import upstreams
from gateway.services.actor import utc_now
from gateway.services.upstream_laws import Place, at
from gateway.store.catalogue import ApiVersion, Environment
from tests.fixtures.consuming import refreshed
from tests.fixtures.publishing import described_api, point
from tests.pem import pasted
from tests.portal.browsing import upstream_form

EN, FR = PATHS = ("/en/publish/apis/holidays/v1/service", "/fr/publier/api/holidays/v1/service")
PROOFS = (f"{EN}/proof", f"{FR}/preuve")


@pytest.fixture
def heritage(sign_in, department):
    """A publisher's browser."""
    return sign_in({department: Role.PUBLISHER})


@pytest.fixture
def draft(site, publisher, department) -> ApiVersion:
    """A version that has nothing yet."""
    with site.database.begin() as session:
        return described_api(session, publisher, department).versions[0]


@pytest.fixture
def kept(site, draft):
    """What is kept now."""

    def kept() -> Environment | None:
        with site.database.read() as session:
            found = upstreams.upstream_of(refreshed(session, draft))
            if found:
                session.expunge(found)
            return found

    return kept


def folded(page: str) -> dict[str, bool]:
    """The parts of the page, and whether each stands open."""
    found = re.findall(r'<details class="fold"( open)?>\s*<summary><strong>([^<]*)', page)
    return {html.unescape(title): bool(is_open) for is_open, title in found}


@pytest.mark.parametrize(
    ("path", "words"),
    [(EN, "no name server knows nobody.invalid"), (FR, "aucun serveur de noms ne connaît nobody.invalid")],
)
def test_a_name_that_leads_nowhere_yet_is_saved_with_a_warning(heritage, draft, kept, path, words):
    answer = heritage.post(path, upstream_form("https://nobody.invalid"))
    page = heritage.get(answer.location).text

    assert kept().targets[0]["base_url"] == "https://nobody.invalid"
    assert words in page
    assert "notice-warn" in page
    assert words not in heritage.get(answer.location).text


@pytest.mark.parametrize("path", PATHS)
def test_one_address_is_all_that_must_be_given_and_it_can_be_changed(heritage, draft, kept, path):
    first = heritage.post(path, upstream_form(" https://a.example.ca/v1 "))
    second = heritage.post(path, upstream_form("https://b.example.ca"))

    assert (first.status_code, second.status_code) == (303, 303)
    assert upstreams.said_of(kept()) == at("https://b.example.ca")
    assert 'value="https://b.example.ca"' in heritage.get(path).text


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        (EN, ["Several addresses", "How long we wait", "Health", "TLS", "Proof", "Bounds"]),
        (FR, ["Plusieurs adresses", "Combien de temps nous attendons", "Santé", "TLS", "Preuve", "Limites"]),
    ],
)
def test_the_rest_is_folded_at_first(heritage, draft, path, titles):
    assert folded(heritage.get(path).text) == dict.fromkeys(titles, False)


@pytest.mark.parametrize(("path", "point"), [(EN, "."), (FR, ","), (FR, ".")])
def test_all_that_can_be_said_is_said_and_shown_again(heritage, draft, kept, path, point):
    ours = pasted(now=utc_now())
    answer = heritage.post(
        path,
        upstream_form(
            "https://a.example.ca",
            targets__0__weight="3", targets__1__base_url="https://b.example.ca",
            waits__connect=f"1{point}5", waits__first_byte="10", waits__idle="20", waits__total="1 200", retries="0",
            check__path="/health", check__every="5", check__timeout=f"0{point}5",
            tls__certificate=ours.certificate, tls__authorities=ours.certificate, tls__key=ours.key,
            most_in_flight="1 000", allows_upgrade="y",
        ),
    )  # fmt: skip

    assert answer.status_code == 303, answer.text
    said = upstreams.said_of(kept())
    assert said.targets == (Place("https://a.example.ca", 3), Place("https://b.example.ca", 1))
    assert (said.waits.connect, said.waits.first_byte, said.waits.idle, said.waits.total) == (1.5, 10, 20, 1200)
    assert (said.retries, said.most_in_flight, said.allows_upgrade) == (0, 1000, True)
    assert said.check
    assert (said.check.path, said.check.every, said.check.timeout) == ("/health", 5, 0.5)
    page = html.unescape(heritage.get(path).text)
    assert f'value="1{"," if path == FR else "."}5"' in page
    assert "CN=gateway.example.ca" in page
    assert ours.certificate.strip() in page.replace("\r\n", "\n")
    assert "PRIVATE KEY" not in page
    assert "https://b.example.ca" in heritage.get(path.removesuffix("/service")).text


def test_a_key_stays_when_none_is_typed(heritage, draft, kept, site):
    ours = pasted(now=utc_now())
    certificate = {"tls__certificate": ours.certificate}
    heritage.post(EN, upstream_form("https://a.example.ca", tls__key=ours.key, **certificate))
    answer = heritage.post(EN, upstream_form("https://b.example.ca", **certificate))

    assert answer.status_code == 303
    assert site.house.sealer.unseal(kept().sealed_key).decode() == ours.key


@pytest.mark.parametrize(
    ("wrong", "field", "part"),
    [
        ({"targets.0.base_url": ""}, "targets.0.base_url", ""),
        ({"targets.0.base_url": "ftp://a.example.ca"}, "targets.0.base_url", ""),
        ({"targets.1.base_url": "nowhere"}, "targets.1.base_url", "Several addresses"),
        ({"targets.0.weight": "1.5"}, "targets.0.weight", "Several addresses"),
        ({"waits.first_byte": "0"}, "waits.first_byte", "How long we wait"),
        ({"waits.first_byte": "301"}, "waits.first_byte", "How long we wait"),
        ({"waits.first_byte": "soon"}, "waits.first_byte", "How long we wait"),
        ({"waits.first_byte": ""}, "waits.first_byte", "How long we wait"),
        ({"waits.total": "1,200"}, "waits.total", "How long we wait"),
        ({"retries": "-1"}, "retries", "How long we wait"),
        ({"check.path": "health"}, "check.path", "Health"),
        ({"tls.key": "x"}, "tls.certificate", "TLS"),
        ({"tls.certificate": "x"}, "tls.certificate", "TLS"),
        ({"most_in_flight": "10,001"}, "most_in_flight", "Bounds"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_in_an_open_part(heritage, draft, kept, wrong, field, part):
    answer = heritage.post(EN, upstream_form("https://a.example.ca") | wrong)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'href="#{field}"' in answer.text
    assert [title for title, is_open in folded(answer.text).items() if is_open] == ([part] if part else [])
    assert kept() is None


def test_all_that_is_wrong_is_told_at_once_and_a_key_is_not_shown_back(heritage, draft):
    ours = pasted()

    answer = heritage.post(EN, upstream_form("ftp://a", waits__connect="x", check__path="x", tls__key=ours.key))

    listed, beside = (re.findall(pattern, answer.text) for pattern in (r'href="#([\w.]+)"', r'id="([\w.]+)-error"'))
    assert beside == ["targets.0.base_url", "waits.connect", "check.path", "tls.certificate"]
    assert [name for name in listed if "." in name] == beside
    assert "PRIVATE KEY" not in answer.text


def test_an_address_that_is_emptied_is_gone_and_a_fault_stands_beside_what_was_typed(heritage, draft, kept):
    rows = {"targets__1__base_url": "https://b.example.ca", "targets__2__base_url": "nowhere"}

    wrong = heritage.post(EN, upstream_form("", **rows))
    heritage.post(EN, upstream_form("", **(rows | {"targets__2__base_url": "https://c.example.ca"})))

    assert 'id="targets.1.base_url-error"' in wrong.text
    assert re.search(r'id="targets\.1\.base_url"[^>]* value="nowhere"', wrong.text)
    assert [each["base_url"] for each in kept().targets] == ["https://b.example.ca", "https://c.example.ca"]


def test_who_saves_second_sees_what_is_saved_now_and_may_save_again(heritage, draft, kept, site, publisher):
    before = re.search(r'name="version"[^>]*value="(\d+)"', heritage.get(EN).text)
    assert before
    with site.database.begin() as session:
        point(session, publisher, draft.id, "https://theirs.example.ca")

    refused = heritage.post(EN, upstream_form("https://mine.example.ca", version=before[1], tls__key="x"))
    again = heritage.post(EN, upstream_form("https://mine.example.ca"))

    assert (refused.status_code, again.status_code) == (422, 303)
    assert "https://theirs.example.ca" in refused.text
    assert 'id="tls.key-now"' not in refused.text
    assert kept().targets[0]["base_url"] == "https://mine.example.ca"


@pytest.mark.parametrize("path", PROOFS)
def test_the_secret_of_a_proof_is_shown_once_and_the_proof_can_end(heritage, draft, kept, site, publisher, path):
    with site.database.begin() as session:
        point(session, publisher, draft.id, "https://a.example.ca")

    made = heritage.post(path)
    page = heritage.get(path)
    ended = heritage.post(path, {"drop": "1"})
    twice = heritage.post(path, {"drop": "1"})

    secret = re.search(r'id="secret" value="([^"]+)"', made.text)
    assert secret
    assert looks_genuine(secret[1], SecretKind.PROOF)
    assert made.headers["Cache-Control"] == "no-store"
    assert secret[1] not in page.text
    assert 'name="drop"' in page.text
    assert (ended.status_code, twice.status_code) == (303, 303)
    assert kept().sealed_proof is None


@pytest.mark.parametrize("path", PROOFS)
def test_a_proof_waits_for_the_address(heritage, draft, path):
    answer = heritage.post(path)

    assert answer.status_code == 422
    assert "error-summary" in answer.text


def test_a_form_that_comes_too_late_shows_what_was_typed_but_not_the_key(heritage, draft, kept):
    form = upstream_form("https://a.example.ca", tls__key=pasted().key) | {"csrf_token": "stale"}

    late = heritage.client.post(EN, data=form)
    heritage.client.delete_cookie("guichet")
    signed_out = heritage.client.post(EN, data=form)

    for answer in (late, signed_out):
        assert "https://a.example.ca" in answer.text
        assert "PRIVATE KEY" not in answer.text
    assert kept() is None
