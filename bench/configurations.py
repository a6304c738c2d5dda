"""What nginx and HAProxy are told: bare, tuned as their own documentation says, with keep-alive to the upstream.

nginx: nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive asks for HTTP/1.1 and an empty Connection field;
requests on one connection without end, so that nobody reconnects while it is measured; no temporary files.
HAProxy: docs.haproxy.org/2.6/configuration.html, `http-reuse always` and `option splice-auto`.
"""

import os
from pathlib import Path

from bench.bodies import SMALL

CONNECTIONS = 20_000

_NGINX = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_processes {workers};
worker_rlimit_nofile {files};
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  default_type application/json;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 300;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_header_buffer_size 16k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {inside}
}}
"""

_UPSTREAM = """
  open_file_cache max=10;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    root {folder};
    location / {{ return 200 '{small}'; }}
    location /bytes/ {{ }}
  }}
"""

_PROXY = """
  upstream service {{
    server 127.0.0.1:{upstream};
    keepalive 128;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_max_temp_file_size 0;
    location / {{ proxy_pass http://service; }}
    location /upload {{ proxy_request_buffering off; proxy_pass http://service; }}
  }}
"""

_HAPROXY = """
global
  nbthread {workers}
  # It would count two files for each connection, idle ones too, and not start where files are few.
  no strict-limits
  maxconn {connections}
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  http-reuse always
  option splice-auto
frontend here
  bind 127.0.0.1:{port} backlog 4096
  default_backend service
backend service
  server upstream 127.0.0.1:{upstream}
"""


def nginx_upstream(folder: Path, port: int) -> str:
    """What nginx as the department's service is told: fixed answers, and the files in `bytes/`."""
    return _nginx(folder, 1, _UPSTREAM.format(port=port, folder=folder, small=SMALL.decode()))


def nginx_proxy(folder: Path, port: int, upstream: int, workers: int) -> str:
    """What nginx as a gateway without any policy is told."""
    return _nginx(folder, workers, _PROXY.format(port=port, upstream=upstream))


def haproxy(port: int, upstream: int, workers: int) -> str:
    """The same for HAProxy."""
    return _HAPROXY.format(port=port, upstream=upstream, workers=workers, connections=CONNECTIONS // 2 + 1_000)


def _nginx(folder: Path, workers: int, inside: str) -> str:
    # Started by root it would become nobody, who cannot read a private folder; anybody else may not say who to be.
    user = "user root;" if os.geteuid() == 0 else ""
    return _NGINX.format(
        user=user,
        folder=folder,
        workers=workers,
        connections=CONNECTIONS,
        files=CONNECTIONS,
        inside=inside,
    )
