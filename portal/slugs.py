"""The address of every page, in both languages: one table.

The law: each row's two slugs hold the same converters, so that the switch of language keeps the page, what the page is
about, and the question asked of it. A page is named once, here; views register under the name, links use it.

    @localized_route(blueprint, "api")                      # GET /en/apis/<name> and /fr/catalogue/<name>
    def api(name: str) -> str: ...

    url_for_page("api", name="weather")                     # in the reader's language
    url_for_page("api", name="weather", lang_code="fr")     # in French
    twin_url()                                              # this very page, in the other language
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, current_app, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BuildError

from gateway.words import LANGUAGES, Language
from portal.language import other_language


@dataclass(frozen=True, slots=True)
class Slug:
    """Where one page lives under `/en` and under `/fr`; `<…>` is a converter of Werkzeug."""

    en: str
    fr: str

    def rule(self, language: Language) -> str:
        """The whole rule in one language."""
        return f"/{language}{self.en if language == 'en' else self.fr}"


SLUGS: dict[str, Slug] = {
    # --- for everyone
    "home": Slug("/", "/"),
    "catalogue": Slug("/apis", "/catalogue"),
    "api": Slug("/apis/<name>", "/catalogue/<name>"),
    "reference": Slug("/apis/<name>/v<int:major>", "/catalogue/<name>/v<int:major>"),
    "operation": Slug(
        "/apis/<name>/v<int:major>/operations/<slug>", "/catalogue/<name>/v<int:major>/operations/<slug>"
    ),
    "document": Slug("/apis/<name>/v<int:major>/openapi.<form>", "/catalogue/<name>/v<int:major>/openapi.<form>"),
    "errors": Slug("/errors", "/erreurs"),
    "error": Slug("/errors/<code>", "/erreurs/<code>"),
    "portal_api": Slug("/api-of-this-portal", "/api-du-portail"),
    "portal_operation": Slug("/api-of-this-portal/<slug>", "/api-du-portail/<slug>"),
    "status": Slug("/status", "/etat"),
    "accessibility": Slug("/accessibility", "/accessibilite"),
    # --- getting in and out
    "sign_up": Slug("/sign-up", "/inscription"),
    "check_mail": Slug("/sign-up/check-your-mail", "/inscription/verifiez-vos-courriels"),
    "verify_email": Slug("/verify-email/<token>", "/verification-courriel/<token>"),
    "sign_in": Slug("/sign-in", "/connexion"),
    "forgotten_password": Slug("/sign-in/new-password", "/connexion/nouveau-mot-de-passe"),
    "reset_password": Slug("/sign-in/new-password/<token>", "/connexion/nouveau-mot-de-passe/<token>"),
    "sign_out": Slug("/sign-out", "/deconnexion"),
    "account": Slug("/account", "/compte"),
    "account_sessions": Slug("/account/sessions", "/compte/sessions"),
    "organisation": Slug("/account/organisations/<organisation_id>", "/compte/organisations/<organisation_id>"),
    "edit_organisation": Slug(
        "/account/organisations/<organisation_id>/names", "/compte/organisations/<organisation_id>/noms"
    ),
    "remove_colleague": Slug(
        "/account/organisations/<organisation_id>/members/<membership_id>/remove",
        "/compte/organisations/<organisation_id>/membres/<membership_id>/retirer",
    ),
    "account_letters": Slug("/account/messages", "/compte/messages"),
    "account_tokens": Slug("/account/tokens", "/compte/jetons"),
    "revoke_token": Slug("/account/tokens/<token_id>/revoke", "/compte/jetons/<token_id>/revoquer"),
    # --- a developer's applications
    "applications": Slug("/applications", "/applications"),
    "new_application": Slug("/applications/new", "/applications/nouvelle"),
    "application": Slug("/applications/<application_id>", "/applications/<application_id>"),
    "edit_application": Slug("/applications/<application_id>/edit", "/applications/<application_id>/modifier"),
    "close_application": Slug("/applications/<application_id>/close", "/applications/<application_id>/fermer"),
    "application_calls": Slug("/applications/<application_id>/calls", "/applications/<application_id>/appels"),
    "application_calls_file": Slug(
        "/applications/<application_id>/calls.<form>", "/applications/<application_id>/appels.<form>"
    ),
    "application_usage": Slug("/applications/<application_id>/usage", "/applications/<application_id>/utilisation"),
    "application_usage_file": Slug(
        "/applications/<application_id>/usage.<form>", "/applications/<application_id>/utilisation.<form>"
    ),
    "find_call": Slug("/calls", "/appels"),
    "call": Slug("/calls/<request_id>", "/appels/<request_id>"),
    "new_credential": Slug(
        "/applications/<application_id>/credentials/new", "/applications/<application_id>/justificatifs/nouveau"
    ),
    "revoke_credential": Slug(
        "/applications/<application_id>/credentials/<credential_id>/revoke",
        "/applications/<application_id>/justificatifs/<credential_id>/revoquer",
    ),
    "webhooks": Slug("/applications/<application_id>/webhooks", "/applications/<application_id>/webhooks"),
    "webhook": Slug("/webhooks/<webhook_id>", "/webhooks/<webhook_id>"),
    "webhook_secret": Slug("/webhooks/<webhook_id>/secret", "/webhooks/<webhook_id>/secret"),
    "remove_webhook": Slug("/webhooks/<webhook_id>/remove", "/webhooks/<webhook_id>/retirer"),
    "test_webhook": Slug("/webhooks/<webhook_id>/test", "/webhooks/<webhook_id>/essai"),
    "enable_webhook": Slug("/webhooks/<webhook_id>/enable", "/webhooks/<webhook_id>/reactiver"),
    "send_again": Slug("/webhooks/<webhook_id>/messages", "/webhooks/<webhook_id>/messages"),
    "subscribe": Slug("/apis/<name>/v<int:major>/subscribe", "/catalogue/<name>/v<int:major>/abonnement"),
    "change_plan": Slug("/subscriptions/<subscription_id>/plan", "/abonnements/<subscription_id>/forfait"),
    "cancel_subscription": Slug("/subscriptions/<subscription_id>/cancel", "/abonnements/<subscription_id>/annuler"),
    "subscription_limits": Slug("/subscriptions/<subscription_id>/limits", "/abonnements/<subscription_id>/limites"),
    "own_limits": Slug("/subscriptions/<subscription_id>/limits/own", "/abonnements/<subscription_id>/limites/propres"),
    "extra_calls": Slug(
        "/subscriptions/<subscription_id>/limits/extra", "/abonnements/<subscription_id>/limites/supplement"
    ),
    "reset_used": Slug(
        "/subscriptions/<subscription_id>/limits/reset", "/abonnements/<subscription_id>/limites/remise-a-zero"
    ),
    # --- a department's APIs
    "publish": Slug("/publish", "/publier"),
    "new_api": Slug("/publish/new", "/publier/nouvelle"),
    "manage_api": Slug("/publish/apis/<name>", "/publier/api/<name>"),
    "edit_api": Slug("/publish/apis/<name>/edit", "/publier/api/<name>/modifier"),
    "new_version": Slug("/publish/apis/<name>/versions", "/publier/api/<name>/versions"),
    "manage_version": Slug("/publish/apis/<name>/v<int:major>", "/publier/api/<name>/v<int:major>"),
    "upload": Slug("/publish/apis/<name>/v<int:major>/document", "/publier/api/<name>/v<int:major>/document"),
    "revision": Slug(
        "/publish/apis/<name>/v<int:major>/revisions/<int:number>",
        "/publier/api/<name>/v<int:major>/revisions/<int:number>",
    ),
    "upstream": Slug("/publish/apis/<name>/v<int:major>/service", "/publier/api/<name>/v<int:major>/service"),
    "proof": Slug("/publish/apis/<name>/v<int:major>/service/proof", "/publier/api/<name>/v<int:major>/service/preuve"),
    "plugins": Slug("/publish/apis/<name>/v<int:major>/plugins", "/publier/api/<name>/v<int:major>/modules"),
    "publish_version": Slug("/publish/apis/<name>/v<int:major>/publish", "/publier/api/<name>/v<int:major>/publier"),
    "deprecate_version": Slug(
        "/publish/apis/<name>/v<int:major>/deprecate", "/publier/api/<name>/v<int:major>/fin-de-vie"
    ),
    "retire_version": Slug("/publish/apis/<name>/v<int:major>/retire", "/publier/api/<name>/v<int:major>/retirer"),
    "new_plan": Slug("/publish/apis/<name>/plans/new", "/publier/api/<name>/forfaits/nouveau"),
    "edit_plan": Slug("/publish/apis/<name>/plans/<plan_id>", "/publier/api/<name>/forfaits/<plan_id>"),
    "close_plan": Slug("/publish/apis/<name>/plans/<plan_id>/close", "/publier/api/<name>/forfaits/<plan_id>/fermer"),
    "api_defaults": Slug("/publish/apis/<name>/default-limits", "/publier/api/<name>/limites-par-defaut"),
    "api_caps": Slug("/publish/apis/<name>/caps", "/publier/api/<name>/plafonds"),
    "api_usage": Slug("/publish/apis/<name>/usage", "/publier/api/<name>/utilisation"),
    "api_usage_file": Slug("/publish/apis/<name>/usage.<form>", "/publier/api/<name>/utilisation.<form>"),
    "subscribers": Slug("/publish/apis/<name>/subscribers", "/publier/api/<name>/abonnes"),
    "suspend_subscription": Slug(
        "/publish/apis/<name>/subscribers/<subscription_id>/suspend",
        "/publier/api/<name>/abonnes/<subscription_id>/suspendre",
    ),
    "resume_subscription": Slug(
        "/publish/apis/<name>/subscribers/<subscription_id>/resume",
        "/publier/api/<name>/abonnes/<subscription_id>/retablir",
    ),
    "revoke_subscription": Slug(
        "/publish/apis/<name>/subscribers/<subscription_id>/revoke",
        "/publier/api/<name>/abonnes/<subscription_id>/revoquer",
    ),
    # --- the operations desk
    "operate": Slug("/operate", "/exploiter"),
    "operate_applications": Slug("/operate/applications", "/exploiter/applications"),
    "operate_application": Slug("/operate/applications/<application_id>", "/exploiter/applications/<application_id>"),
    "suspend_application": Slug(
        "/operate/applications/<application_id>/suspend", "/exploiter/applications/<application_id>/suspendre"
    ),
    "resume_application": Slug(
        "/operate/applications/<application_id>/resume", "/exploiter/applications/<application_id>/retablir"
    ),
    "operate_quotas": Slug("/operate/quotas", "/exploiter/quotas"),
    "operate_ledger": Slug("/operate/ledger", "/exploiter/registre"),
    "operate_caps": Slug("/operate/caps", "/exploiter/plafonds"),
    "operate_departments": Slug("/operate/departments", "/exploiter/ministeres"),
    "new_department": Slug("/operate/departments/new", "/exploiter/ministeres/nouveau"),
    "operate_department": Slug("/operate/departments/<organisation_id>", "/exploiter/ministeres/<organisation_id>"),
    "remove_member": Slug(
        "/operate/departments/<organisation_id>/members/<membership_id>/remove",
        "/exploiter/ministeres/<organisation_id>/membres/<membership_id>/retirer",
    ),
    "whole_audit": Slug("/operate/audit", "/exploiter/journal"),
    "audit": Slug("/audit/<organisation_id>", "/journal/<organisation_id>"),
}
"""Page name → its two slugs."""

_ENDPOINTS = "portal_pages"


View = TypeVar("View", bound=Callable[..., Any])


def localized_route(blueprint: Blueprint, page: str, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """Put a view at both addresses of a page. The view takes the path's values, never the language."""
    slug = SLUGS[page]

    def register(view: View) -> View:
        for language in LANGUAGES:
            blueprint.add_url_rule(
                slug.rule(language), endpoint=page, view_func=view, methods=methods, defaults={"lang_code": language}
            )
        blueprint.record(lambda state: _remember(state, page))
        return view

    return register


