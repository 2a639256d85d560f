"""The WSGI environment of an ASGI request."""

from __future__ import annotations

import io
import sys
from typing import Any
from urllib.parse import unquote_to_bytes

from backend.replies import request_id_from


def environ(scope: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Bytes are tunnelled as latin-1, as WSGI has it; repeated headers are joined.

    HTTP_X_REQUEST_ID is always set: the application's log, its reply and ours agree on it.
    """
    host, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    path = unquote_to_bytes(scope["raw_path"]).decode("latin-1")
    script = scope.get("root_path", "").encode().decode("latin-1")
    values: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script,
        # Whole in ASGI, but a proxy may have taken the prefix off before.
        "PATH_INFO": path.removeprefix(script) if path.startswith(f"{script}/") else path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(values, name, value.decode("latin-1"))
    values["HTTP_X_REQUEST_ID"] = request_id_from(values.get("HTTP_X_REQUEST_ID", ""))
    return values


def _add_header(values: dict[str, Any], name: bytes, value: str) -> None:
    # X_Request_ID and X-Request-ID would become the same name: the first kind could pass for one a proxy has set.
    if b"_" in name or name == b"content-length":
        return
    key = name.decode("latin-1").upper().replace("-", "_")
    if key != "CONTENT_TYPE":
        key = f"HTTP_{key}"
    if key in values:
        separator = "; " if key == "HTTP_COOKIE" else ","
        value = f"{values[key]}{separator}{value}"
    values[key] = value
