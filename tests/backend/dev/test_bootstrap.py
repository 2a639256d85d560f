"""The first start on a fresh machine, with stand-ins for interpreters, uv and the network."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from backend.dev import bootstrap

ROOT = Path(__file__).resolve().parents[3]


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without `.venv`, an empty home, and a PATH of one empty folder, which is returned."""
    checkout, path = tmp_path / "checkout", tmp_path / "bin"
    for folder in (checkout, path, tmp_path / "home"):
        folder.mkdir()
    (checkout / "requirements-dev.lock").write_text("django==5.2.19 --hash=sha256:0\n")
    for name in ("ROOT", "LOCK", "TOOLS", "VENV", "VENV_PYTHON", "STAMP", "UNFINISHED"):
        inside = getattr(bootstrap, name).relative_to(ROOT)
        monkeypatch.setattr(bootstrap, name, checkout / inside)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{path}:/bin")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setattr(bootstrap, "candidates", lambda: [str(path / "python3")])
    return path


def a_python(path: Path, version: str, kind: str = "cpython 0") -> Path:
    return executable(path, f'echo "{version} {kind} {path}"')


def a_uv(path: Path, on_sync: str) -> Path:
    """Makes a venv whose interpreter is the one it was told to use."""
    make = 'mkdir -p "$4/bin" && cp "$3" "$4/bin/python"'
    return executable(path, f'case "$1" in --version) echo "uv 0.9.1" ;; venv) {make} ;; pip) {on_sync} ;; esac')


def test_an_interpreter_of_a_supported_version_is_taken(machine: Path) -> None:
    python = a_python(machine / "python3", "3.13")
    assert bootstrap.find_python() == (str(python), [])


@pytest.mark.parametrize("version", ["3.8", "3.11", "3.15"])
def test_interpreters_of_other_versions_are_refused_and_named(machine: Path, version: str) -> None:
    a_python(machine / "python3", version)
    chosen, refused = bootstrap.find_python()
    assert chosen is None
    assert version in refused[0]


@pytest.mark.parametrize("kind", ["cpython 1", "pypy 0"])
def test_interpreters_without_wheels_are_refused(machine: Path, kind: str) -> None:
    a_python(machine / "python3", "3.13", kind)
    assert bootstrap.find_python() == (None, [])


def test_a_shim_that_does_not_run_is_passed_over(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = executable(machine / "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127")
    real = a_python(machine.parent / "home" / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3", "3.12")
    monkeypatch.undo()
    monkeypatch.setenv("HOME", str(machine.parent / "home"))
    monkeypatch.setenv("PATH", str(machine))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    tried = list(bootstrap.candidates())
    assert tried.index(str(shim)) < tried.index(str(real))
    assert bootstrap.probe(str(shim)) is None
    assert bootstrap.probe(str(real)) == ("3.12", str(real))


def test_without_any_python_the_message_says_which_versions_and_what_to_do(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_python(machine / "python3", "3.11")
    executable(machine / "uv", 'case "$1" in --version) echo "uv 0.9.1" ;; *) echo "no connection"; exit 2 ;; esac')
    with pytest.raises(SystemExit) as stop:
        bootstrap.set_up()
    message = str(stop.value)
    assert "Python 3.12 or newer, below 3.15, is needed" in message
    assert "3.11" in message
    assert "no connection" in message


def test_a_failed_download_is_told_with_the_last_lines_of_the_tool(machine: Path) -> None:
    a_python(machine / "python3", "3.13")
    a_uv(machine / "uv", "echo 'dns error'; exit 2")
    with pytest.raises(SystemExit, match=r"(?s)needs the network.*dns error"):
        bootstrap.set_up()


def test_a_broken_off_installation_is_made_anew(machine: Path) -> None:
    a_python(machine / "python3", "3.13")
    a_uv(machine / "uv", "exit 2")
    with pytest.raises(SystemExit):
        bootstrap.set_up()
    (bootstrap.VENV / "half-written").touch()
    a_uv(machine / "uv", "exit 0")
    bootstrap.set_up()
    assert bootstrap.is_ready()
    assert not (bootstrap.VENV / "half-written").exists()


def test_a_changed_lock_is_installed_into_the_present_venv(machine: Path) -> None:
    a_python(machine / "python3", "3.13")
    a_uv(machine / "uv", "exit 0")
    bootstrap.set_up()
    (bootstrap.VENV / "kept").touch()
    bootstrap.LOCK.write_text("django==5.2.20 --hash=sha256:1\n")
    assert not bootstrap.is_ready()
    bootstrap.set_up()
    assert bootstrap.is_ready()
    assert (bootstrap.VENV / "kept").exists()


def test_uv_is_fetched_into_the_project_where_there_is_none(machine: Path) -> None:
    python = a_python(machine / "python3", "3.13")
    fetch = f'mkdir -p {bootstrap.TOOLS}/uv/bin; printf "#!/bin/sh\\necho uv 0.9.1\\n" > {bootstrap.TOOLS}/uv/bin/uv'
    executable(python, f'case "$*" in *install*) {fetch}; chmod +x {bootstrap.TOOLS}/uv/bin/uv ;; *) echo pip ;; esac')
    assert bootstrap.find_uv(str(python)) == str(bootstrap.TOOLS / "uv" / "bin" / "uv")


def test_a_python_without_pip_and_ensurepip_is_told_how_to_go_on(machine: Path) -> None:
    python = executable(machine / "python3", "exit 1")
    with pytest.raises(bootstrap.SetupError, match="python3-venv"):
        bootstrap.find_uv(str(python))


def test_a_folder_that_cannot_be_written_is_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    occupied = bootstrap.ROOT / "file"
    occupied.touch()
    monkeypatch.setattr(bootstrap, "TOOLS", occupied / ".tools")
    with pytest.raises(SystemExit, match=str(bootstrap.ROOT)):
        bootstrap.set_up()


@pytest.mark.parametrize("name", ["manage.py", "backend/dev/bootstrap.py"])
def test_python_3_8_can_read_what_runs_before_the_venv(name: str) -> None:
    ast.parse((ROOT / name).read_text(), feature_version=(3, 8))


def test_it_works_from_another_working_directory(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "manage.py"), "version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("5.2")
