"""What the things of the audit trail are called, in words for people: an id alone tells a reader nothing.

The trail itself keeps ids, which never change; the names are those of today.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.ids import PREFIXES
from gateway.store.accounts import AccessToken, Account, Organisation
from gateway.store.applications import Application, Credential, Subscription
from gateway.store.catalogue import Api, ApiVersion, Plan
from gateway.store.webhooks import Webhook
from gateway.words import Words


def names_of(session: Session, ids: Iterable[str]) -> dict[str, Words]:
    """The name of each thing that still exists and has one, by its id. What is no id of ours is passed over."""
    wanted: dict[str, set[str]] = {}
    for each in ids:
        wanted.setdefault(each.partition("_")[0], set()).add(each)
    return {
        row.id: named(row)
        for prefix, (model, named) in _NAMED.items()
        if prefix in wanted
        for row in session.scalars(select(model).where(model.id.in_(wanted[prefix])))
    }


def _own_name(row: Any) -> Words:
    return Words(row.name, row.name)


def _both_names(row: Any) -> Words:
    return Words(row.name_en, row.name_fr)


def _api(row: Api) -> Words:
    return Words(row.title_en or row.title_fr, row.title_fr or row.title_en)


def _version(row: ApiVersion) -> Words:
    api = _api(row.api)
    return Words(f"{api.en}, v{row.major}", f"{api.fr}, v{row.major}")


def _plan(row: Plan) -> Words:
    api = _api(row.api)
    return Words(f"{row.name_en} ({api.en})", f"{row.name_fr} ({api.fr})")


def _subscription(row: Subscription) -> Words:
    api = _api(row.api)
    return Words(f"{row.application.name} → {api.en}", f"{row.application.name} → {api.fr}")


_NAMED: dict[str, tuple[Any, Callable[[Any], Words]]] = {
    PREFIXES["account"]: (Account, _own_name),
    PREFIXES["organisation"]: (Organisation, _both_names),
    PREFIXES["department"]: (Organisation, _both_names),
    PREFIXES["api"]: (Api, _api),
    PREFIXES["version"]: (ApiVersion, _version),
    PREFIXES["plan"]: (Plan, _plan),
    PREFIXES["application"]: (Application, _own_name),
    PREFIXES["credential"]: (Credential, _own_name),
    PREFIXES["subscription"]: (Subscription, _subscription),
    PREFIXES["webhook"]: (Webhook, lambda row: Words(row.application.name, row.application.name)),
    PREFIXES["token"]: (AccessToken, _own_name),
}
