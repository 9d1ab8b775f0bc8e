"""Functions of small matrices by iteration: inverses, roots, exponentials, resolvents, Cayley's transform."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.small_solve.systems import System


def build_matrix_iteration(draw: Draw, draft: Draft) -> Case:
    """Iterations on whole matrices: Newton and Schulz for the inverse, Denman and Beavers for the root, series for the exponential."""
    kind = draw.choice(("inverse", "root", "exponential", "resolvent", "cayley"))
    k = draw.choice((2, 3, 3)) if kind != "inverse" else draw.choice((2, 3, 4))
    steps = draw.choice((2, 3, 4))
    system = System(draft, k, symmetric=False, right=draw.chance(0.5), layouts=("matrix", "grid"), shift=1.0)
    draft.reserve("M", "X", "Y", "Yi", "Xi", "I", "term", "result", "step", "d", "scale", "image", "count")
    identity = f"wp.identity(n={k}, dtype={draft.real.spelling})"
    with system.threads():
        system.local("M")
        draft.line(f"I = {identity}")
        draft.numpy(f"I = np.eye({k}, dtype=full.dtype)")
        if kind == "inverse":
            scale = round(1.0 / (2.0 * k + 2.0), 3)
            draft.line(f"X = {draft.number(scale)} * I", f"for step in range({steps}):", draft.warp("    X = X @ (2.0 * I - M @ X)"))
            draft.numpy(f"X = np.broadcast_to({scale} * I, full.shape)", f"for step in range({steps}):", "    X = X @ (2.0 * I - full @ X)")
        elif kind == "root":
            draft.line("X = M", "Y = I", f"for step in range({steps}):")
            draft.line(
                "    Xi = wp.inverse(X)",
                "    Yi = wp.inverse(Y)",
                draft.warp("    X = 0.5 * (X + Yi)"),
                draft.warp("    Y = 0.5 * (Y + Xi)"),
            )
            draft.numpy("X, Y = full, np.broadcast_to(I, full.shape)", f"for step in range({steps}):")
            draft.numpy("    X, Y = 0.5 * (X + np.linalg.inv(Y)), 0.5 * (Y + np.linalg.inv(X))")
        elif kind == "exponential":
            rate = draft.knob(draft.name("time", "duration"), 0.05, 0.3)
            draft.line(f"term = {rate.warp()} * M", "X = I + term")
            draft.numpy(f"term = {rate.numpy()} * full", "X = I + term")
            for order in range(2, steps + 2):
                draft.line(f"term = {draft.number(round(1.0 / order, 8))} * (term @ ({rate.warp()} * M))", "X = X + term")
                draft.numpy(f"term = {round(1.0 / order, 8)} * (term @ ({rate.numpy()} * full))", "X = X + term")
        elif kind == "resolvent":
            rate = draft.knob(draft.name("alpha", "dt"), 0.1, 0.9)
            draft.line(f"X = wp.inverse(I + {rate.warp()} * M)")
            draft.numpy(f"X = np.linalg.inv(I + {rate.numpy()} * full)")
        else:
            draft.line(draft.warp("Y = 0.5 * (M - wp.transpose(M))"), "X = (I - Y) @ wp.inverse(I + Y)")
            draft.numpy(
                "Y = 0.5 * (full - np.swapaxes(full, 1, 2))",
                "X = np.linalg.solve(np.swapaxes(I + Y, 1, 2), np.swapaxes(I - Y, 1, 2))",
                "X = np.swapaxes(X, 1, 2)",
            )
        if system.right:
            system.load_vector("d")
            draft.line("image = X @ d")
            draft.numpy("solution_all = np.einsum('nij,nj->ni', X, right_all)")
            system.conclude([f"image[{r}]" for r in range(k)], [f"d[{r}]" for r in range(k)])
        else:
            shown = draw.choice(("matrix", "matrix", "trace", "both"))
            if shown != "matrix":
                draft.line("trace_x = wp.trace(X)")
                draft.numpy("trace_x = np.trace(X, axis1=1, axis2=2)")
                system.scalar("trace_x", -9.0, 20.0, ("trace_out", "invariant"))
            if shown != "trace":
                out = draft.output(draft.name("X_out", "result_out", "maps"), system.matrix, "n")
                draft.line(f"{out}[{system.i}] = X")
                draft.numpy(f"{out} = X")
    return draft.case(draw.choice((f"matrix_{kind}", f"{kind}_{k}x{k}", f"{kind}_iteration")), ["n"], system.sizes())
