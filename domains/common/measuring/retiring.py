"""What dead processes have counted is kept, in the files of a process 0 that never lived; their own are removed.

Otherwise sums would fall when a process ends, and files would accumulate with each that did. Only who serves does it.
"""

from __future__ import annotations

import logging
import os
import struct
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

KEPT = ("counter", "histogram")  # a gauge of a dead process means nothing


def retire(folder: Path) -> None:
    """Move what the files of dead processes hold."""
    dead = [file for file in folder.glob("*.db") if not _is_alive(_pid(file))]
    for kind in KEPT:
        if files := [file for file in dead if file.name.startswith(f"{kind}_")]:
            _add(folder / f"{kind}_0.db", files)
    for file in dead:
        file.unlink()


def _pid(file: Path) -> int:
    """Of `gauge_livesum_123.db`."""
    return int(file.stem.rpartition("_")[2])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # of 0 our own group, which lives
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _add(kept: Path, files: Iterable[Path]) -> None:
    """All or nothing, should we die here: what is read is whole at any time."""
    from prometheus_client import mmap_dict

    files_of: Any = mmap_dict.MmapedDict  # which has no types

    sums: defaultdict[str, float] = defaultdict(float)
    for file in (kept, *files):
        try:
            for key, value, *_ in files_of.read_all_values_from_file(str(file)) if file.exists() else ():
                sums[key] += value
        except (struct.error, RuntimeError):  # its process died while it was made
            logger.warning("a file of metrics is broken", extra={"file": file.name})
    fresh = kept.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    written = files_of(str(fresh))
    for key, value in sums.items():
        written.write_value(key, value, 0.0)
    written.close()
    fresh.replace(kept)
