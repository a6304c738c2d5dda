"""The one list of the portal's blueprints."""

from portal.views.account import account
from portal.views.catalogue import catalogue
from portal.views.entrance import entrance
from portal.views.home import home

PAGES = (home, entrance, account, catalogue)
