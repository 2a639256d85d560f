"""Children that never outlive their parent, whether it stops in order or is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from backend.dev import output

LAUNCH = Path(__file__).with_name("launch.py")
GUARD = Path(__file__).with_name("guard.py")


def launched(command: Sequence[str], death_signal: int = signal.SIGKILL, user: tuple[int, int] = (0, 0)) -> list[str]:
    """The command line that runs `command`, as `user` where its uid is not 0, and ends it by a signal when we end."""
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(death_signal))]
    return [*launcher, *(str(number) for number in user), *command]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """How to start and stop one process. Without a `log` file its output goes to the terminal under its name."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: tuple[int, int] | None = None  # uid and gid to change to; only root can
    stop_signal: int = signal.SIGTERM
    kill_signal: int = signal.SIGKILL  # PostgreSQL must be told, or it leaves its own children to find out
    log: Path | None = None
    foreground: bool = False  # shares our terminal and process group, as pytest must for --pdb


@dataclass
class Child:
    spec: Spec
    process: subprocess.Popen[bytes]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))

    @property
    def target(self) -> int:
        return self.process.pid if self.spec.foreground else -self.process.pid


class Children:
    """Start children from the main thread only: Linux sends the death signal when the starting *thread* ends."""

    def __init__(self) -> None:
        self._alive: list[Child] = []
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop(reversed(self._alive), patience=4)
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()
            self._guard.wait()

    def start(self, spec: Spec) -> Child:
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(spec.log.open("ab")) if spec.log else subprocess.PIPE
            process = subprocess.Popen(
                launched(spec.command, spec.kill_signal, spec.user or (0, 0)),
                stdin=None if spec.foreground else subprocess.DEVNULL,
                stdout=None if spec.foreground else out,
                stderr=None if spec.foreground else subprocess.STDOUT,
                env=spec.env,
                cwd=spec.cwd,
                start_new_session=not spec.foreground,
            )
        child = Child(spec, process)
        self._alive.append(child)
        self._tell_guard(f"+ {child.target} {int(spec.kill_signal)}")
        if process.stdout is not None:
            threading.Thread(target=output.pump, args=(process.stdout, spec.name, child.lines), daemon=True).start()
        return child

    def forget(self, child: Child) -> None:
        """Clear away what an ended child left behind in its process group."""
        if not child.spec.foreground:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
        with contextlib.suppress(ValueError):
            self._alive.remove(child)
        self._tell_guard(f"- {child.target}")

    def stop(self, children: Iterable[Child], *, patience: float) -> None:
        """Stop several at once; those still there after `patience` seconds are killed."""
        stopping = list(children)
        for child in stopping:
            self.ask_to_stop(child)
        deadline = time.monotonic() + patience
        for child in stopping:
            self.await_end(child, deadline)

    def ask_to_stop(self, child: Child) -> None:
        if child.process.poll() is None:
            child.process.send_signal(child.spec.stop_signal)

    def await_end(self, child: Child, deadline: float) -> None:
        """Wait until `deadline` on the monotonic clock, then kill."""
        for number in (child.spec.kill_signal, signal.SIGKILL):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - time.monotonic(), 0))
                break
            child.process.send_signal(number)
            deadline = time.monotonic() + 1
        child.process.wait()
        self.forget(child)

    def _tell_guard(self, message: str) -> None:
        if self._guard is None:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        assert self._guard.stdin is not None
        with contextlib.suppress(OSError):
            self._guard.stdin.write(f"{message}\n".encode())
            self._guard.stdin.flush()