def has_page(page: str) -> bool:
    """Whether this installation serves the page."""
    return page in current_app.extensions.get(_ENDPOINTS, {})


def url_for_page(page: str, **values: Any) -> str:
    """The address of a page, in the reader's language unless `lang_code` names one. Other values become its query.

    Raises:
        KeyError: no view is registered under the name.
    """
    return url_for(current_app.extensions[_ENDPOINTS][page], **values)


def url_in(language: Language) -> str:
    """The page being read, in a language: the same path values, the same query. Its home when there is no such page."""
    endpoint = request.endpoint or ""
    if not request.url_rule or not current_app.url_map.is_endpoint_expecting(endpoint, "lang_code"):
        return f"/{language}/"
    try:
        path = url_for(endpoint, lang_code=language, _method="GET", **(request.view_args or {}))
    except BuildError:
        return f"/{language}/"
    # The query is written apart: handed to url_for, a reader's `_scheme` or `_external` would steer it.
    query = urlencode(list(request.args.items(multi=True)))
    return f"{path}?{query}" if query else path


def twin_url() -> str:
    """The page being read, in the other language."""
    return url_in(other_language())


def _remember(state: BlueprintSetupState, page: str) -> None:
    pages: dict[str, str] = state.app.extensions.setdefault(_ENDPOINTS, {})
    pages[page] = ".".join(filter(None, (state.name_prefix, state.name, page)))
