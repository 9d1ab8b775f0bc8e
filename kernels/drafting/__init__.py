"""Drafting: the one construction kit with which families put down a kernel and its reference, side by side. It knows no family.

`draft.Draft` is the kernel and its reference under way; a family needs little else. A minimal one, `kernels/families/axpy.py`:

    def build(draw: Draw) -> Case:
        draft = Draft(draw)
        x = draft.array("x", draft.real, "n")
        y = draft.array("y", draft.real, "n", low=0.5, high=2.0)
        with draft.threads(("i", "n", x, 0)):
            terms = [draft.load("xi", x, "i", -1.0, 1.0), draft.load("yi", y, "i", 0.5, 2.0)]
            draft.knob("scale", 0.1, 2.0)
            draft.let("scaled", "scale * xi")
            value = draft.fused("mixed", draft.real, [draft.scope["scaled"], *terms])
            draft.store(draft.output("out", draft.real, "n"), "i", value.name)
        return draft.case("axpy", ["n"], grids(draw, ["n"]), elementwise=True)

`line` writes to the kernel, `numpy` to the reference, `both` and `formula` to both; `let`, `fused` and `load` name a value in both. The
parts: `arguments` (arguments, extents, domains that follow from extents, launches), `bodies` (the two texts), `formulas` (a formula's text
as a typed expression, or in numpy's spelling), `functions`, `checks` (formulas that say nothing), `reference` (what a reference reads),
`layout` (long lines), `traversal` and `elements` (loops over an axis, segments or blocks, and what they do with an element), `outlines`
(parts of a kernel as functions), `activations` and `epilogues` (what layers fuse), `rewriting` (names and constants in a formula).
"""
