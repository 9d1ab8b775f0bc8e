"""What a domain is: a set that an argument's values are drawn from. The sets themselves are in kernels.domains and kernels.mesh_domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kernels.dtypes import DType


@dataclass(frozen=True)
class Domain:
    """A set of values. `draw` gives a numpy array of `shape` elements of `dtype` (its inner axes appended)."""

    kind: ClassVar[str] = ""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], dtype: DType) -> NDArray[Any]:
        """An array of the domain's values, shape `shape + dtype.inner`."""
        raise NotImplementedError
