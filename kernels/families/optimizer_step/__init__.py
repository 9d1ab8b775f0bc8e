"""Steps of optimizers: what training does with parameters and their gradients, one thread per parameter (or row of parameters).

Variants: the rule (descent, momentum, Nesterov, Adagrad, Adadelta, RMSprop, the Adam family, Lion, Rprop, and others), states updated in
place or written anew, bias correction by step, decay (coupled or not), clipping by value or by norm, unscaling of mixed precision, rates
per group and schedules, frozen parameters, averages kept along; vectors of three; factored and row-wise moments; norms by atomics.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.optimizer_step.averages import average, meta_step
from kernels.families.optimizer_step.rows import factored, row_constraint, row_step
from kernels.families.optimizer_step.scalars import gradient_norm, unscale
from kernels.families.optimizer_step.steps import step
from kernels.families.optimizer_step.vectors import vector_step


def build(draw: Draw) -> Case:
    """One optimizer kernel."""
    forms = (step, vector_step, factored, row_step, row_constraint, average, meta_step, gradient_norm, unscale)
    return draw.weighted(forms, (18, 2.5, 1, 1.2, 1, 1, 0.9, 1.2, 0.8))(draw)
