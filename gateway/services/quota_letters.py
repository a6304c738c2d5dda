"""A notice about a quota as a letter: to each member of the application's organisation who wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.domain.limit_words import words_of
from gateway.domain.plans import Window
from gateway.domain.thresholds import SPENT_PERCENT, percent_used
from gateway.services import mail
from gateway.services.actor import Actor
from gateway.services.house import LinkTo
from gateway.store.accounts import Account, Membership
from gateway.store.applications import Subscription
from gateway.words import Language, Words

NEAR_SUBJECT = Words(
    "{application}: {percent}% of a quota is used", "{application} : {percent} % d’un quota est utilisé"
)
SPENT_SUBJECT = Words("{application}: a quota is used up", "{application} : un quota est épuisé")
NEAR = Words(
    """{greeting}

Your application {application} has used {percent}% of a quota for the API {api}.

Plan: {plan}
Limit: {limit}
Used: {used}
Begins anew: {resets}

When the quota is used up, calls are refused until it begins anew. You can see what is called here:
{usage}

If you need more, ask for another plan here:
{more}

You get this message once in each period because the application is your organisation’s. The page of your account says which messages you get:
{account}
""",  # noqa: E501 - a paragraph of a message is one line
    """{greeting}

Votre application {application} a utilisé {percent} % d’un quota pour l’API {api}.

Forfait : {plan}
Limite : {limit}
Utilisé : {used}
Recommence : {resets}

Quand le quota est épuisé, les appels sont refusés jusqu’à ce qu’il recommence. Vous pouvez voir ici ce qui est appelé :
{usage}

S’il vous en faut davantage, demandez ici un autre forfait :
{more}

Vous recevez ce message une fois par période parce que l’application est celle de votre organisation. La page de votre compte permet de choisir les messages que vous recevez :
{account}
""",  # noqa: E501 - a paragraph of a message is one line
)
SPENT = Words(
    """{greeting}

Your application {application} has used up a quota for the API {api}. Its calls are refused until the quota begins anew.

Plan: {plan}
Limit: {limit}
Used: {used}
Begins anew: {resets}

You can see what is called here:
{usage}

If you need more, ask for another plan here:
{more}

You get this message once in each period because the application is your organisation’s. The page of your account says which messages you get:
{account}
""",  # noqa: E501 - a paragraph of a message is one line
    """{greeting}

Votre application {application} a épuisé un quota pour l’API {api}. Ses appels sont refusés jusqu’à ce que le quota recommence.

Forfait : {plan}
Limite : {limit}
Utilisé : {used}
Recommence : {resets}

Vous pouvez voir ici ce qui est appelé :
{usage}

S’il vous en faut davantage, demandez ici un autre forfait :
{more}

Vous recevez ce message une fois par période parce que l’application est celle de votre organisation. La page de votre compte permet de choisir les messages que vous recevez :
{account}
""",  # noqa: E501 - a paragraph of a message is one line
)

_GAPS: dict[Language, str] = {"en": ",", "fr": "\u00a0"}


@dataclass(frozen=True, slots=True)
class Crossing:
    """That so much of one window of a subscription is used, 80 per cent at least."""

    subscription: Subscription
    window: Window
    used: int
    began_at: datetime
    ends_at: datetime

    @property
    def percent(self) -> int:
        """How much is used."""
        return percent_used(self.used, self.window.limit)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.percent >= SPENT_PERCENT


def write(session: Session, crossing: Crossing, link_to: LinkTo, now: datetime) -> None:
    """Put the letters into the outbox."""
    subject, body = (SPENT_SUBJECT, SPENT) if crossing.is_spent else (NEAR_SUBJECT, NEAR)
    house = Actor("system", "guichet", now)
    for account in members(session, crossing.subscription.application.organisation_id):
        if account.hears_spent if crossing.is_spent else account.hears_near:
            values = _values(crossing, mail.language_of(account), link_to)
            mail.write(session, house, account, subject, body, **values)


def members(session: Session, organisation_id: str) -> Sequence[Account]:
    """Those of an organisation who can be written to: their address is confirmed, their account is open."""
    query = select(Account).join(Membership).where(Membership.organisation_id == organisation_id)
    reached = query.where(Account.verified_at.is_not(None), Account.disabled_at.is_(None))
    return session.scalars(reached.order_by(Account.id)).all()


def _values(crossing: Crossing, language: Language, link_to: LinkTo) -> dict[str, str]:
    subscription, window = crossing.subscription, crossing.window
    api, plan = subscription.api, subscription.plan

    def number(count: int) -> str:
        return f"{count:,}".replace(",", _GAPS[language])

    return {
        "application": subscription.application.name,
        "api": Words(api.title_en or api.name, api.title_fr or api.name).of(language),
        "plan": Words(plan.name_en, plan.name_fr).of(language),
        "limit": words_of(window, number).of(language),
        "used": number(crossing.used),
        "percent": str(crossing.percent),
        "resets": f"{crossing.ends_at.astimezone(ZoneInfo(window.zone)):%Y-%m-%d %H:%M} ({window.zone})",
        "usage": link_to("usage", language, subscription.application_id),
        "more": link_to("more", language, subscription.id),
        "account": link_to("account", language, ""),
    }
