"""A Case: one Warp kernel with its numpy reference, as data.

Everything downstream (the targets, the oracle, the records) takes a Case and nothing else. A Case holds text and plain values only, so it
can be pickled to another process, written to a record, and read back from it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from kernels.domains import Domain, domain_from_json, domain_to_json

Role = Literal["input", "output", "accumulate", "inout"]
"""What a kernel does with an argument: reads it; writes every element of it (it starts poisoned); adds into it (it starts at zero);
reads and writes it (it starts at drawn values)."""


@dataclass(frozen=True)
class Argument:
    """One kernel argument.

    `dtype` is a scalar type's name (`float32`, `float64`, `int32`, `int64`, `bool`), a composite's (`vec3f`, `vec3d`, `mat33f`, `mat33d`),
    or `struct:<Name>` for a struct defined in the case's own source. `ndim` is 0 for a value, 1 to 4 for an array.
    """

    name: str
    dtype: str
    ndim: int
    role: Role = "input"
    differentiable: bool = False


@dataclass(frozen=True)
class Launch:
    """One launch of the kernel: the grid, and for each argument its array shape (`()` for a value) and the domain of its values.

    Shapes are in elements of the argument's dtype: a vec3f array of shape (n,) is a numpy array of shape (n, 3). Arguments that are not
    drawn (role `output` and `accumulate`) need a shape only.
    """

    dim: tuple[int, ...]
    shapes: dict[str, tuple[int, ...]]
    domains: dict[str, Domain]


@dataclass(frozen=True)
class Case:
    """A kernel, its reference, its arguments and launches.

    `limitations` names the ledger's entries that its gradient may run into. `elementwise` says that all differentiable arrays have one
    shape and that lane i of the outputs depends on lane i of the differentiable inputs alone: gradients can then be checked lane by lane.
    `block_dim` is the number of threads per block of a kernel that is launched by `wp.launch_tiled`; its launches' `dim` then count blocks
    (tiles), not threads. None: an ordinary launch.
    """

    family: str
    seed: int
    index: int
    kernel_name: str
    python_source: str
    reference_source: str
    arguments: tuple[Argument, ...]
    launches: tuple[Launch, ...]
    limitations: tuple[str, ...] = field(default=())
    elementwise: bool = False
    block_dim: int | None = None

    @property
    def id(self) -> str:
        """The case's name on the command line and in records, such as `stencil-000123`."""
        return f"{self.family}-{self.index:06d}"

    @property
    def outputs(self) -> tuple[Argument, ...]:
        """The arguments that the kernel writes, in the order of its signature."""
        return tuple(a for a in self.arguments if a.role != "input")

    @property
    def differentiable_inputs(self) -> tuple[Argument, ...]:
        """Arrays whose gradient is checked."""
        return tuple(a for a in self.arguments if a.role == "input" and a.differentiable)

    @property
    def differentiable_outputs(self) -> tuple[Argument, ...]:
        """Arrays that receive a cotangent."""
        return tuple(a for a in self.outputs if a.differentiable)

    def launch_json(self) -> str:
        """Arguments, launches and limitations as canonical JSON: with the two sources, all that is needed to run the case again.

        `block_dim` is left out where there is none.
        """
        parts: dict[str, Any] = {
            "arguments": [vars(a) for a in self.arguments],
            "launches": [
                {
                    "dim": launch.dim,
                    "shapes": launch.shapes,
                    "domains": {name: domain_to_json(domain) for name, domain in launch.domains.items()},
                }
                for launch in self.launches
            ],
            "limitations": self.limitations,
            "elementwise": self.elementwise,
        }
        if self.block_dim is not None:
            parts["block_dim"] = self.block_dim
        return json.dumps(parts, separators=(",", ":"))

    @staticmethod
    def from_parts(
        *, family: str, seed: int, index: int, kernel_name: str, python_source: str, reference_source: str, launch_json: str
    ) -> Case:
        """The Case that a record's columns describe; the inverse of `launch_json`. Raises ValueError or KeyError on malformed JSON."""
        parts: dict[str, Any] = json.loads(launch_json)
        return Case(
            family=family,
            seed=seed,
            index=index,
            kernel_name=kernel_name,
            python_source=python_source,
            reference_source=reference_source,
            arguments=tuple(Argument(**a) for a in parts["arguments"]),
            launches=tuple(
                Launch(
                    dim=tuple(launch["dim"]),
                    shapes={name: tuple(shape) for name, shape in launch["shapes"].items()},
                    domains={name: domain_from_json(domain) for name, domain in launch["domains"].items()},
                )
                for launch in parts["launches"]
            ),
            limitations=tuple(parts["limitations"]),
            elementwise=parts["elementwise"],
            block_dim=parts.get("block_dim"),
        )
