"""An application as Authlib's client: what it may ask for, and the secret that proved it."""

from datetime import datetime

from authlib.oauth2.rfc6749 import ClientMixin
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import ApplicationState
from gateway.domain.scopes import parse_scopes
from gateway.services import credentials, subscriptions
from gateway.store.applications import Application, Credential

GRANT_TYPES = ("client_credentials",)
AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """One application at the token endpoint; `credential` is set once a secret was found right."""

    def __init__(self, session: Session, application: Application, now: datetime) -> None:
        """Look at an application at a point in time."""
        self._session = session
        self._application = application
        self._now = now
        self.credential: Credential | None = None

    def get_client_id(self) -> str:
        """The client id is the application's id."""
        return self._application.id

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is one that this application may use now."""
        self.credential = credentials.authenticate_client(self._session, self._application.id, client_secret, self._now)
        return self.credential is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether clients may prove themselves this way."""
        return endpoint == "token" and method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """A suspended or closed application gets no token by any grant."""
        return grant_type in GRANT_TYPES and self._application.state == ApplicationState.ACTIVE

    def get_allowed_scope(self, scope: str | None) -> str:
        """What of the scopes asked for the subscriptions in force allow; all of them when none is asked for."""
        grantable = subscriptions.grantable_scopes(self._session, self._application)
        asked = parse_scopes(scope) or grantable
        return " ".join(each for each in asked if each in grantable)
