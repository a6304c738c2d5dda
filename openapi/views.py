"""What a documentation page shows: frozen values, all references resolved, all strings plain text.

Law: no HTML and no Markdown is interpreted here; text from a document is data, and whoever renders it escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from openapi.finding import Words


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the document: `en` as written, `fr` from its `x-…-fr` sibling; falsy when there are none."""

    en: str = ""
    fr: str | None = None

    def __bool__(self) -> bool:
        return bool(self.en or self.fr)

    def say(self, language: str) -> str:
        """The words in `language`; where French is missing, the words as written."""
        return self.fr if language == "fr" and self.fr else self.en

    def language(self, language: str) -> str:
        """The language that `say` answers in, for the `lang` attribute."""
        return "fr" if language == "fr" and self.fr else "en"


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its address with the variables' defaults filled in."""

    url: str
    description: Text


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag: its name as operations write it, and the label and description that readers see."""

    name: str
    label: Text
    description: Text = Text()


@dataclass(frozen=True, slots=True)
class OAuthFlow:
    """One OAuth flow; scopes are (name, description) pairs in document order."""

    name: str
    authorization_url: str
    token_url: str
    scopes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A way to authenticate; `location` and `parameter` are for API keys, `scheme` for HTTP authentication."""

    name: str
    type: str
    description: Text
    location: str
    parameter: str
    scheme: str
    bearer_format: str
    flows: tuple[OAuthFlow, ...]
    open_id_url: str


@dataclass(frozen=True, slots=True)
class SecurityNeed:
    """One scheme of a requirement, with the scopes it asks for."""

    scheme: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit on a value: the keyword, its value, and the sentence to show ("at least 3 characters")."""

    keyword: str
    value: Any
    words: Words


@dataclass(frozen=True, slots=True)
class SchemaView:
    """A schema as a tree for a list.

    `role` says what this node is to its parent: "root", "property", "items", "additional", "one_of", "any_of", "not".
    `recursive` marks a schema that contains itself, `cut` one below the depth limit: both have no children.
    `has_default` and `has_example` tell a declared null from nothing.
    """

    name: str
    role: str
    type_words: Words
    format: str = ""
    required: bool = False
    title: Text = Text()
    description: Text = Text()
    constraints: tuple[Constraint, ...] = ()
    enum: tuple[Any, ...] = ()
    has_default: bool = False
    default: Any = None
    has_example: bool = False
    example: Any = None
    nullable: bool = False
    read_only: bool = False
    write_only: bool = False
    deprecated: bool = False
    recursive: bool = False
    cut: bool = False
    children: tuple[SchemaView, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `location` is "path", "query", "header" or "cookie"; `example` is a JSON value."""

    name: str
    location: str
    required: bool
    description: Text
    schema: SchemaView | None
    example: Any
    deprecated: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A body of one media type, with an example (given by the document, or made from the schema)."""

    media_type: str
    schema: SchemaView | None
    example: Any


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What an operation takes as its body."""

    description: Text
    required: bool
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a response."""

    name: str
    required: bool
    description: Text
    schema: SchemaView | None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: `status` is "200", "4XX" or "default"."""

    status: str
    description: Text
    headers: tuple[Header, ...]
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `method` in capitals; `slug` is unique in the document and safe in an address.

    `security` lists alternatives; each is the schemes needed together; an empty alternative means "none needed".
    """

    method: str
    path: str
    operation_id: str
    summary: Text
    description: Text
    tags: tuple[str, ...]
    deprecated: bool
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: tuple[Response, ...]
    security: tuple[tuple[SecurityNeed, ...], ...]
    slug: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole document, as its reference page shows it."""

    title: Text
    version: str
    description: Text
    servers: tuple[Server, ...]
    tags: tuple[Tag, ...]
    operations: tuple[Operation, ...]
    security_schemes: tuple[SecurityScheme, ...]

    def by_tag(self) -> dict[Tag | None, list[Operation]]:
        """The operations by their first tag: declared tags in their order, others as they appear, then none."""
        known = {tag.name: tag for tag in self.tags}
        found: dict[Tag | None, list[Operation]] = {tag: [] for tag in known.values()}
        untagged = []
        for operation in self.operations:
            if operation.tags:
                name = operation.tags[0]
                found.setdefault(known.setdefault(name, Tag(name, Text(name))), []).append(operation)
            else:
                untagged.append(operation)
        return {tag: operations for tag, operations in (*found.items(), (None, untagged)) if operations}
