import pytest

from openapi import Severity, validate
from openapi.routes import names_in
from tests.openapi.samples import OK, a_document, found, with_operation

GET = {"get": {"responses": OK}}


def _in_path(name: str, **changes: object) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, **changes}


@pytest.mark.parametrize("paths", [{}, {"/a": {}}, {"/a": {"parameters": []}}, {"x-a": {}}])
def test_a_document_with_nothing_to_call_is_refused(paths):
    assert found(a_document(paths=paths)) == [("no-operations", "/paths")]


def test_a_3_1_document_with_webhooks_only_has_nothing_to_call_either():
    assert ("no-operations", "/paths") in found(
        a_document("3.1.0", paths={}, webhooks={"w": {"post": {"responses": OK}}})
    )


def test_templates_that_differ_by_names_only_collide():
    paths = {f"/a/{{{name}}}/b": {"parameters": [_in_path(name)], **GET} for name in ("id", "name")}

    (finding,) = validate(a_document(paths=paths))

    assert (finding.rule, finding.pointer) == ("path-collision", "/paths/~1a~1{name}~1b")
    assert "“/a/{name}/b” and “/a/{id}/b”" in finding.words.en


def test_two_spellings_of_a_path_collide():
    assert found(a_document(paths={"/a": GET, "/%61": GET})) == [("path-collision", "/paths/~1%61")]


@pytest.mark.parametrize("path", ["/a\tb", "/\u0085", "/a\u001b[31m"])
def test_a_control_character_is_refused_and_not_repeated(path):
    (finding,) = validate(a_document(paths={path: GET}))

    assert (finding.rule, finding.severity) == ("path-control-character", Severity.ERROR)
    assert finding.words.en.isprintable()


def test_a_fixed_segment_beside_a_parameter_does_not_collide():
    paths = {
        "/a/{id}": {"parameters": [_in_path("id")], **GET},
        "/a/mine": GET,
        "/a/{id}/": {"parameters": [_in_path("id")], **GET},
    }

    assert found(a_document(paths=paths)) == []


@pytest.mark.parametrize("path", ["/a/{id", "/a/id}", "/a/{}", "/a/{{id}}"])
def test_braces_must_be_well_formed(path):
    parameters = [_in_path(name) for name in names_in(path)]

    assert found(with_operation(path=path, parameters=parameters)) == [
        ("path-template", f"/paths/{path.replace('/', '~1')}")
    ]


def test_a_parameter_of_the_template_must_be_declared():
    assert found(with_operation(path="/a/{id}")) == [("path-parameter-undeclared", "/paths/~1a~1{id}/get")]


def test_a_declared_path_parameter_must_be_in_the_template():
    assert found(with_operation(parameters=[_in_path("id")])) == [
        ("path-parameter-unused", "/paths/~1stations/get/parameters/0")
    ]


def test_a_parameter_declared_for_the_whole_path_or_by_reference_counts():
    paths = {
        "/a/{b}/{c}": {
            "parameters": [_in_path("b")],
            "get": {"responses": OK, "parameters": [{"$ref": "#/components/parameters/C"}]},
        }
    }

    assert found(a_document(paths=paths, components={"parameters": {"C": _in_path("c")}})) == []


@pytest.mark.parametrize("changes", [{"required": False}, {"required": None}])
def test_a_path_parameter_must_be_required(changes):
    parameter = {key: value for key, value in _in_path("id", **changes).items() if value is not None}

    assert found(with_operation(path="/a/{id}", parameters=[parameter])) == [
        ("path-parameter-optional", "/paths/~1a~1{id}/get/parameters/0")
    ]


def test_a_template_uses_a_parameter_once():
    assert found(with_operation(path="/{a}/{a}", parameters=[_in_path("a")])) == [
        ("path-parameter-repeated", "/paths/~1{a}~1{a}")
    ]


def test_a_parameter_is_declared_once_but_may_stand_in_two_places():
    twice = {"name": "q", "in": "query", "schema": {}}

    assert found(with_operation(parameters=[twice, {**twice, "in": "header"}])) == []
    assert found(with_operation(parameters=[twice, twice])) == [
        ("parameter-repeated", "/paths/~1stations/get/parameters/1")
    ]


def test_an_operation_id_is_used_once():
    operation = {"operationId": "one", "responses": OK}

    assert found(a_document(paths={"/a": {"get": operation, "put": operation}})) == [
        ("operation-id-repeated", "/paths/~1a/put/operationId")
    ]


def test_a_tag_is_described_once():
    assert found(a_document(tags=[{"name": "a"}, {"name": "a"}])) == [("tag-repeated", "/tags/1")]


@pytest.mark.parametrize(
    ("changes", "rule", "pointer"),
    [
        ({"security": [{"key": []}]}, "security-undeclared", "/security/0/key"),
        ({"paths": {"/a?b=c": GET}}, "path-unreachable", "/paths/~1a?b=c"),
        (
            {"paths": {path: {"parameters": [_in_path("x")], **GET} for path in ("/{x}/c", "/d/{x}")}},
            "path-ambiguous",
            "/paths/~1d~1{x}",
        ),
    ],
)
def test_what_is_doubtful_but_allowed_is_a_warning(changes, rule, pointer):
    (finding,) = validate(a_document(**changes))

    assert (finding.rule, finding.pointer, finding.severity) == (rule, pointer, Severity.WARNING)
