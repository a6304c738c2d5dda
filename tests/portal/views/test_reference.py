"""The reference of an API, made from its document."""

import re
from textwrap import dedent

import pytest

import openapi
from gateway.services import apis, publishing
from portal.views.reference import grouped
from tests.fixtures.publishing import described_api, keyless_plan, published_api, ready_version

DOCUMENT = dedent("""\
    openapi: 3.1.0
    info:
      title: Ferries
      version: "2"
      description: "Made for *boats*. <script>alert(1)</script>"
      x-description-fr: "Pour les *bateaux*."
    tags:
      - {name: Crossings, x-name-fr: Traversées, description: Who crosses, x-description-fr: Qui traverse}
    paths:
      /crossings/{id}:
        post:
          operationId: note
          tags: [Crossings]
          summary: "Leave a note <img src=x onerror=alert(1)>"
          x-summary-fr: Laisser un avis
          description: "Words [for](javascript:alert(1)) the crew."
          deprecated: true
          parameters:
            - {name: id, in: path, required: true, description: Which one, schema: {type: integer, minimum: 1}}
            - name: loud
              in: query
              description: "</p><script>alert(1)</script>"
              schema: {type: boolean, default: false}
            - {name: X-Trace, in: header, schema: {type: string}}
            - {name: seen, in: cookie, schema: {type: string, format: uuid}}
          requestBody:
            required: true
            content:
              application/json:
                schema: {$ref: "#/components/schemas/Note"}
          responses:
            "201":
              description: Kept
              headers: {Location: {description: Where it is, schema: {type: string}}}
              content:
                application/json:
                  schema: {$ref: "#/components/schemas/Note"}
                  example: {text: "it's $(id)"}
            default: {description: Anything else}
      /harbours:
        get:
          summary: Harbours
          tags: [Places, Crossings]
          responses: {"200": {description: All}}
        head:
          responses: {"200": {description: All}}
    components:
      schemas:
        Note:
          type: object
          required: [text]
          properties:
            text: {type: string, maxLength: 200, description: What to say, x-description-fr: Ce qu’il faut dire}
            kind: {enum: [praise, complaint, "<b>"]}
            answers: {type: array, items: {$ref: "#/components/schemas/Note"}}
            deep: {type: object, properties: {a: {type: object, properties: {b: {type: object, properties: {c: {}}}}}}}
    """)


@pytest.fixture
def ferries(database, publisher, department):
    with database.begin() as session:
        api = described_api(session, publisher, department, name="ferries", title_en="Ferries", title_fr="Traversiers")
        publishing.publish(session, publisher, ready_version(session, publisher, api, content=DOCUMENT.encode()).id)


def outline() -> openapi.Outline:
    document = openapi.load(DOCUMENT.encode()).document
    assert document
    return openapi.outline(document)


def test_each_operation_stands_in_one_group():
    groups = [(group.label.en, [each.path for each in group.operations]) for group in grouped(outline())]

    assert groups == [("Crossings", ["/crossings/{id}"]), ("Places", ["/harbours"]), ("", ["/harbours"])]


@pytest.mark.usefixtures("ferries")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "/en/apis/ferries/v1",
            [
                "Crossings</h2>",
                "Who crosses",
                "<em>boats</em>",
                "Other operations",
                "http://guichet.test/api/ferries/v1",
            ],
        ),
        (
            "/fr/catalogue/ferries/v1",
            [
                "Traversées</h2>",
                "Qui traverse",
                '<span lang="en">Places</span>',
                "<em>bateaux</em>",
                "Autres opérations",
                "Laisser un avis",
            ],
        ),
    ],
)
def test_the_reference_lists_every_operation(visitor, path, words):
    page = visitor.get(path).text

    for each in [*words, "/crossings/{id}", "/harbours"]:
        assert each in page
    assert page.count(f'href="{path}/operations/') == 6  # three operations, beside the page and in it


