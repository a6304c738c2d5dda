"""The one list of the portal's blueprints."""

from portal.views.account import account
from portal.views.api_limits import api_limits
from portal.views.application_overview import application_overview
from portal.views.application_usage import application_usage
from portal.views.applications import applications
from portal.views.audit_trail import audit_trail
from portal.views.calls import calls
from portal.views.catalogue import catalogue
from portal.views.change_plan import change_plan
from portal.views.credentials import credentials
from portal.views.entrance import entrance
from portal.views.home import home
from portal.views.operate import operate
from portal.views.operate_departments import operate_departments
from portal.views.operate_ledger import operate_ledger
from portal.views.operate_quotas import operate_quotas
from portal.views.organisations import organisations
from portal.views.own_pages import own_pages
from portal.views.plans import plans
from portal.views.publish import publish
from portal.views.publish_overview import publish_overview
from portal.views.publish_subscribers import publish_subscribers
from portal.views.publish_upload import publish_upload
from portal.views.publish_usage import publish_usage
from portal.views.reference import reference
from portal.views.subscribe import subscribe
from portal.views.subscription_limits import subscription_limits
from portal.views.version_plugins import version_plugins
from portal.views.version_upstream import version_upstream
from portal.views.versions import versions
from portal.views.webhooks import webhooks

PAGES = (
    home,
    own_pages,
    entrance,
    account,
    organisations,
    catalogue,
    reference,
    subscribe,
    applications,
    application_overview,
    application_usage,
    calls,
    change_plan,
    subscription_limits,
    credentials,
    webhooks,
    publish,
    publish_overview,
    versions,
    version_plugins,
    version_upstream,
    publish_upload,
    plans,
    api_limits,
    publish_usage,
    publish_subscribers,
    operate,
    operate_ledger,
    operate_quotas,
    operate_departments,
    audit_trail,
)
