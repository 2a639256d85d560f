from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.graphiql import build, node


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sources with nothing built and its own tools folder."""
    folder = tmp_path / "graphiql"
    shutil.copytree(build.FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "*.py", "__pycache__"))
    for module, name, value in [
        (build, "FOLDER", folder),
        (build, "DIST", folder / "dist"),
        (build, "TOOLS", tmp_path / "tools"),
        (build, "WORK", tmp_path / "tools" / "graphiql"),
        (build, "PACKAGES", tmp_path / "tools" / "graphiql" / "node_modules"),
        (node, "TOOLS", tmp_path / "tools"),
    ]:
        monkeypatch.setattr(module, name, value)
    return folder


def put_build(folder: Path, stamp: str) -> None:
    (folder / "dist").mkdir(exist_ok=True)
    (folder / "dist" / "index.html").write_text("built")
    (folder / "dist" / "stamp").write_text(stamp)


def test_a_current_build_is_used_without_looking_for_node(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    put_build(project, build.source_stamp())
    lines: list[str] = []
    assert build.build(lines.append) is None
    assert lines == []


@pytest.mark.parametrize(
    "name", ["src/main.tsx", "src/operations/catalogue.graphql", "package-lock.json", "index.html"]
)
def test_a_changed_source_makes_the_build_stale(project: Path, name: str) -> None:
    put_build(project, build.source_stamp())
    assert build.is_current(build.source_stamp())
    (project / name).write_text((project / name).read_text() + "\n")
    assert not build.is_current(build.source_stamp())


def test_a_new_source_file_makes_the_build_stale(project: Path) -> None:
    before = build.source_stamp()
    (project / "src" / "new.ts").touch()
    assert build.source_stamp() != before


def test_a_stamp_without_a_page_is_no_build(project: Path) -> None:
    put_build(project, build.source_stamp())
    (project / "dist" / "index.html").unlink()
    assert not build.is_current(build.source_stamp())


def test_without_node_and_installer_the_build_gives_a_reason_in_one_line_and_keeps_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(node, "LOCK", project / "no.lock")  # pip, where there is one, finds nothing to install
    reason = build.build(lambda line: None)
    assert reason
    assert "Node.js" in reason
    assert "\n" not in reason
    assert (build.DIST / "reason").read_text() == reason


def test_a_failing_build_leaves_the_older_one_in_place(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_build(project, "older")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(node, "LOCK", project / "no.lock")
    assert build.build(lambda line: None)
    assert (project / "dist" / "index.html").read_text() == "built"


def test_a_tools_folder_that_cannot_be_made_is_a_reason_not_a_crash(project: Path) -> None:
    node.TOOLS.write_text("a file in the way")
    assert build.build(lambda line: None)


TOOLS = {
    "node": """\
[ "$1" = --version ] && echo v22.12.0 && exit
[ "$1" = --input-type=module ] && exec test -f node_modules/vite
test ! -f src/broken.ts && mkdir dist && cp index.html dist && echo built >> "$CALLS"
""",
    "npm": """\
echo installed >> "$CALLS"
mkdir -p node_modules && test -f src/alone.ts || touch node_modules/vite
""",
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What Node.js and npm were asked to do since the last call; they do it in two lines each."""
    for name, text in TOOLS.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}")
        program.chmod(0o755)
    log = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(log))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    def read() -> list[str]:
        said = log.read_text().split() if log.exists() else []
        log.write_text("")
        return said

    return read


def edited(file: Path) -> None:
    file.write_text((file.read_text() if file.exists() else "") + "\n")


def test_packages_stay_while_what_is_wanted_is_the_same(project: Path, calls: Callable[[], list[str]]) -> None:
    assert build.build(lambda line: None) is None
    assert calls() == ["installed", "built"]
    edited(project / "index.html")
    assert build.build(lambda line: None) is None
    assert calls() == ["built"]
    assert build.is_current(build.source_stamp())
    assert (build.DIST / "index.html").read_text() == (project / "index.html").read_text()
    edited(project / "package.json")
    assert build.build(lambda line: None) is None
    assert calls() == ["installed", "built"]


def test_packages_that_do_not_run_are_installed_anew(project: Path, calls: Callable[[], list[str]]) -> None:
    assert build.build(lambda line: None) is None
    (build.PACKAGES / "vite").unlink()
    edited(project / "index.html")
    assert build.build(lambda line: None) is None
    assert calls() == ["installed", "built"] * 2


def test_packages_that_did_not_all_come_are_a_reason_and_are_asked_for_again(
    project: Path, calls: Callable[[], list[str]]
) -> None:
    edited(project / "src" / "alone.ts")
    assert "npm ci" in str(build.build(lambda line: None))
    (project / "src" / "alone.ts").unlink()
    assert build.build(lambda line: None) is None
    assert calls() == ["installed", "installed", "built"]


def test_sources_that_cannot_be_bundled_leave_the_older_page(project: Path, calls: Callable[[], list[str]]) -> None:
    assert build.build(lambda line: None) is None
    edited(project / "src" / "broken.ts")
    assert "vite build" in str(build.build(lambda line: None))
    assert (build.DIST / "index.html").is_file()
    (project / "src" / "broken.ts").unlink()
    assert build.build(lambda line: None) is None
    assert calls() == ["installed", "built"]


@pytest.mark.parametrize("version", ["v20.19.0\n", "v20.20.2\n", "v22.12.0\n", "v23.0.0\n", "v24.19.0\n"])
def test_node_versions_vite_supports_are_taken(version: str) -> None:
    assert node.is_supported(version)


@pytest.mark.parametrize("version", ["v18.20.4\n", "v20.18.3\n", "v21.7.3\n", "v22.11.0\n", "", "nonsense"])
def test_other_node_versions_are_passed_over(version: str) -> None:
    assert not node.is_supported(version)


def test_the_lock_file_names_no_package_index() -> None:
    assert '"resolved"' not in (build.FOLDER / "package-lock.json").read_text()
