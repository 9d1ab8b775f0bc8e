"""A Case: one Warp kernel with its numpy reference, as data.

Everything downstream (the targets, the oracle, the records) takes a Case and nothing else. A Case holds text and plain values only, so it
can be pickled to another process, written to a record, and read back from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from kernels.domains import Domain, Struct, Written, domain_from_json, domain_to_json
from kernels.dtypes import dtype_of

Role = Literal["input", "output", "accumulate", "inout"]
"""What a kernel does with an argument: reads it; writes every element of it (it starts poisoned); adds into it (it starts at zero);
reads and writes it (it starts at drawn values)."""


@dataclass(frozen=True)
class Argument:
    """One kernel argument, or one leaf of it.

    `dtype` is an element type's name (see kernels.dtypes), `struct:<Name>` for a struct defined in the case's own source, or the name of a
    compound that Warp builds from arrays (see generation.code.assembly). `ndim` is 0 for a value, 1 to 4 for an array.
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
    drawn (role `output` and `accumulate`) need a shape only. The domain of a struct or compound is a `Struct`; a field that is an array has
    its shape under `<argument>.<field>`.
    """

    dim: tuple[int, ...]
    shapes: dict[str, tuple[int, ...]]
    domains: dict[str, Domain]

    @cached_property
    def leaf_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every leaf: of an argument itself, or of each field of a struct, which is called `<argument>.<field>`."""
        return {name: shape for argument in self.shapes for name, _, shape, _ in self.leaves_of(argument)}

    @cached_property
    def leaf_domains(self) -> dict[str, Domain]:
        """The domain of every leaf that is drawn."""
        leaves = (leaf for argument in self.shapes for leaf in self.leaves_of(argument))
        return {name: domain for name, _, _, domain in leaves if domain is not None and not isinstance(domain, Written)}

    def leaves_of(self, argument: str) -> Iterator[tuple[str, str | None, tuple[int, ...], Domain | None]]:
        """The leaves of an argument: name, dtype (None for the argument itself), shape, and domain if there is one.

        What stands in `shapes` for a field of a struct is part of its struct, and gives no leaf of its own.
        """
        owner = argument.partition(".")[0]
        if owner == argument:
            yield from _leaves(argument, None, self.shapes[argument], self.domains.get(argument), self.shapes)


def _leaves(
    name: str, dtype: str | None, shape: tuple[int, ...], domain: Domain | None, shapes: dict[str, tuple[int, ...]]
) -> Iterator[tuple[str, str | None, tuple[int, ...], Domain | None]]:
    if not isinstance(domain, Struct):
        yield name, dtype, shape, domain
        return
    for field_name, field_dtype, field_domain in domain.fields:
        inner = f"{name}.{field_name}"
        yield from _leaves(inner, field_dtype, shapes.get(inner, shape), field_domain, shapes)


@dataclass(frozen=True)
class Case:
    """A kernel, its reference, its arguments and launches.

    `limitations` names the ledger's entries that its gradient may run into. `elementwise` says that all differentiable arrays have one
    shape and that lane i of the outputs depends on lane i of the differentiable inputs alone: gradients can then be checked lane by lane.
    `block_dim` is the number of threads per block of a kernel that is launched by `wp.launch_tiled`; its launches' `dim` then count blocks
    (tiles), not threads. None: an ordinary launch. The reference of such a kernel may take a parameter of that name: it is told how many
    threads a block has where the kernel runs, which is one on the CPU.
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

    @cached_property
    def leaves(self) -> tuple[Argument, ...]:
        """The arguments, with each struct and compound replaced by its fields, called `<argument>.<field>`.

        A field has its argument's role, unless its domain says that it is `Written`; a field that is no array is an input.
        """
        if not self.launches:
            return self.arguments
        return tuple(leaf for argument in self.arguments for leaf in self._leaves_of(argument))

    def _leaves_of(self, argument: Argument) -> Iterator[Argument]:
        for name, dtype, shape, domain in self.launches[0].leaves_of(argument.name):
            if dtype is None:
                yield argument
                continue
            role, differentiable = argument.role, argument.differentiable
            if isinstance(domain, Written):
                role, differentiable = domain.role, domain.differentiable
            array = bool(shape)
            yield Argument(name, dtype, len(shape), role if array else "input", differentiable and array and dtype_of(dtype).is_float)

    @cached_property
    def outputs(self) -> tuple[Argument, ...]:
        """The leaves that the kernel writes, in the order of its signature."""
        return tuple(a for a in self.leaves if a.role != "input")

    @cached_property
    def differentiable_inputs(self) -> tuple[Argument, ...]:
        """Arrays whose gradient is checked."""
        return tuple(a for a in self.leaves if a.role == "input" and a.differentiable)

    @cached_property
    def differentiable_outputs(self) -> tuple[Argument, ...]:
        """Arrays that receive a cotangent."""
        return tuple(a for a in self.outputs if a.differentiable)

    @property
    def has_gradient(self) -> bool:
        """Whether there is a gradient to check: some output receives a cotangent and some input is differentiable."""
        return bool(self.differentiable_inputs and self.differentiable_outputs)

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
