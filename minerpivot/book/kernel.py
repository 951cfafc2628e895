"""Kernels that begin with the libraries of the chapters loaded: each is a copy of one process that did it once.

Loading them takes longer than most chapters take to run. What the package itself has is loaded by each kernel anew.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import sys
import threading
from typing import Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

LIBRARIES = "altair arch.bootstrap exchange_calendars ipykernel.kernelapp ipykernel.zmqshell PIL.Image vl_convert"
FORKS = sys.platform.startswith("linux")  # elsewhere copies are not safe, or not to be had: each kernel loads its own
START: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")


def load_libraries() -> None:
    """Begin to load them, which takes a second or two, without waiting for the end."""
    if FORKS:
        from multiprocessing import forkserver, resource_tracker

        START.set_forkserver_preload(LIBRARIES.split())
        resource_tracker.ensure_running()  # which lets signals through again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # it ends with who asked, and says nothing
        try:
            forkserver.ensure_running()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Copied(LocalProvisioner):
    """Where Jupyter starts kernels as programs, this one starts a process that has their libraries."""

    process: Any = None  # of multiprocessing

    async def launch_kernel(self, cmd: list[str], **given: Any) -> Any:
        """Start a kernel; `cmd` is the program that Jupyter would start: interpreter, -m, module, arguments."""
        load_libraries()
        self.process = START.Process(target=_run, args=(cmd[3:], given["cwd"], given["env"], given["stderr"].name))
        self.process.start()
        self.pid = self.process.pid
        return self.connection_info

    async def poll(self) -> int | None:
        """None as long as it runs, then its exit code."""
        return self.process.exitcode if self.process else 0

    async def wait(self) -> int | None:
        """Its exit code, when it has ended."""
        while (code := await self.poll()) is None:
            await asyncio.sleep(0.01)
        self.process = None
        return code

    async def send_signal(self, signum: int) -> None:
        """Send it a signal; none to one that has ended."""
        if self.process and self.process.is_alive():
            os.kill(self.process.pid, signum)


def _run(arguments: list[str], folder: Any, environment: dict[str, str], errors: str) -> None:
    """Be a kernel until it is told to end, or until the process that asked for it ends, however that came about."""
    from ipykernel.kernelapp import launch_new_instance

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_APPEND), 2)
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl+C at the terminal is for who asked
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # by which Jupyter stops a cell
    gc.freeze()
    gc.set_threshold(100_000)  # it lives for seconds, and looking for garbage takes a tenth of them
    threading.Thread(target=_end_with_who_asked, daemon=True).start()
    launch_new_instance(argv=[*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])


def _end_with_who_asked() -> None:
    if asker := multiprocessing.parent_process():
        asker.join()
        os._exit(1)
