from __future__ import annotations

from pathlib import Path

from backend.dev.supervisor import Sources


def test_changed_new_and_deleted_modules_are_noticed_once(tmp_path: Path) -> None:
    domain = tmp_path / "domains" / "orders"
    domain.mkdir(parents=True)
    for name in ("services.py", "models.py"):
        (domain / name).write_text("")
    sources = Sources(tmp_path)
    (domain / "services.py").write_text("RULE = 1\n")
    (domain / "models.py").unlink()
    (domain / "tasks.py").write_text("")
    expected = [f"domains/orders/{name}" for name in ("models.py", "services.py", "tasks.py")]
    assert sources.changed() == expected
    assert sources.changed() == []


def test_packages_and_caches_are_not_looked_at(tmp_path: Path) -> None:
    sources = Sources(tmp_path)
    for folder in ("backend/graphiql/node_modules/pkg", "schema/__pycache__", ".venv/lib"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "module.py").write_text("")
    assert sources.changed() == []
