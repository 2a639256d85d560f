"""What compose and Kubernetes do with the image's roles and with backups, without an engine."""

from __future__ import annotations

import os
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from cluster import BIN
from harness import Shop, Web

from backend.dev.processes import Child
from deploy.ordergraph import HEARTBEAT, ROLES
from tests.processes import PATIENCE, ROOT, free_port, wait_until

# The interpreter, its packages and the shop, where everybody may read them; a root that nobody may write to, and a
# small /tmp; then the user of the image, who may nothing else.
CONTAINER = """
mount --make-rprivate /
mount -t tmpfs -o mode=755 ground /mnt
mkdir /mnt/python /mnt/packages /mnt/app
mount --bind "$PREFIX" /mnt/python
mount --bind "$PACKAGES" /mnt/packages
mount --bind "$PWD" /mnt/app
mount -t tmpfs -o size=32m,mode=1777 tmp /tmp
for place in / /mnt /mnt/python /mnt/packages /mnt/app; do mount -o remount,bind,ro "$place"; done
cd /mnt/app
exec setpriv --reuid=10001 --regid=10001 --clear-groups --bounding-set=-all --no-new-privs \
  /mnt/python/bin/python3 deploy/ordergraph.py "$@"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a root that is read-only takes root")
def test_every_role_starts_as_nobody_special_where_only_tmp_can_be_written(shop: Shop) -> None:
    port = free_port()
    roles = {role: container(shop, role, port) for role in ROLES if role != "migrate"}
    web = Web(roles["web"], port)
    wait_until(lambda: web.status("/readyz") == HTTPStatus.OK, what=f"web is ready; see {shop.log}")
    for role, child in roles.items():
        root = Path(f"/proc/{child.process.pid}/root")
        if role != "web":
            wait_until((root / HEARTBEAT.lstrip("/")).exists, what=f"{role} lives; see {shop.log}")
        status = Path(f"/proc/{child.process.pid}/status").read_text()
        assert "\nUid:\t10001\t10001\t10001\t10001\n" in status
        assert "\nCapEff:\t0000000000000000\n" in status
        assert (root.stat().st_mode, os.statvfs(root / "mnt/app").f_flag & os.ST_RDONLY) == (
            Path("/").stat().st_mode,
            1,
        )
        shop.stop(child)


def container(shop: Shop, role: str, port: int) -> Child:
    prefix, packages = sys.base_prefix, next(path for path in sys.path if path.endswith("site-packages"))
    env = {"PREFIX": prefix, "PACKAGES": packages, "PYTHONPATH": "/mnt/packages", "PORT": str(port)}
    env |= {"LD_LIBRARY_PATH": "/mnt/python/lib", "PYTHONDONTWRITEBYTECODE": "1", "ORDERGRAPH_BOOTSTRAP": "off"}
    return shop.start(role, ["unshare", "--mount", "sh", "-ec", CONTAINER, "sh", role], **env)


def backup(shop: Shop, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = urlsplit(shop.env["DATABASE_URL"])
    where = {"PGHOST": str(url.hostname), "PGPORT": str(url.port), "PGUSER": str(url.username), "PGDATABASE": "shop"}
    env = {**where, "PATH": f"{BIN}:{os.environ['PATH']}", "BACKUP_DIR": str(folder), "BACKUP_KEEP": "2"}
    command = [str(ROOT / "deploy" / "backup"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE)


def ask(shop: Shop, statement: str) -> list[Any]:
    """What the database answers."""
    with psycopg.connect(shop.env["DATABASE_URL"], autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []


def test_a_restore_brings_back_exactly_what_was_there(shop: Shop, tmp_path: Path) -> None:
    ask(shop, "INSERT INTO products_category SELECT gen_random_uuid(), now(), now(), 'before', 'before'")
    assert backup(shop, tmp_path, "once").returncode == 0
    (dump,) = tmp_path.iterdir()
    ask(shop, "UPDATE products_category SET name = 'after'")
    ask(shop, "CREATE TABLE made_later (id int)")
    done = backup(shop, tmp_path, "restore", str(dump))
    assert done.returncode == 0, done.stderr
    assert ask(shop, "SELECT name, to_regclass('made_later') FROM products_category") == [("before", None)]


def test_a_broken_dump_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    assert backup(shop, tmp_path, "once").returncode == 0
    (dump,) = tmp_path.iterdir()
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 2 // 3])
    tables = ask(shop, "SELECT oid FROM pg_class ORDER BY oid")
    assert backup(shop, tmp_path, "restore", str(dump)).returncode != 0
    assert ask(shop, "SELECT oid FROM pg_class ORDER BY oid") == tables


def test_the_newest_backups_are_kept(shop: Shop, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        old = tmp_path / f"shop-2026010{day}T000000Z.dump"
        old.touch()
        os.utime(old, (day, day))
    backup(shop, tmp_path, "once")
    assert {path.name[:13] for path in tmp_path.iterdir()} > {"shop-20260103"}
    assert len(list(tmp_path.iterdir())) == 2
