"""Convolution layers of neural networks, pooling, and what belongs to them.

Variants: one to three spatial axes, layouts with channels first or last, samples or none; full, depthwise, grouped and pointwise weights in
several orders; taps, stride, dilation and padding as literals or arguments; border rules; transposed convolutions by gather and by
scatter; pooling (maximum, mean, norms, indices, adaptive, global), upsampling, unfolding; causal and deformable convolutions; gradients of
weights, biases and inputs; fused biases, activations and residuals.
"""

from __future__ import annotations

from kernels.case import Case
from kernels.draw import Draw
from kernels.families.convolution.gradients import input_gradient, weight_gradient
from kernels.families.convolution.layers import convolve, pointwise
from kernels.families.convolution.pooling import adaptive_pool, pool, upsample
from kernels.families.convolution.sequences import causal, deformable
from kernels.families.convolution.transposed import transposed
from kernels.families.convolution.unfolding import pixel_shuffle, unfold


def build(draw: Draw) -> Case:
    """One kernel of a convolutional network."""
    forms = (convolve, pointwise, transposed, pool, adaptive_pool, upsample, causal, deformable)
    others = (unfold, pixel_shuffle, weight_gradient, input_gradient)
    return draw.weighted((*forms, *others), (8, 1.2, 3, 4, 1, 1, 1.5, 1.2, 1, 0.8, 1.5, 1))(draw)
