"""Import contracts that follow `DOMAINS`: a new domain is held to them without being named here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract

from domains import DOMAINS


class DomainLayers(LayersContract):
    """Layers, lowest last: the domains in reverse order."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        layers = [f"domains.{domain}" for domain in reversed(DOMAINS)]
        super().__init__(name, session_options, {**contract_options, "layers": layers})


class DomainFiles(ForbiddenContract):
    """Packages that certain modules of every domain must not import, directly or through others."""

    def __init__(self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]) -> None:
        paths = [f"domains.{domain}.{module}" for domain in DOMAINS for module in contract_options["modules"]]
        options = {
            "name": contract_options["name"],
            "source_modules": [path for path in paths if find_spec(path)],
            "forbidden_modules": contract_options["forbidden"],
        }
        super().__init__(name, session_options, options)
