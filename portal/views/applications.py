"""A developer's applications: the list, one page for each with all that concerns it, and its changes."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField

from gateway.domain.lifecycle import LIVE
from gateway.domain.roles import OrganisationKind, Permission
from gateway.pipeline.refusals import BY_CODE, Failure
from gateway.services import applications as services
from gateway.services import credentials, organisations, subscriptions, usage
from gateway.store.applications import Application
from portal.context import actor, house, page_number
from portal.forms import AtMost, Needed, PageForm, errors_into
from portal.language import both
from portal.sessions import signed_in_only
from portal.slugs import localized_route, url_for_page
