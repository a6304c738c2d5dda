from openapi import SchemaView
from openapi.schema_views import MAX_NODES, SchemaViews
from tests.openapi.samples import a_document, with_schemas


def _view(schema, **schemas) -> SchemaView:
    view = SchemaViews(with_schemas(**schemas)).root(schema)
    assert view is not None
    return view


def _count(view: SchemaView) -> int:
    return 1 + sum(_count(child) for child in view.children)


def test_an_object_shows_its_properties_and_which_are_required():
    view = _view(
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": "string", "format": "date"}, "b": {"readOnly": True}},
        }
    )

    assert [(child.name, child.role, child.required, child.read_only) for child in view.children] == [
        ("a", "property", True, False),
        ("b", "property", False, True),
    ]
    assert view.children[0].format == "date"


def test_items_variants_and_free_fields_have_their_role():
    view = _view(
        {
            "items": {},
            "additionalProperties": {},
            "oneOf": [{"$ref": "#/components/schemas/A"}],
            "anyOf": [{}],
            "not": {},
        },
        A={},
    )

    assert [(child.role, child.name) for child in view.children] == [
        ("items", ""), ("additional", ""), ("one_of", "A"), ("any_of", ""), ("not", "")]  # fmt: skip


def test_a_schema_in_itself_is_marked_and_not_unfolded():
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}

    (child,) = _view({"$ref": "#/components/schemas/Node"}, Node=node).children

    assert child.recursive
    assert child.children == ()
    assert child.type_words.en == "object"


def test_words_examples_and_defaults_are_taken_as_they_are():
    view = _view(
        {
            "title": "T",
            "x-title-fr": "T-fr",
            "description": "<b>d</b>",
            "default": None,
            "example": 0,
            "enum": [None, 1],
            "deprecated": True,
        }
    )

    assert (view.title.fr, view.description.en) == ("T-fr", "<b>d</b>")
    assert (view.has_default, view.default, view.has_example, view.example) == (True, None, True, 0)
    assert (view.enum, view.deprecated) == ((None, 1), True)


def test_a_wide_and_deep_schema_is_cut_and_says_so():
    schemas = {
        f"S{n}": {"properties": {f"p{i}": {"$ref": f"#/components/schemas/S{n + 1}"} for i in range(10)}}
        for n in range(20)
    }

    view = _view({"$ref": "#/components/schemas/S0"}, **schemas, S20={"type": "string"})

    assert _count(view) <= MAX_NODES + 1
    assert view.cut


def test_a_document_full_of_schemas_has_a_budget_as_a_whole():
    views = SchemaViews(a_document())
    wide = [{"properties": {f"p{i}": {"type": "string"} for i in range(300)}} for _ in range(300)]

    nodes = [_count(view) for schema in wide if (view := views.root(schema))]

    assert sum(nodes) < 51_000
    assert nodes[-1] == 1


def test_boolean_schemas_and_none():
    views = SchemaViews(a_document("3.1.0"))

    everything, nothing = views.root(schema=True), views.root(schema=False)

    assert everything is not None
    assert nothing is not None
    assert (everything.type_words.fr, nothing.type_words.fr) == ("toute valeur", "aucune valeur")
    assert views.root(None) is None
