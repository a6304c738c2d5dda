"""Who may use which route of the management API: a row for each, and a body that it takes."""

from dataclasses import dataclass
from typing import Any

from gateway.domain.roles import Permission
from tests.fixtures.publishing import document

VISITORS = {
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/accounts"),
    ("POST", "/v1/accounts/verify"),
    ("POST", "/v1/accounts/verification-mails"),
    ("POST", "/v1/accounts/password-mails"),
    ("POST", "/v1/accounts/password"),
    ("POST", "/v1/tokens"),
    ("GET", "/v1/departments"),
    ("GET", "/v1/catalogue"),
    ("GET", "/v1/catalogue/<name>"),
    ("GET", "/v1/catalogue/<name>/v<int:major>/document"),
}
"""What needs no token."""

REASON = {"reason": "to see"}


@dataclass(frozen=True)
class Row:
    """Who uses a route, with which scope (None: any token will do), and what a stranger is told."""

    owner: str
    scope: Permission | None
    stranger: int = 404
    body: Any = None
    document: bytes | None = None
    is_list: bool = False
    also: Permission | None = None
    before: tuple[tuple[str, str, str], ...] = ()


P = Permission
ANYBODY: dict[str, Any] = {"owner": "developer", "scope": None, "stranger": 200}
ROWS: dict[tuple[str, str], Row] = {
    ("GET", "/v1/account"): Row(**ANYBODY),
    ("GET", "/v1/plugins"): Row(**ANYBODY),
    ("POST", "/v1/documents/check"): Row(**ANYBODY, document=document()),
    ("GET", "/v1/organisations"): Row(**ANYBODY),
    # --- tokens: a stranger has their own
    ("GET", "/v1/tokens"): Row("developer", P.MANAGE_TOKENS, 200),
    ("GET", "/v1/tokens/<token_id>"): Row("developer", P.MANAGE_TOKENS),
    ("DELETE", "/v1/tokens/<token_id>"): Row("developer", P.MANAGE_TOKENS),
    ("POST", "/v1/account/messages"): Row("developer", P.MANAGE_TOKENS, 200, {"hears_near": False}),
    ("GET", "/v1/account/sessions"): Row("developer", P.MANAGE_TOKENS, 200),
    ("DELETE", "/v1/account/sessions/<session_id>"): Row("developer", P.MANAGE_TOKENS),
    # --- organisations
    ("POST", "/v1/departments"): Row(
        "operator", P.CREATE_DEPARTMENT, 403, {"slug": "parks", "name_en": "Parks", "name_fr": "Parcs"}
    ),
    ("GET", "/v1/organisations/<organisation_id>"): Row("developer", P.READ_ORGANISATION),
    ("PATCH", "/v1/organisations/<organisation_id>"): Row(
        "developer", P.EDIT_ORGANISATION, body={"name_en": "B", "name_fr": "B"}
    ),
    ("GET", "/v1/organisations/<organisation_id>/members"): Row("developer", P.READ_ORGANISATION),
    ("POST", "/v1/organisations/<organisation_id>/members"): Row(
        "developer", P.EDIT_ORGANISATION, body={"email": "stranger@example.org", "role": "developer"}
    ),
    ("DELETE", "/v1/organisations/<organisation_id>/members/<membership_id>"): Row(
        "developer", P.EDIT_ORGANISATION, also=P.READ_ORGANISATION
    ),
    ("GET", "/v1/organisations/<department_id>/audit"): Row("publisher", P.READ_AUDIT),
    ("GET", "/v1/audit"): Row("operator", P.READ_AUDIT),
    ("GET", "/v1/quotas"): Row("operator", P.READ_USAGE),
    ("GET", "/v1/ledger"): Row("operator", P.READ_USAGE),
    # --- APIs
    ("GET", "/v1/apis"): Row("publisher", P.READ_DRAFTS, 200, is_list=True),
    ("POST", "/v1/apis"): Row(
        "publisher", P.EDIT_API, body={"organisation_id": "id of heritage", "name": "new-api", "title_en": "New"}
    ),
    ("GET", "/v1/apis/<api_id>"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/apis/<api_id>"): Row("publisher", P.EDIT_API, body={"title_en": "Newer"}),
    ("GET", "/v1/apis/<api_id>/plans"): Row("publisher", P.READ_DRAFTS),
    ("POST", "/v1/apis/<api_id>/plans"): Row(
        "publisher",
        P.EDIT_API,
        body={"code": "more", "name_en": "M", "name_fr": "M", "windows": [{"period": "day", "limit": 5}]},
    ),
    ("GET", "/v1/apis/<api_id>/subscriptions"): Row("publisher", P.READ_USAGE),
    ("GET", "/v1/apis/<api_id>/usage"): Row("publisher", P.READ_USAGE),
    ("GET", "/v1/apis/<api_id>/usage.csv"): Row("publisher", P.READ_USAGE),
    ("POST", "/v1/apis/<published_id>/versions"): Row("publisher", P.EDIT_API),
    ("GET", "/v1/apis/<api_id>/limits"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/apis/<api_id>/limits"): Row("publisher", P.EDIT_API, body={"caps": [{"period": "day", "limit": 5}]}),
    ("POST", "/v1/subscriptions/<subscription_id>/limits"): Row(
        "publisher", P.EDIT_API, body={"windows": [], "reason": "to see"}
    ),
    ("GET", "/v1/subscriptions/<subscription_id>/limits"): Row("developer", P.READ_APPLICATION),
    ("PUT", "/v1/subscriptions/<subscription_id>/limits/extra"): Row(
        "publisher", P.EDIT_API, body={"window": "day", "calls": 5, "reason": "to see"}
    ),
    ("POST", "/v1/subscriptions/<subscription_id>/limits/reset"): Row(
        "publisher", P.EDIT_API, body={"windows": ["day"], "reason": "to see"}
    ),
    ("GET", "/v1/plans/<plan_id>"): Row("publisher", P.READ_DRAFTS),
    ("PATCH", "/v1/plans/<plan_id>"): Row("publisher", P.EDIT_API, body={"name_en": "Newer"}),
    ("POST", "/v1/plans/<plan_id>/close"): Row("publisher", P.EDIT_API),
    # --- versions
    ("GET", "/v1/versions/<version_id>"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/revisions"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/revisions/<int:number>/document"): Row("publisher", P.READ_DRAFTS),
    ("GET", "/v1/versions/<version_id>/document"): Row("publisher", P.READ_DRAFTS),
    ("PUT", "/v1/versions/<version_id>/document"): Row("publisher", P.EDIT_API, document=document(title="Newer")),
    ("GET", "/v1/versions/<version_id>/upstream"): Row("publisher", P.READ_DRAFTS),
    ("PUT", "/v1/versions/<version_id>/upstream"): Row(
        "publisher", P.EDIT_API, body={"targets": [{"base_url": "https://new.example.ca"}]}
    ),
    ("POST", "/v1/versions/<version_id>/upstream/proof"): Row("publisher", P.EDIT_API),
    ("DELETE", "/v1/versions/<version_id>/upstream/proof"): Row(
        "publisher", P.EDIT_API, before=(("publisher", "POST", "/v1/versions/<version_id>/upstream/proof"),)
    ),
    ("PUT", "/v1/versions/<version_id>/plugins"): Row("publisher", P.EDIT_API, body={"plugins": {"request-size": {}}}),
    ("GET", "/v1/versions/<version_id>/missing"): Row("publisher", P.READ_DRAFTS),
    ("POST", "/v1/versions/<version_id>/publish"): Row("publisher", P.PUBLISH_API),
    ("POST", "/v1/versions/<served_id>/deprecate"): Row("publisher", P.PUBLISH_API),
    ("POST", "/v1/versions/<served_id>/retire"): Row(
        "publisher", P.PUBLISH_API, before=(("publisher", "POST", "/v1/versions/<served_id>/deprecate"),)
    ),
    # --- applications
    ("GET", "/v1/applications"): Row("developer", P.READ_APPLICATION, 200, is_list=True),
    ("POST", "/v1/applications"): Row(
        "developer", P.EDIT_APPLICATION, body={"organisation_id": "id of bakery", "name": "New"}
    ),
    ("GET", "/v1/applications/<application_id>"): Row("developer", P.READ_APPLICATION),
    ("PATCH", "/v1/applications/<application_id>"): Row("developer", P.EDIT_APPLICATION, body={"name": "Newer"}),
    ("POST", "/v1/applications/<application_id>/suspend"): Row("operator", P.SUSPEND_APPLICATION, body=REASON),
    ("POST", "/v1/applications/<application_id>/resume"): Row(
        "operator",
        P.SUSPEND_APPLICATION,
        body=REASON,
        before=(("operator", "POST", "/v1/applications/<application_id>/suspend"),),
    ),
    ("POST", "/v1/applications/<application_id>/close"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/applications/<application_id>/credentials"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/applications/<application_id>/credentials"): Row(
        "developer", P.EDIT_APPLICATION, body={"name": "second"}
    ),
    ("DELETE", "/v1/credentials/<credential_id>"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/applications/<application_id>/usage"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/usage.csv"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/left"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/calls"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/applications/<application_id>/calls.csv"): Row("developer", P.READ_USAGE),
    ("GET", "/v1/calls/<request_id>"): Row("developer", P.READ_USAGE),
    # --- webhooks
    ("GET", "/v1/applications/<application_id>/webhooks"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/applications/<application_id>/webhooks"): Row(
        "developer", P.EDIT_APPLICATION, body={"url": "https://hooks.example.org/b"}
    ),
    ("GET", "/v1/webhooks/<webhook_id>"): Row("developer", P.READ_APPLICATION),
    ("DELETE", "/v1/webhooks/<webhook_id>"): Row("developer", P.EDIT_APPLICATION),
    ("POST", "/v1/webhooks/<webhook_id>/secret"): Row("developer", P.EDIT_APPLICATION),
    ("POST", "/v1/webhooks/<off_id>/enable"): Row("developer", P.EDIT_APPLICATION),
    ("POST", "/v1/webhooks/<webhook_id>/test"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/webhooks/<webhook_id>/messages"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/webhooks/<webhook_id>/messages/<message_id>/send"): Row("developer", P.EDIT_APPLICATION),
    ("GET", "/v1/usage"): Row("operator", P.READ_USAGE),
    # --- subscriptions
    ("GET", "/v1/applications/<application_id>/subscriptions"): Row("developer", P.READ_APPLICATION),
    ("POST", "/v1/applications/<application_id>/subscriptions"): Row(
        "developer", P.SUBSCRIBE, body={"api_id": "id of holidays", "plan_id": "id of holidays plan"}
    ),
    ("GET", "/v1/subscriptions/<subscription_id>"): Row("developer", P.READ_APPLICATION),
    ("DELETE", "/v1/subscriptions/<subscription_id>"): Row("developer", P.SUBSCRIBE),
    ("POST", "/v1/subscriptions/<subscription_id>/change-plan"): Row(
        "developer", P.SUBSCRIBE, body={"plan_id": "id of larger plan"}
    ),
    ("POST", "/v1/subscriptions/<subscription_id>/suspend"): Row("publisher", P.REVOKE_SUBSCRIPTION, body=REASON),
    ("POST", "/v1/subscriptions/<subscription_id>/resume"): Row(
        "publisher",
        P.REVOKE_SUBSCRIPTION,
        body=REASON,
        before=(("publisher", "POST", "/v1/subscriptions/<subscription_id>/suspend"),),
    ),
    ("POST", "/v1/subscriptions/<subscription_id>/revoke"): Row("publisher", P.REVOKE_SUBSCRIPTION, body=REASON),
}
