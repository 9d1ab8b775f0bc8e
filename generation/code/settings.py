"""How a target is to compile and run: plain data, the same for every batch of a server.

Scope: the values alone. Importing this module imports neither Warp nor any target.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

CACHE_VARIABLE = "WARP_KERNEL_HARNESS_CACHE"
"""The environment variable that names another folder for what servers share than `.cache/headers` in the project's folder."""

Validation = Literal["compiled", "executed_on_host", "executed"]
"""How far a case's code was taken: compiled by the target's compiler; also run on this machine's processor in place of the target's device;
or run on the device itself."""

FIBERS_HEADER = "cpu_block_runtime.h"
"""The header of a Warp whose CPU runtime can have the threads of a block wait for each other."""

VALIDATIONS: tuple[Validation, ...] = ("compiled", "executed_on_host", "executed")
"""The levels, from the least to the most."""


@dataclass(frozen=True)
class Settings:
    """What a target is asked for.

    `optimization_level` is that of the target's compiler (None: Warp's default for the target). `arch` is a CUDA compute capability times
    ten, such as 90 (None: the target's choice). `with_ptx` keeps each case's PTX. `gpu` is the number of the CUDA device that runs the
    cases (None: they run on the host).
    """

    optimization_level: int | None = None
    arch: int | None = None
    with_ptx: bool = False
    gpu: int | None = None

    def to_json(self) -> str:
        """The settings as one line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Settings:
        """The settings that `to_json` wrote."""
        return Settings(**json.loads(text))


@dataclass(frozen=True)
class Reach:
    """How far a target gets on this machine: the highest level, the devices that run the cases, by name, and the architectures that code is
    compiled for if none is asked for (one for each device), by name. `gpus` is how many of the devices are GPUs: all or none.
    `note` says why there are none, in a few words ('': nothing to say). `fibers` says that the host has threads of a block wait for each
    other.
    """

    validation: Validation
    devices: tuple[str, ...]
    archs: tuple[str, ...]
    gpus: int = 0
    note: str = ""
    fibers: bool = False

    def threads(self, block_dim: int | None) -> int:
        """How many threads there are in a block of a case that asks for `block_dim`: as many on a GPU and with fibers, one otherwise."""
        return block_dim if block_dim is not None and (self.gpus > 0 or self.fibers) else 1

    def to_json(self) -> str:
        """The reach as one line."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Reach:
        """The reach that `to_json` wrote."""
        values = json.loads(text)
        values |= {"devices": tuple(values["devices"]), "archs": tuple(values["archs"])}
        return Reach(**values)
