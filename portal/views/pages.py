"""The one list of the portal's blueprints."""

from portal.views.account import account
from portal.views.application_overview import application_overview
from portal.views.applications import applications
from portal.views.catalogue import catalogue
from portal.views.credentials import credentials
from portal.views.entrance import entrance
from portal.views.home import home
from portal.views.reference import reference
from portal.views.subscribe import subscribe

PAGES = (
    home,
    entrance,
    account,
    catalogue,
    reference,
    subscribe,
    applications,
    application_overview,
    credentials,
)
