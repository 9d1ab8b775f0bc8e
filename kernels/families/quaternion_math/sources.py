"""How the rotations that kernels start from are given: as quaternions, matrices, roll, pitch and yaw, or Euler angles."""

from __future__ import annotations

from kernels.domains import Rotations, UnitVectors
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw

SOURCES = (("quat", 6), ("rpy", 1), ("matrix", 1), ("euler", 2))
"""What rotations are given as, and how often."""

WIDTHS = {"euler": ("float32",), "matrix": ("float32", "float64")}
"""The widths of what not every width has: Warp reads Euler angles in single precision alone; half precision makes no decision on reals."""


def rotation_source(draft: MirrorDraft, index: str, *names: str) -> tuple[str, str]:
    """Declares the rotations of the threads, called one of `names`: mostly quaternions, else matrices or angles.

    Returns the name of an array of them, and the rotation at `index` as a text.
    """
    draw, stem = draft.draw, names[0]
    kinds = {kind: weight for kind, weight in SOURCES if draft.width in WIDTHS.get(kind, (draft.width,))}
    kind = draw.weighted(list(kinds), list(kinds.values()))
    if kind == "quat":
        array = draft.field(stem, "quat", "n", domain=UnitVectors(), names=names[1:])
        return array, f"{array}[{index}]"
    if kind == "matrix":
        array = draft.field(f"{stem}_matrix", "mat33", "n", domain=Rotations(), names=(f"{stem}_frame", f"{stem}_dcm"))
        return array, f"wp.quat_from_matrix({array}[{index}])"
    if kind == "rpy" and draw.chance(0.5):
        parts = [draft.field(f"{stem}_{part}", "float", "n", low=-1.2, high=1.2) for part in ("roll", "pitch", "yaw")]
        return parts[0], f"wp.quat_rpy({', '.join(f'{part}[{index}]' for part in parts)})"
    array = draft.field(f"{stem}_{kind}", "vec3", "n", low=-1.2, high=1.2, names=(f"{stem}_angles",))
    if kind == "rpy":
        return array, f"wp.quat_rpy({', '.join(f'{array}[{index}][{k}]' for k in range(3))})"
    return array, f"wp.quat_from_euler({array}[{index}], {axis_order(draw)})"


def axis_order(draw: Draw) -> str:
    """Three different axes as the arguments of a call."""
    return ", ".join(map(str, draw.shuffled((0, 1, 2))))
