"""Half precision: activations and epilogues, quantization, optimizer steps, rows summed in single precision, shading, packed directions,
particles, small matrices, rotations, tables.

Variants: float16 and bfloat16 scalars, float16 vectors, matrices, quaternions and transforms; arithmetic in half, or storage in half and
arithmetic in single precision; functions or formulas in place. No kernel decides by a value in half: it is too coarse.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.half_precision.maps import build_maps, build_rotations
from kernels.families.half_precision.rows import build_rows
from kernels.families.half_precision.tensors import build_elementwise, build_optimizer, build_quantize
from kernels.families.half_precision.vectors import build_packing, build_particles, build_shading, build_table
from kernels.language.operation import OPERATIONS

FORMS = (
    (build_elementwise, 6),
    (build_quantize, 3),
    (build_optimizer, 4),
    (build_rows, 6),
    (build_shading, 3),
    (build_packing, 3),
    (build_particles, 4),
    (build_maps, 4),
    (build_rotations, 3),
    (build_table, 2),
)


def build(draw: Draw) -> Case:
    """One kernel in half precision."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    kinked = [name for name, operation in OPERATIONS.items() if not operation.smooth]
    return form(draw, MirrorDraft(draw, width="float32", without=kinked))