@pytest.mark.usefixtures("ferries")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "/en/apis/ferries/v1/operations/note",
            [
                "In the path",
                "In the query",
                "In the header fields",
                "In cookies",
                "at least 1",
                "Any other",
                "What to say",
            ],
        ),
        (
            "/fr/catalogue/ferries/v1/operations/note",
            ["Laisser un avis", "Dans le chemin", "au moins 1", "Toute autre", "Ce qu’il faut dire", "obligatoire"],
        ),
    ],
)
def test_the_page_of_an_operation_tells_what_it_takes_and_answers(visitor, path, words):
    page = visitor.get(path).text

    for each in [*words, "ferries:write", "(uuid)", "201", "Location", "&#34;praise&#34;"]:
        assert each in page
    for anchor in ("parameters", "body", "responses", "samples"):
        assert f'id="{anchor}"' in page


@pytest.mark.usefixtures("ferries")
def test_the_sample_calls_the_operation_itself(visitor):
    page = visitor.get("/en/apis/ferries/v1/operations/note").text

    assert "curl -s -X POST -H &#34;Authorization: Bearer $TOKEN&#34;" in page
    assert "http://guichet.test/api/ferries/v1/crossings/1" in page


@pytest.mark.usefixtures("ferries")
def test_words_that_exist_in_one_language_are_marked_and_said_to_be(visitor):
    french = visitor.get("/fr/catalogue/ferries/v1/operations/note").text
    english = visitor.get("/en/apis/ferries/v1/operations/note").text

    assert '<div class="prose" lang="en"><p>Which one</p>' in french
    assert "n’existe qu’en anglais" in french
    assert 'lang="en"><p>' not in english
    assert "only in French" not in english


@pytest.mark.usefixtures("ferries")
@pytest.mark.parametrize("path", ["/en/apis/ferries/v1", "/en/apis/ferries/v1/operations/note"])
def test_a_hostile_document_never_becomes_script(visitor, path):
    page = visitor.get(path).text

    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'javascript:alert(1)"' not in page
    assert "<b>" not in page


@pytest.mark.usefixtures("ferries")
@pytest.mark.parametrize("path", ["v1/operations/nothing", "v2", "v2/operations/note"])
def test_what_the_document_does_not_have_is_not_there(visitor, path):
    assert visitor.get(f"/en/apis/ferries/{path}").status_code == 404


@pytest.mark.usefixtures("ferries")
def test_an_operation_without_words_is_called_by_its_path_and_its_method_is_said_once(visitor):
    page = visitor.get("/en/apis/ferries/v1").text

    assert ">/harbours</code></a>" in page
    assert "HEAD /harbours" not in page


@pytest.mark.parametrize(
    ("path", "words"), [("/en/apis/plain/v1", "Operations"), ("/fr/catalogue/plain/v1", "Opérations")]
)
def test_where_no_operation_has_a_tag_there_are_no_other_operations(site, visitor, publisher, department, path, words):
    with site.database.begin() as session:
        published_api(session, publisher, department, name="plain")

    page = visitor.get(path).text

    assert re.search(rf'<h2 id="group-1">\s*{words}</h2>', page)
    assert "Other operations" not in page


@pytest.mark.parametrize(
    ("reference", "operation", "words"),
    [
        (
            "/en/apis/holidays/v1",
            "/operations/holiday",
            ["Reading (GET, HEAD, OPTIONS) needs no key", "No key needed."],
        ),
        ("/fr/catalogue/holidays/v1", "/operations/holiday", ["aucune clé n’est nécessaire", "Aucune clé nécessaire."]),
    ],
)
def test_what_reads_is_called_without_a_token_where_a_plan_needs_no_key(
    visitor, database, publisher, holidays, reference, operation, words
):
    assert "Bearer $TOKEN" in visitor.get(reference + operation).text
    with database.begin() as session:
        keyless_plan(session, publisher, holidays)

    assert words[0] in visitor.get(reference).text
    page = visitor.get(reference + operation).text
    assert words[1] in page
    assert "$TOKEN" not in page
    assert "curl -s" in page


@pytest.mark.usefixtures("ferries")
def test_what_writes_needs_a_token_there_all_the_same(visitor, database, publisher):
    with database.begin() as session:
        keyless_plan(session, publisher, apis.get_api(session, publisher, "ferries"))

    page = visitor.get("/en/apis/ferries/v1/operations/note").text

    assert "Bearer $TOKEN" in page
    assert "No key needed." not in page
