"""Puts the parts together: settings, built-in plugins, portal → `app`. The only file that knows all four packages.

`gunicorn wsgi:app`, `flask run` and `flask gateway …` all start here.
"""

from gateway.app import create_app
from gateway.cli import gateway_commands
from gateway.settings import Settings
from plugins import BUILT_IN
from portal.site import install_portal, link_to

settings = Settings.from_environment()
app = create_app(settings, BUILT_IN, link_to(settings.public_url))
install_portal(app)
app.cli.add_command(gateway_commands)
