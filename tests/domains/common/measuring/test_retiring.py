"""What a process counted outlives it, in one file for all that died."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from prometheus_client import mmap_dict

from domains.common.measuring.retiring import retire

MmapedDict: Any = mmap_dict.MmapedDict  # it has no types
DEAD, DEAD_TOO = 2**22 + 1, 2**22 + 2  # no process has these numbers


def write(file: Path, **values: float) -> None:
    written = MmapedDict(str(file))
    for key, value in values.items():
        written.write_value(key, value, 0.0)
    written.close()


def read(file: Path) -> dict[str, float]:
    return {key: value for key, value, *_ in MmapedDict.read_all_values_from_file(str(file))}


def test_counters_of_dead_processes_add_up_and_their_files_go(tmp_path: Path) -> None:
    alive = tmp_path / f"counter_{os.getpid()}.db"
    write(alive, orders=100)
    write(tmp_path / f"counter_{DEAD}.db", orders=1, mails=2)
    write(tmp_path / f"gauge_livesum_{DEAD}.db", threads=16)
    retire(tmp_path)
    write(tmp_path / f"counter_{DEAD_TOO}.db", orders=10)
    (tmp_path / f"histogram_{DEAD_TOO}.db").touch()  # it died while it made this one
    for _ in range(2):
        retire(tmp_path)
    assert read(tmp_path / "counter_0.db") == {"orders": 11, "mails": 2}
    assert read(alive) == {"orders": 100}
    assert {file.name for file in tmp_path.glob("*.db")} == {alive.name, "counter_0.db", "histogram_0.db"}
