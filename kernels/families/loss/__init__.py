"""Losses: what training minimizes, per element, per sample, or summed up by atomics; some with their gradients written out.

Variants: regression (squared, robust, quantile), binary and multi-class classification (logits or probabilities, weights, smoothing,
ignored labels, focal), divergences and distillation, metric learning (contrastive, triplet, InfoNCE, cosine), overlaps (Dice, Tversky, IoU
of masks and boxes), detection, reinforcement learning (clipped surrogate, temporal differences, advantages), pictures and points
(structural similarity, total variation, Chamfer distance).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.loss.classes import cross_entropy, distillation, multi_margin
from kernels.families.loss.detection import detection
from kernels.families.loss.geometry import chamfer, structural_similarity, total_variation
from kernels.families.loss.metric import info_nce, pairs, triplet
from kernels.families.loss.overlap import box_overlap, mask_overlap
from kernels.families.loss.pointwise import pointwise, rowwise
from kernels.families.loss.policy import advantages, clipped_surrogate, temporal_difference


def build(draw: Draw) -> Case:
    """One loss kernel."""
    forms = (pointwise, rowwise, cross_entropy, distillation, multi_margin, pairs, triplet, info_nce, mask_overlap, box_overlap)
    others = (clipped_surrogate, temporal_difference, advantages, structural_similarity, total_variation, chamfer, detection)
    return draw.weighted((*forms, *others), (5, 2.5, 4, 1.5, 1, 2, 1.2, 1.5, 2, 1.5, 2, 1.2, 1, 1, 1, 1.2, 1.5))(draw)
