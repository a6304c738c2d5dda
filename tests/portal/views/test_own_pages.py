"""What the product says of itself."""

import pytest

from gateway.management.api import install_management, own_document
from gateway.store.base import Base
from tests.portal.browsing import title_of

API = [("/en/api-of-this-portal", "Join an API under a plan"), ("/fr/api-du-portail", "S’abonner à une API")]
STATUS = [("/en/status", "Everything works", "Does not answer"), ("/fr/etat", "Tout fonctionne", "Ne répond pas")]


@pytest.mark.parametrize(("path", "words"), API)
def test_every_operation_of_the_management_api_is_listed_with_its_words(site, visitor, path, words):
    install_management(site.app, site.house)

    page = visitor.get(path).text

    document = own_document(site.app)
    assert document
    assert words in page
    assert 'href="/v1/openapi.json"' in page
    for address in document.tree["paths"]:
        assert address in page


@pytest.mark.parametrize(("path", "_words"), API)
def test_where_there_is_no_management_api_there_is_no_page_of_it(visitor, path, _words):
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize(("path", "well", "ill"), STATUS)
def test_the_status_is_told_in_words(visitor, path, well, ill):
    answer = visitor.get(path)

    assert answer.status_code == 200
    assert well in answer.text
    assert ill not in answer.text
    assert title_of(answer)


@pytest.mark.parametrize(("path", "well", "ill"), STATUS)
def test_a_database_without_our_tables_is_told_too(site, visitor, path, well, ill):
    Base.metadata.drop_all(site.database.engine)

    answer = visitor.get(path)

    assert answer.status_code == 503
    assert well not in answer.text
    assert answer.text.count(ill) == 1
