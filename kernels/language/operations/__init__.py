"""The declared operations, by field. Importing this package declares all of them."""

from kernels.language.operations import arithmetic, integers, logic, matrices, scalar_math, vectors

__all__ = ["arithmetic", "integers", "logic", "matrices", "scalar_math", "vectors"]
