"""The manifests are what Kubernetes takes, strictly, and agree with the image, the settings and each other."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.ordergraph import ROLES
from domains.common.guard import connections
from tests.backend.test_deploy_files import DOCKERFILE, ROOT, SERVICES, explained

Manifest = dict[str, Any]
EXAMPLE = ROOT / "deploy" / "kubernetes" / "overlays" / "example"
VERSION = "1.34"


def built(folder: Path) -> list[Manifest]:
    """What kustomize makes of the folder, as far as ours use it."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    unknown = plan.keys() - {"apiVersion", "kind", "namespace", "resources", "patches", "images", "configMapGenerator"}
    assert not unknown
    found = [manifest for path in plan["resources"] for manifest in read(folder / path)]
    found += [generated(entry) for entry in plan.get("configMapGenerator", [])]
    for patch in plan.get("patches", []):
        operations = yaml.safe_load((folder / patch["path"]).read_text())
        for manifest in found:
            if re.fullmatch(patch["target"]["kind"], manifest["kind"]):
                add(manifest, operations)
    for manifest in found:
        manifest["metadata"] |= {"namespace": plan["namespace"]} if "namespace" in plan else {}
        for image, container in [(image, each) for image in plan.get("images", []) for each in containers(manifest)]:
            if container["image"] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"
    return found


def read(path: Path) -> list[Manifest]:
    return built(path.resolve()) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))


def generated(entry: Manifest) -> Manifest:
    data = dict(literal.split("=", 1) for literal in entry["literals"])
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": entry["name"]}, "data": data}


def add(manifest: Manifest, operations: list[Manifest]) -> None:
    for operation in operations:
        assert operation["op"] == "add"
        at: Any = manifest
        *way, last = operation["path"].lstrip("/").split("/")
        for step in way:
            at = at[int(step) if isinstance(at, list) else step]
        assert last not in at  # it would be replaced silently
        at[last] = copy.deepcopy(operation["value"])


def containers(manifest: Manifest) -> list[Manifest]:
    template = manifest["spec"].get("template") if "spec" in manifest else None
    return list(template["spec"]["containers"]) if template else []


MANIFESTS = built(EXAMPLE)
PODS = {
    manifest["metadata"]["name"].removeprefix("ordergraph-"): manifest for manifest in MANIFESTS if containers(manifest)
}
CONFIG = next(each["data"] for each in MANIFESTS if each["kind"] == "ConfigMap")


def of_kind(kind: str) -> Iterator[Manifest]:
    return (manifest for manifest in MANIFESTS if manifest["kind"] == kind)


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_kubernetes_knows_every_field(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_an_unknown_field_is_refused() -> None:
    manifest = copy.deepcopy(PODS["web"])
    containers(manifest)[0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, VERSION, strict=True)


def test_every_role_of_the_image_runs() -> None:
    assert {name: containers(manifest)[0]["args"] for name, manifest in PODS.items()} == {
        role: [role] for role in ROLES
    }


@pytest.mark.parametrize("role", PODS)
def test_a_pod_may_do_nothing_that_it_does_not_need(role: str) -> None:
    pod, (container,) = PODS[role]["spec"]["template"]["spec"], containers(PODS[role])
    account = next(of_kind("ServiceAccount"))
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == (account["metadata"]["name"], False)
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"USER {pod['securityContext']['runAsUser']}:" in DOCKERFILE
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"].keys() == {"memory"} <= container["resources"]["requests"].keys()


@pytest.mark.parametrize("role", PODS)
def test_settings_come_by_names_that_there_are_and_secrets_by_reference(role: str) -> None:
    (container,) = containers(PODS[role])
    references = {entry["name"]: entry["valueFrom"]["secretKeyRef"]["key"] for entry in container["env"]}
    assert all(name == key for name, key in references.items())
    assert references.keys() | CONFIG.keys() <= explained().keys()
    assert not re.search("SECRET|PASSWORD|KEY", " ".join(CONFIG))
    needed = {name for name, value in SERVICES["web"]["environment"].items() if "DJANGO" not in name}
    assert needed <= references.keys() | CONFIG.keys()


def test_whoever_selects_pods_finds_those_of_one_role_or_of_all() -> None:
    labels = {role: manifest["spec"]["template"]["metadata"]["labels"] for role, manifest in PODS.items()}
    for manifest in MANIFESTS:
        for selector in selectors(manifest["spec"]) if "spec" in manifest else ():
            matched = {role for role, own in labels.items() if selector.items() <= own.items()}
            component = selector.get("app.kubernetes.io/component")
            assert matched == ({component} if component else labels.keys()), manifest["metadata"]["name"]


def selectors(spec: Any) -> Iterator[dict[str, str]]:
    """Of our own pods: those of namespaces are somebody else's."""
    for key, value in spec.items() if isinstance(spec, dict) else ():
        if key in {"selector", "labelSelector", "podSelector"}:
            yield value.get("matchLabels", value)
        elif key not in {"ingress", "egress"}:
            for each in value if isinstance(value, list) else [value]:
                yield from selectors(each)


def test_a_pod_has_the_time_that_it_takes_to_end() -> None:
    web = PODS["web"]["spec"]["template"]["spec"]
    paused = containers(PODS["web"])[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    patience = int(ROLES["web"][ROLES["web"].index("--workers-kill-timeout") + 1])
    assert web["terminationGracePeriodSeconds"] > paused + patience
    for role in ("worker", "money", "mail"):
        grace = PODS[role]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace >= int(SERVICES[role]["stop_grace_period"].removesuffix("s")) > 60  # CELERY_TASK_TIME_LIMIT


def test_ports_that_are_named_are_there() -> None:
    ports = {port["name"]: port["containerPort"] for port in containers(PODS["web"])[0]["ports"]}
    assert ports == {"http": 8000, "metrics": int(CONFIG["METRICS_PORT"])}
    assert next(of_kind("Service"))["spec"]["ports"][0]["targetPort"] == "http"
    served = {
        port["port"]
        for policy in of_kind("NetworkPolicy")
        for rule in policy["spec"].get("ingress", [])
        for port in rule["ports"]
    }
    assert served == ports.keys()


def test_the_example_counts_its_containers_for_the_budget_of_connections() -> None:
    autoscaler = next(of_kind("HorizontalPodAutoscaler"))["spec"]
    surge = PODS["web"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    assert autoscaler["scaleTargetRef"]["name"] == PODS["web"]["metadata"]["name"]
    assert int(CONFIG["WEB_CONTAINERS"]) == autoscaler["maxReplicas"] + surge
    workers = [PODS[role]["spec"] for role in ("worker", "money", "mail")]
    assert int(CONFIG["WORKER_CONTAINERS"]) == sum(
        each["replicas"] + each["strategy"]["rollingUpdate"]["maxSurge"] for each in workers
    )
    assert connections.of_a_web_process() == 40  # as the manifests say
