"""Families: one module per algorithm, each with `build(draw) -> Case`.

A family draws, for each index, one variant of its algorithm (dimensions, types, boundary rule, operator, layout, fused terms), writes the
kernel as a person would, and writes the reference the way the algorithm is known in numpy. Modules are found by being here.
"""
