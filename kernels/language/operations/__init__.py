"""The declared operations, by field. Importing this package declares all of them."""

from kernels.language.operations import arithmetic, conversions, integers, logic, matrices, rotations, scalar_math, vectors

__all__ = ["arithmetic", "conversions", "integers", "logic", "matrices", "rotations", "scalar_math", "vectors"]
