"""Families: one module (or package) per algorithm, each with `build(draw) -> Case`.

A family draws, for each index, one variant of its algorithm (dimensions, types, boundary rule, operator, layout, fused terms), writes the
kernel as a person would, and writes the reference the way the algorithm is known in numpy. A family is found by being here: a module
`<name>.py`, or a package `<name>/` whose `__init__.py` has `build` and whose other modules are its parts. It uses `kernels.drafting`
and no other family. The shape of a minimal one:

    def build(draw: Draw) -> Case:
        draft = Draft(draw)
        x = draft.array(draw.choice(("x", "signal")), draft.real, "n")
        with draft.threads(("i", "n", x, 0)):
            inputs = [draft.load("xi", x, "i", -1.0, 1.0), *draft.some_parameters(("gain", "bias"), draw.integer(0, 2))]
            value = draft.fused("shaped", draft.real, inputs)
            draft.store(draft.output("out", draft.real, "n"), "i", value.name)
        return draft.case("shape_signal", ["n"], grids(draw, ["n"]), elementwise=True)
"""
