"""OpenAPI documents: load, resolve, validate, outline. Knows nothing of the gateway.

Everything public is named here; import it from here.
"""

from openapi.document import Document, Format
from openapi.examples import example_of
from openapi.finding import Finding, Severity, Words
from openapi.front import Front
from openapi.loading import Loaded, load
from openapi.operations import OperationKey, operations
from openapi.outline import outline
from openapi.pointers import NoSuchValue
from openapi.reading import MAX_BYTES
from openapi.rehosting import hosted_at, rehosted
from openapi.sample_requests import SampleRequest, sample_request
from openapi.validation import Checked, check, validate
from openapi.views import (
    Constraint,
    Content,
    Header,
    OAuthFlow,
    Operation,
    Outline,
    Parameter,
    RequestBody,
    Response,
    SchemaView,
    SecurityNeed,
    SecurityScheme,
    Server,
    Tag,
    Text,
)
from openapi.writing import write

__all__ = [
    "MAX_BYTES",
    "Checked",
    "Constraint",
    "Content",
    "Document",
    "Finding",
    "Format",
    "Front",
    "Header",
    "Loaded",
    "NoSuchValue",
    "OAuthFlow",
    "Operation",
    "OperationKey",
    "Outline",
    "Parameter",
    "RequestBody",
    "Response",
    "SampleRequest",
    "SchemaView",
    "SecurityNeed",
    "SecurityScheme",
    "Server",
    "Severity",
    "Tag",
    "Text",
    "Words",
    "check",
    "example_of",
    "hosted_at",
    "load",
    "operations",
    "outline",
    "rehosted",
    "sample_request",
    "validate",
    "write",
]
