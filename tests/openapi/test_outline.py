from openapi import SecurityNeed, Tag, Text, outline
from tests.openapi.samples import OK, a_document, with_operation

XSS = "<script>alert(1)</script>"


def test_the_head_of_a_page_is_bilingual_where_the_document_is():
    document = a_document(
        info={"title": "Weather", "x-title-fr": "Météo", "version": "2", "description": "All of it."},
        servers=[
            {"url": "https://{env}.example.ca/{v}", "variables": {"env": {"default": "api"}}, "description": "Main"}
        ],
        tags=[
            {"name": "stations", "x-name-fr": "postes", "description": "Where", "x-description-fr": "Où"},
            {"name": "readings"},
        ],
    )

    page = outline(document)

    assert (page.title, page.version, page.description) == (Text("Weather", "Météo"), "2", Text("All of it."))
    assert page.servers[0].url == "https://api.example.ca/{v}"
    assert page.tags == (
        Tag("stations", Text("stations", "postes"), Text("Where", "Où")),
        Tag("readings", Text("readings")),
    )


STATION_PARTS = {
    "parameters": {
        "Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "example": "yul"}}
    },
    "requestBodies": {
        "Station": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Station"}}},
        }
    },
    "schemas": {
        "Station": {
            "type": "object",
            "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
        }
    },
}


def a_replaceable_station():
    return a_document(
        paths={
            "/stations/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "put": {
                    "operationId": "replaceStation",
                    "summary": "Replace",
                    "x-summary-fr": "Remplacer",
                    "tags": ["stations"],
                    "deprecated": True,
                    "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}, "example": False}],
                    "requestBody": {"$ref": "#/components/requestBodies/Station"},
                    "responses": {
                        "200": {
                            "description": "Done",
                            "headers": {"ETag": {"schema": {"type": "string"}, "description": "Version"}},
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Station"}}},
                        },
                        "x-note": "not a response",
                    },
                },
            }
        },
        components=STATION_PARTS,
    )


def test_an_operation_shows_what_a_caller_needs():
    document = a_replaceable_station()

    (operation,) = outline(document).operations

    assert (operation.method, operation.path, operation.slug) == ("PUT", "/stations/{id}", "replaceStation")
    assert (operation.summary, operation.tags, operation.deprecated) == (
        Text("Replace", "Remplacer"),
        ("stations",),
        True,
    )
    assert [(p.name, p.location, p.required, p.example) for p in operation.parameters] == [
        ("id", "path", True, "yul"),
        ("dry", "query", False, False),
    ]
    assert operation.request_body is not None
    assert operation.request_body.required
    assert operation.request_body.contents[0].example == {"name": "text"}
    (response,) = operation.responses
    assert (response.status, response.headers[0].name) == ("200", "ETag")
    assert response.contents[0].example == {"id": 1, "name": "text"}
    assert response.contents[0].schema is not None
    assert [child.name for child in response.contents[0].schema.children] == ["id", "name"]


def test_security_is_the_operations_own_or_the_documents():
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "oauth": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "https://t", "scopes": {"read": "Read"}}},
        },
    }
    document = a_document(
        paths={
            "/a": {
                "get": {"responses": OK},
                "put": {"responses": OK, "security": [{"oauth": ["read"], "key": []}, {}]},
                "post": {"responses": OK, "security": []},
            }
        },
        security=[{"key": []}],
        components={"securitySchemes": schemes},
    )

    page = outline(document)

    assert [operation.security for operation in page.operations] == [
        ((SecurityNeed("key", ()),),),
        ((SecurityNeed("oauth", ("read",)), SecurityNeed("key", ())), ()),
        (),
    ]
    key, oauth = page.security_schemes
    assert (key.type, key.location, key.parameter) == ("apiKey", "header", "X-API-Key")
    assert (oauth.flows[0].name, oauth.flows[0].token_url, oauth.flows[0].scopes) == (
        "clientCredentials",
        "https://t",
        (("read", "Read"),),
    )


def test_hostile_words_stay_plain_text():
    (operation,) = outline(with_operation(summary=XSS, description=XSS)).operations

    assert (operation.summary.en, operation.description.en) == (XSS, XSS)


def test_a_document_full_of_faults_still_has_an_outline():
    operation = {
        "parameters": [{"name": "p", "content": 3}, 4],
        "requestBody": {"content": {"a/b": 1}},
        "responses": {"200": [], "4XX": {"$ref": "#/gone"}},
        "security": [5],
    }
    paths = {"/a": {"get": operation}, "/b": None}
    document = a_document(info=[], servers=[3], tags={}, security="x", components=[], paths=paths)

    page = outline(document)

    assert [operation.path for operation in page.operations] == ["/a"]
    assert [response.status for response in page.operations[0].responses] == ["200", "4XX"]


def test_a_made_up_problem_is_that_of_its_own_answer_and_a_given_one_is_left_alone():
    members = {"status": {"type": "integer", "minimum": 400}, "title": {"type": "string"}, "detail": {"type": "string"}}
    made = {"schema": {"type": "object", "properties": members}}
    given = made | {"example": {"status": 418}}
    kind = "application/problem+json"
    answers = {"404": made, "default": made, "500": given}
    responses = {status: {"description": "", "content": {kind: media}} for status, media in answers.items()}

    told = outline(with_operation(responses=responses)).operations[0].responses

    examples = {each.status: each.contents[0].example for each in told}
    assert examples["404"] == {"status": 404, "title": "Not Found", "detail": "text"}
    assert examples["default"]["status"] == 400
    assert examples["500"] == {"status": 418}
