"""nginx with the configuration that we recommend; only addresses, names and paths are put in."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from backend.dev.processes import Child, Children, Spec
from tests.processes import ROOT, free_port, wait_until

MAIN = """
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """Speaks TLS at `url` for the web processes at these ports."""

    def __init__(self, folder: Path, children: Children, upstreams: Sequence[int]) -> None:
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}/graphql"
        self._folder = folder
        certificate, key = folder / "shop.pem", folder / "shop.key"
        _certify(certificate, key)
        site = (ROOT / "deploy" / "nginx.conf").read_text()
        servers = iter(upstreams)
        site, count = re.subn(r"server 10\.0\.0\.\d+:8000", lambda _: f"server 127.0.0.1:{next(servers)}", site)
        assert count == len(upstreams)
        for old, new in (
            ("listen 443 ", f"listen 127.0.0.1:{self.port} "),
            ("shop.example.com;", "127.0.0.1;"),
            ("/etc/ssl/certs/shop.example.com.pem", str(certificate)),
            ("/etc/ssl/private/shop.example.com.key", str(key)),
        ):
            assert site.count(old) == 1, old
            site = site.replace(old, new)
        (folder / "site.conf").write_text(site)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log"), "-p", str(folder)]
        self.child: Child = children.start(Spec(name="nginx", command=command, log=folder / "nginx.log"))
        wait_until((folder / "nginx.pid").exists, what=f"nginx is up; see {folder / 'nginx.log'}")

    def log(self) -> str:
        """What it complained of."""
        return (self._folder / "nginx.log").read_text()


def _certify(certificate: Path, key: Path) -> None:
    """A certificate of its own for 127.0.0.1."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-out", str(certificate), "-keyout", str(key)], check=True, capture_output=True)
