"""How gunicorn runs Guichet: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`."""

import gc
import logging
import os
import resource
import signal
from importlib import import_module
from typing import Any

import gunicorn

gunicorn.SERVER = "guichet"

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
worker_class = "gateway.transport.worker.FastWorker"
threads = 16
timeout = 60
graceful_timeout = 20
keepalive = 30
# RFC 9112 §3: a request target may be long, but not without end.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
# X_Forwarded_For must not become X-Forwarded-For on its way through CGI names.
header_map = "drop"
# Nobody in front is believed by gunicorn itself; GUICHET_TRUSTED_PROXIES says whom the gateway believes.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
# No control socket in somebody's home folder.
control_socket_disable = True
accesslog = None
errorlog = "-"
loglevel = "warning"

_CODE = ("gateway.app", "gateway.cli", "gateway.plugin.installed", "plugins", "portal.site")
"""What wsgi.py puts together. It is loaded before there are workers, and nothing else is done then."""


def on_starting(server: Any) -> None:
    """Load the code once: a worker that takes the place of one that was killed has a sixth of the work.

    And leave no core behind when a process dies: it would hold tokens and secrets.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if _is_ours(server):
        for name in _CODE:
            import_module(name)
        gc.collect()
        gc.freeze()  # so that looking for cycles does not copy its memory in every worker


def pre_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn calls it with both
    """Have a keeper beside the workers: the first begins before they do, another with whichever worker comes next."""
    if _is_ours(server):
        from gateway.transport.keeper import KEEPER  # noqa: PLC0415 - see below

        KEEPER.begin(server.LISTENERS, lambda: import_module("wsgi").app.extensions["guichet_keeping"])


def on_exit(server: Any) -> None:
    """The workers have ended: the keeper counts what they left, and ends."""
    if _is_ours(server):
        from gateway.transport.keeper import KEEPER  # noqa: PLC0415 - see below

        KEEPER.end()


def _is_ours(server: Any) -> bool:
    return bool(getattr(server.app, "app_uri", "wsgi").partition(":")[0] == "wsgi")


def post_worker_init(worker: Any) -> None:
    """Let a worker end when its master says so: after what it is doing on SIGTERM, at once on SIGQUIT.

    Ctrl-C is SIGINT for everybody, then SIGQUIT from the master: that one is enough. The fast worker cuts its
    connections and ends. gunicorn's own workers take a lock of the thread pool on their way out, which the interrupted
    code may hold, and would hang until they are killed: they end without it. Nothing is lost, since what was counted
    and recorded is not in the process.

    And have the measures shown, where they are, before the first call; and once, by the first worker, tell what
    runs where somebody compiled it.
    """
    from gateway import compiled  # noqa: PLC0415 - gunicorn reads this file before it knows where we are

    if worker.age == 1 and compiled.CHOICE.told:
        logging.getLogger(compiled.__name__).info(compiled.CHOICE.told)
    monitor = getattr(getattr(worker.wsgi, "wsgi_app", None), "monitor", None)
    if monitor:
        monitor.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if worker.cfg.worker_class_str != worker_class:
        signal.signal(signal.SIGQUIT, lambda *_: os._exit(0))
