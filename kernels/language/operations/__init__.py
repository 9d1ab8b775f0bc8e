"""The declared operations, by field. Importing this package declares all of them."""

from kernels.language.operations import (
    arithmetic,
    conversions,
    integers,
    logic,
    matrices,
    rotations,
    scalar_math,
    vectors,
)

from kernels.language.operations import composites  # isort: skip  (completes what the modules above have left out)

__all__ = ["arithmetic", "composites", "conversions", "integers", "logic", "matrices", "rotations", "scalar_math", "vectors"]
