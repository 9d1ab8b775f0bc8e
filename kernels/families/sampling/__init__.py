"""Random numbers at work: Monte Carlo integrals, direct light and paths, importance sampling from tables and meshes, walks and diffusion,
rejection, Poisson counts, noise in training, token sampling, jittered grids, emitters, sources of several shapes, random rotations, darts,
correlated normals, dice.

Variants: every builtin that draws numbers or points, how generators are seeded (index, sum, frame, kept states), states carried through
unrolled loops or made anew, functions or formulas in place, atomics and histograms, what becomes of a sample. Single precision: Warp's
generator makes no other reals.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.draw import Draw
from kernels.families.sampling.estimators import build_integral, build_light, build_mesh, build_resample, build_table
from kernels.families.sampling.numbers import build_dice, build_normals
from kernels.families.sampling.paths import build_paths
from kernels.families.sampling.placements import build_darts, build_emitter, build_grid, build_rotation, build_sources
from kernels.families.sampling.processes import build_counts, build_diffusion, build_rejection, build_walk
from kernels.families.sampling.training import build_tokens, build_training

FORMS = (
    (build_integral, 7),
    (build_light, 6),
    (build_paths, 3),
    (build_table, 9),
    (build_mesh, 2),
    (build_resample, 2),
    (build_walk, 3),
    (build_diffusion, 3),
    (build_rejection, 5),
    (build_counts, 11),
    (build_training, 4),
    (build_tokens, 2),
    (build_grid, 4),
    (build_emitter, 6),
    (build_sources, 15),
    (build_rotation, 4),
    (build_darts, 4),
    (build_normals, 3),
    (build_dice, 8),
)


def build(draw: Draw) -> Case:
    """One kernel that draws random numbers."""
    form = draw.weighted([f for f, _ in FORMS], [w for _, w in FORMS])
    return form(draw, MirrorDraft(draw, width="float32"))
