"""The declared operations, by field. Importing this package declares all of them."""

from kernels.language.operations import (
    arithmetic,
    constructors,
    conversions,
    integers,
    logic,
    matrices,
    rotations,
    scalar_math,
    vectors,
)

from kernels.language.operations import composites  # isort: skip  (completes what the modules above have left out)

__all__ = [
    "arithmetic",
    "composites",
    "constructors",
    "conversions",
    "integers",
    "logic",
    "matrices",
    "rotations",
    "scalar_math",
    "vectors",
]
