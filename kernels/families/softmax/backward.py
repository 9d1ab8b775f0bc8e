"""Gradients of softmax and log-softmax written out by hand, from the probabilities that the forward pass kept."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.draw import Draw
from kernels.families.softmax.rows import Rows


def backward(draw: Draw) -> Case:
    """The gradient of the scores, one thread per row."""
    draft = Draft(draw, smooth=True)
    rows = Rows(draft, static=draw.chance(0.5))
    kind = draw.choice(("softmax", "softmax", "log_softmax", "recompute"))
    probs = {"softmax": ("probs", "p", "y"), "log_softmax": ("log_probs", "logp", "y"), "recompute": ("scores", "logits", "s")}[kind]
    y = rows.array(draft.name(*probs), draft.real, domain=Uniform(0.0, 0.5) if kind == "softmax" else Uniform(-3.0, -0.2))
    grad = rows.array(draft.name("grad_out", "dy", "upstream", "d_probs"), draft.real)
    lse = draft.array("lse", draft.real, *rows.extents_of, low=0.0, high=2.0) if kind == "recompute" else ""
    out = draft.name("grad_in", "dx", "grad_logits", "d_scores")
    at, j = rows.at(), rows.counter
    with rows.threads():
        inner = draft.name("dot", "inner", "weighted_grad", "grad_sum")
        p = f"{y}[{at}]"
        numpy_p = rows.whole(y)
        if kind == "recompute":
            norm = draft.name("norm", "log_norm", "row_lse")
            draft.line(f"{norm} = {lse}[{rows.here}]")
            draft.known(norm, draft.real, 0.0, 2.0)
            p, numpy_p = f"wp.exp({y}[{at}] - {norm})", f"np.exp({rows.whole(y)} - {rows.row_numpy(lse)})"
        term = f"{grad}[{at}]" if kind == "log_softmax" else draw.choice((f"{p} * {grad}[{at}]", f"{grad}[{at}] * {p}"))
        lines = [f"{inner} = {draft.zero()}", *loop(j, rows.stop, [f"{inner} += {term}"])]
        rows.computed(draw.choice(("row_dot", "grad_inner_product", "sum_row")), lines, inner)
        draft.known(inner, draft.real, -9.0, 9.0)
        product = rows.whole(grad) if kind == "log_softmax" else f"{numpy_p} * {rows.whole(grad)}"
        draft.numpy(f"{inner} = np.sum({product}, axis={rows.axis}, keepdims=True)")
        scale = draft.knob(draft.name("scale", "inv_temperature"), 0.3, 1.5).numpy() if draw.chance(0.4) else ""
        rows.array(out, draft.real, output=True)
        with draft.block(f"for {j} in range({rows.stop}):"):
            value = draft.name("g", "value", "gradient")
            if kind == "log_softmax":
                draft.line(f"{value} = {grad}[{at}] - wp.exp({y}[{at}]) * {inner}")
                draft.numpy(f"{value} = {rows.whole(grad)} - np.exp({rows.whole(y)}) * {inner}")
            else:
                draft.line(f"{value} = {p} * ({grad}[{at}] - {inner})")
                draft.numpy(f"{value} = {numpy_p} * ({rows.whole(grad)} - {inner})")
            if scale:
                draft.formula(f"{value} = {value} * {scale}" if draw.chance(0.5) else f"{value} *= {scale}")
            known = draft.known(value, draft.real, -9.0, 9.0)
            site = Site(at, rows.extents, j, rows.literal or rows.width, rows.along_numpy("{0}"), rows.whole("{0}"))
            final = epilogue(draft, known, site, most=2, linear=True) if draw.chance(0.35) else known
            draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: rows.back(final.name)})
    return rows.case(
        draw.choice((f"{kind}_backward", f"{kind}_grad", f"grad_{kind}") if kind != "recompute" else ("softmax_backward_lse",))
    )
