"""Puts the parts together: settings, plugins, portal → `app`. The only file that knows all four packages.

`.venv/bin/gunicorn wsgi:app` and `.venv/bin/flask gateway …` both start here.
"""

import sys

from gateway.app import create_app
from gateway.cli import gateway_commands
from gateway.plugin.installed import installed
from gateway.plugin.registry import PluginError
from gateway.settings import SettingError, Settings
from plugins import BUILT_IN
from portal.site import install_portal, link_to

try:
    settings = Settings.from_environment()
    app = create_app(settings, (*BUILT_IN, *installed()), link_to(settings.public_url))
    install_portal(app)
except (SettingError, PluginError) as error:
    sys.stderr.write(f"{error}\n")
    # gunicorn's own code for a worker that cannot start: at any other it would start workers for ever.
    sys.exit(3)
app.cli.add_command(gateway_commands)
