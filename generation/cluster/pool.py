"""The tasks of a production on a Ray cluster: how many have room at once, and what comes of them. The only module that knows Ray.

Ray runs a task again, elsewhere, when its worker or node dies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from generation.production.request import ProductionError

RETRIES = 3
"""How often Ray runs a task again whose worker or node died."""


class TaskLost(Exception):  # noqa: N818
    """A task that came to no end although it was run again; the message is one line."""


class Pool(Protocol):
    """Runs calls elsewhere, several at once."""

    def room(self) -> int:
        """How many tasks the pool can run at once, as it is now."""

    def submit(self, call: Callable[[Any], Any], argument: Any) -> Any:
        """Begin a task; its handle, which can be a key."""

    def wait(self, handles: list[Any], seconds: float) -> Any | None:
        """The handle of a task that has ended; None if none ends within this time."""

    def result(self, handle: Any) -> Any:
        """What the call returned. Raises what it raised, or TaskLost."""

    def cancel(self, handles: list[Any]) -> None:
        """End tasks."""


class RayPool:
    """A connection to the Ray cluster at `address`, for tasks of `cpus` CPUs each and, on request, one GPU.

    `auto` is the cluster that this machine belongs to, `local` one that is started on this machine and ends with the connection. Raises
    ProductionError if Ray is not installed or the cluster cannot be reached.
    """

    def __init__(self, address: str, cpus: int) -> None:
        try:
            import ray
        except ImportError:
            raise ProductionError("--cluster needs Ray: pip install 'warp-kernel-harness[cluster]', here and on the nodes") from None
        self._ray = ray
        self._cpus = cpus
        self._gpus = 0
        self._tasks: dict[Callable[[Any], Any], Any] = {}
        options: dict[str, Any] = {"include_dashboard": False} if address == "local" else {}
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **options)
        except (ConnectionError, RuntimeError, ValueError, AssertionError, TimeoutError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ProductionError(f"--cluster {address}: {reason}; give `auto`, `local`, or HOST:PORT of a running cluster") from None

    def gpus(self) -> int:
        """The GPUs of the cluster."""
        return int(self._ray.cluster_resources().get("GPU", 0))

    def take_gpus(self) -> None:
        """From now on every task gets one GPU."""
        self._gpus = 1

    def close(self) -> None:
        """Leave the cluster; its tasks of this connection end."""
        self._ray.shutdown()

    def room(self) -> int:
        """How many tasks the living nodes can run at once."""
        return sum(self._room_of(node["Resources"]) for node in self._ray.nodes() if node["Alive"])

    def submit(self, call: Callable[[Any], Any], argument: Any) -> Any:
        """Begin a task; its handle."""
        if call not in self._tasks:
            # Ray keeps a copy of every remote function that is made.
            self._tasks[call] = self._ray.remote(call)
        return self._tasks[call].options(num_cpus=self._cpus, num_gpus=self._gpus, max_retries=RETRIES).remote(argument)

    def wait(self, handles: list[Any], seconds: float) -> Any | None:
        """The handle of a task that has ended; None if none ends within this time."""
        ended, _ = self._ray.wait(handles, num_returns=1, timeout=seconds)
        return ended[0] if ended else None

    def result(self, handle: Any) -> Any:
        """What the call returned. Raises what it raised, or TaskLost if its workers or nodes died each time."""
        try:
            return self._ray.get(handle)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause or error from None
        except self._ray.exceptions.RayError as error:
            raise TaskLost(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}") from None

    def cancel(self, handles: list[Any]) -> None:
        """End tasks, whether they have begun or not."""
        for handle in handles:
            self._ray.cancel(handle, force=True)

    def _room_of(self, resources: dict[str, float]) -> int:
        room = int(resources.get("CPU", 0)) // self._cpus
        return min(room, int(resources.get("GPU", 0))) if self._gpus else room
