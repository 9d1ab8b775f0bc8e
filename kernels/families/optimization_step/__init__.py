"""Steps of optimization: descent and line searches, least squares, proximal steps and projections, searches without gradients, constraints.

Variants: seventeen update rules of single parameters; gradient, trust-region and quasi-Newton steps of two variables; backtracking and
trial step lengths; Levenberg-Marquardt and Gauss-Newton for nine models with robust weights; scalar roots; ISTA, ADMM, projections onto
nine sets, Frank-Wolfe and mirror descent; Nelder-Mead, annealing, swarms, evolution; reprojection errors, alignment of points, pose graphs;
augmented Lagrangians, barriers, classifiers, clusters, transport and contacts.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.optimization_step.constrained import build_boundary, build_contact, build_lagrangian
from kernels.families.optimization_step.descent import build_point
from kernels.families.optimization_step.evolution import build_evolution
from kernels.families.optimization_step.fitting import build_accumulation, build_damped_fit
from kernels.families.optimization_step.learning import build_assignment, build_margin
from kernels.families.optimization_step.population import build_annealing, build_simplex, build_swarm
from kernels.families.optimization_step.poses import build_pose_graph
from kernels.families.optimization_step.projections import build_projection, build_simplex_step
from kernels.families.optimization_step.proximal import build_admm, build_shrinkage
from kernels.families.optimization_step.roots import build_root
from kernels.families.optimization_step.rules import build_rule
from kernels.families.optimization_step.searches import build_search, build_secant
from kernels.families.optimization_step.vision import build_alignment, build_reprojection

FORMS = {
    build_rule: 4,
    build_point: 3,
    build_search: 2.5,
    build_secant: 2,
    build_damped_fit: 3,
    build_accumulation: 3,
    build_root: 2.5,
    build_shrinkage: 2.5,
    build_admm: 2,
    build_projection: 2.5,
    build_simplex_step: 2,
    build_simplex: 2,
    build_annealing: 2,
    build_swarm: 2,
    build_evolution: 2.5,
    build_reprojection: 2.5,
    build_alignment: 2,
    build_pose_graph: 2,
    build_lagrangian: 2,
    build_boundary: 1.5,
    build_margin: 2,
    build_assignment: 2,
    build_contact: 1.5,
}
"""The algorithms, and how often each comes."""


def build(draw: Draw) -> Case:
    """One kernel of an optimization method."""
    form = draw.weighted(tuple(FORMS), tuple(FORMS.values()))
    return form(draw, Draft(draw))
