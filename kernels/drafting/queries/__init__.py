"""Queries: kernels that ask an object (a mesh, a tree, a grid, a volume, a texture), and references that look at all of it.

`script.QueryScript` is the draft that families use; `pairs.Pairs` is a loop over what a query finds, for each thread.
"""
