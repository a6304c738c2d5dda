"""What the product says of itself."""

import re
from html import unescape

import pytest

import openapi
from gateway.management.api import install_management, own_document
from gateway.store.base import Base
from tests.portal.browsing import title_of

API = [("/en/api-of-this-portal", "Subscribe to an API"), ("/fr/api-du-portail", "S’abonner à une API")]
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


@pytest.mark.parametrize(
    ("overview", "words"),
    [
        ("/en/api-of-this-portal", ("Body of the request", "scopes", "What the token may do.", "No token is needed.")),
        ("/fr/api-du-portail", ("Corps de la requête", "scopes", "Ce que le jeton peut faire.", "Aucun jeton n’est")),
    ],
)
def test_each_operation_has_a_page_like_those_of_the_catalogue(site, visitor, overview, words):
    install_management(site.app, site.house)
    listed = re.findall(rf'href="({overview}/[^"#]+)"', visitor.get(overview).text)

    pages = {path.rpartition("/")[2]: visitor.get(path) for path in set(listed)}

    document = own_document(site.app)
    assert document
    assert len(pages) == len(openapi.operations(document))
    assert {page.status_code for page in pages.values()} == {200}
    assert all(each in unescape(pages["tokens-create"].text) for each in words)
    assert '<code translate="no">api:edit</code>' in pages["apis-create"].text
    assert "curl -s -X POST \\\n  -H 'Content-Type" in unescape(pages["tokens-create"].text)
    assert 'curl -s -X POST -H "Authorization: Bearer $TOKEN"' in unescape(pages["apis-create"].text)


@pytest.mark.parametrize(("path", "_words"), API)
def test_no_word_of_it_is_missing_in_the_readers_language(site, visitor, path, _words):
    install_management(site.app, site.house)

    pages = [visitor.get(path).text, visitor.get(f"{path}/tokens-create").text]

    assert not any("exist only in" in page or "n’existe qu’en" in unescape(page) for page in pages)


def test_an_operation_that_is_not_there_has_no_page(site, visitor):
    install_management(site.app, site.house)

    assert visitor.get("/en/api-of-this-portal/nothing").status_code == 404


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
