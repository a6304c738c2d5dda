"""All the tables, in one metadata: importing this module has seen every model."""

from gateway.store import accounts, answers, applications, audit, catalogue, changes, keys, mail, usage
from gateway.store.base import Base

METADATA = Base.metadata

MODULES = (accounts, answers, applications, audit, catalogue, changes, keys, mail, usage)
"""Where the tables are declared."""
