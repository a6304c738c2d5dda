"""The plugins of this installation, as one list; its order is the running order."""

from gateway.plugin import Plugin
from plugins.maintenance import Maintenance
from plugins.request_size import RequestSize

BUILT_IN: tuple[Plugin, ...] = (Maintenance(), RequestSize())

__all__ = ["BUILT_IN", "Maintenance", "RequestSize"]
