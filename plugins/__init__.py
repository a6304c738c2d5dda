"""The plugins of this installation, as one list; its order is the running order, and replies pass it backwards.

`Cors` comes first: a page can read why it was refused only if its preflight was answered.
"""

from gateway.plugin import Plugin
from plugins.cors import Cors
from plugins.headers import HeaderFields
from plugins.ip_allow import IpAllow
from plugins.maintenance import Maintenance
from plugins.request_size import RequestSize

BUILT_IN: tuple[Plugin, ...] = (Cors(), IpAllow(), Maintenance(), RequestSize(), HeaderFields())

__all__ = ["BUILT_IN", "Cors", "HeaderFields", "IpAllow", "Maintenance", "RequestSize"]
