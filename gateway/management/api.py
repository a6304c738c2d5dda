"""The management API: what the portal can do, for programs. It describes itself at /v1/openapi.json.

`install_management(app, house)` mounts it. No cookie is honoured here, every error is a problem document, and an
update says which version it was meant for.
"""

import json
from typing import Any

from flask import Flask, request
from flask_smorest import Api
from marshmallow import fields

import openapi
from gateway.http.problems import MEDIA_TYPE
from gateway.management import (
    accounts,
    apis,
    applications,
    calls,
    catalogue,
    ledger,
    limits,
    organisations,
    plans,
    plugins,
    quotas,
    subscriptions,
    tokens,
    upstreams,
    usage,
    versions,
    webhooks,
)
from gateway.management.describing import HEADERS, error_fields, outcome
from gateway.management.errors import PREFIX, http_error, install_errors
from gateway.management.fields import Shown, about
from gateway.services.house import House

RESOURCES = (
    accounts, tokens, organisations, apis, versions, upstreams, plugins, plans, limits, catalogue, applications,
    subscriptions, usage, quotas, ledger, calls, webhooks,
)  # fmt: skip
"""What there is, in the order of the document."""

_MOUNTED = "guichet management"

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "The `secret` that `/v1/tokens` answered with, or a token made on the account page of the portal.",
    "x-description-fr": "Le `secret` que `/v1/tokens` a donné en réponse, ou un jeton créé sur la page de compte du"
    " portail.",
}


class ProblemShown(Shown):
    """A problem document (RFC 9457). Without Accept-Language, `en` and `fr` hold each language apart."""

    type = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    detail = fields.String(required=True)
    instance = fields.String(metadata=about("The request’s id.", "L’identifiant de la requête."))
    en = fields.Dict(
        metadata=about(
            "`title` and `detail` in English, when no language was asked for.",
            "`title` et `detail` en anglais, quand aucune langue n’a été demandée.",
        )
    )
    fr = fields.Dict(
        metadata=about(
            "`title` and `detail` in French, when no language was asked for.",
            "`title` et `detail` en français, quand aucune langue n’a été demandée.",
        )
    )
    errors = fields.List(
        fields.Dict(),
        metadata=about(
            "`field`, `pointer` (RFC 6901) and `message` of each faulty field.",
            "`field`, `pointer` (RFC 6901) et `message` de chaque champ fautif.",
        ),
    )
    findings = fields.List(
        fields.Dict(),
        metadata=about(
            "What is wrong with a document, and where.", "Ce qui ne va pas dans un document, et à quel endroit."
        ),
    )


class ManagementApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest's Api, telling errors as problem documents."""

    ERROR_SCHEMA = ProblemShown

    def handle_http_exception(self, error: Any) -> Any:
        """Errors outside our blueprints are for others to tell, unless they lie under our prefix."""
        return http_error(error) if request.path.startswith(PREFIX) else error


def install_management(app: Flask, house: House) -> None:
    """Mount the management API on an application."""
    app.config.update(
        API_TITLE="Guichet: management API",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {
                "x-title-fr": "Guichet : API de gestion",
                "description": "Everything that the portal does. Ask `/v1/tokens` for an access token.",
                "x-description-fr": "Tout ce que fait le portail. Demandez un jeton d’accès à `/v1/tokens`.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": house.public_url}],
            "security": [{"token": []}],
            "tags": [resource.blueprint.tag for resource in RESOURCES],
        },
    )
    api = ManagementApi()
    api.init_app(app)
    api.spec.components.security_scheme("token", _TOKEN)
    _tell_problems(api)
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint)
    # flask-smorest describes a field of its own lists, which none of ours has.
    api.spec.components.schemas.pop("PaginationMetadata", None)
    install_errors(app)
    app.extensions[_MOUNTED] = api


def own_document(app: Flask) -> openapi.Document | None:
    """The API's own document; None where it is not mounted."""
    api = app.extensions.get(_MOUNTED)
    return openapi.load(json.dumps(api.spec.to_dict()).encode()).document if api else None


def _tell_problems(api: ManagementApi) -> None:
    """Errors have a media type and fields of their own, which flask-smorest cannot be told."""
    for name, field in HEADERS.items():
        api.spec.components.header(name, field)
    for name, response in api.spec.components.responses_lazy.items():
        if "application/json" in response.get("content", {}):
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
            response["headers"] = error_fields(name)
            response.update(outcome(response))
