"""An application as Authlib's client: which grants it may use, and which scopes it may have."""

from authlib.oauth2.rfc6749 import ClientMixin
from sqlalchemy.orm import Session

from gateway.domain.lifecycle import ApplicationState
from gateway.domain.scopes import parse_scopes
from gateway.services import subscriptions
from gateway.services.credentials import ProvedSecret

GRANT_TYPES = ("client_credentials",)
AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """One application at the token endpoint, which has proved itself with `secret`."""

    def __init__(self, session: Session, secret: ProvedSecret) -> None:
        """Look at the application whose secret was found right."""
        self._session = session
        self.secret = secret

    def get_client_id(self) -> str:
        """The client id is the application's id."""
        return self.secret.application_id

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether there is such a grant for applications."""
        return grant_type in GRANT_TYPES

    @property
    def is_active(self) -> bool:
        """A suspended or closed application gets no token by any grant."""
        return self.secret.application_state is ApplicationState.ACTIVE

    def get_allowed_scope(self, scope: str | None) -> str:
        """What of the scopes asked for the subscriptions in force allow; all of them when none is asked for."""
        grantable = subscriptions.grantable_scopes(self._session, self.secret.application_id)
        asked = parse_scopes(scope) or grantable
        return " ".join(each for each in asked if each in grantable)
