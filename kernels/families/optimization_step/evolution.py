"""Offspring from given random numbers: differential evolution, mutation, recombination, tournaments, strategies."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.draft import Draft
from kernels.drafting.finish import drop_idle_locals, finish
from kernels.draw import Draw
from kernels.language.types import I32


def build_evolution(draw: Draw, draft: Draft) -> Case:
    """Offspring per individual: differential evolution, mutation by given normals, recombination, tournaments, strategies."""
    kind = draw.choice(("differential", "mutate", "recombine", "tournament", "gradient", "covariance"))
    d = draw.choice((2, 3, 4))
    i = draw.choice(("i", "tid", "individual"))
    draft.reserve(
        i, "j", "a", "b", "c", "trial", "best", "u", "x", "w", "n", "d", "k", "step", "winner", "f0", "f1", "deviation", "rows", "parent"
    )
    genes = draft.array(draft.name("population", "genes", "x_in"), draft.real, "n", d)
    anyone = lambda s: Integers(0, s["n"])  # noqa: E731
    if kind in ("gradient", "covariance"):
        weights = draft.array(draft.name("fitness", "weights"), draft.real, "n", low=-0.5, high=1.0)
        with draft.threads((i, "n", genes, 0)):
            draft.line(f"w = {weights}[{i}]")
            draft.numpy(f"w = {weights}")
            if draw.chance(0.6):
                draft.fused("w", draft.real, [draft.known("w", draft.real, -0.5, 1.0), *draft.some_parameters(("scale", "baseline"), 1)])
            if kind == "gradient":
                out = draft.output(draft.name("gradient_out", "mean_shift"), draft.real, d, role="accumulate")
                draft.line(f"for j in range({d}):", f"    wp.atomic_add({out}, j, w * {genes}[{i}, j])")
                draft.numpy(f"{out} = w @ {genes}")
                if draw.chance(0.5):
                    spread = draft.output("spread", draft.real, d, role="accumulate")
                    draft.line(
                        f"for j in range({d}):",
                        draft.warp(f"    wp.atomic_add({spread}, j, w * ({genes}[{i}, j] * {genes}[{i}, j] - 1.0))"),
                    )
                    draft.numpy(f"{spread} = w @ ({genes} * {genes} - 1.0)")
            else:
                mean = draft.array(draft.name("mean", "center"), draft.real, d)
                sigma = draft.knob(draft.name("sigma", "step_size"), 0.4, 1.5).numpy()
                out = draft.output(draft.name("covariance_out", "C_out"), draft.real, d, d, role="accumulate")
                sigma_text = sigma if sigma[0].isalpha() else draft.warp(sigma)
                with draft.block(f"for j in range({d}):"):
                    draft.line(f"deviation = ({genes}[{i}, j] - {mean}[j]) / {sigma_text}")
                    with draft.block(f"for k in range({d}):"):
                        draft.line(f"wp.atomic_add({out}, j, k, w * deviation * ({genes}[{i}, k] - {mean}[k]) / {sigma_text})")
                draft.numpy(f"rows = ({genes} - {mean}) / {sigma}", f"{out} = (w[:, None] * rows).T @ rows")
        drop_idle_locals(draft)
        return draft.case(
            draw.choice((f"evolution_{kind}", "rank_update" if kind == "covariance" else "search_gradient")),
            ["n"],
            [{"n": n} for n in draw.sizes(120)],
        )
    out = draft.name("offspring", "trial_out", "x_out")
    factor = draft.knob(draft.name("factor", "strength", "mix_rate"), 0.3, 0.9).numpy()
    f_text = factor if factor[0].isalpha() else draft.warp(factor)
    with draft.threads((i, "n", genes, 0)):
        draft.output(out, draft.real, "n", d)
        if kind == "differential":
            strategy = draw.choice(("rand", "best", "current_to_best"))
            for name in ("a", "b", *(("c",) if strategy == "rand" else ())):
                array = draft.array(f"{name}_id", I32, "n", domain=anyone)
                draft.line(f"{name} = {array}[{i}]")
                draft.numpy(f"{name} = {array}")
            if strategy != "rand":
                draft.array("best_genes", draft.real, d)
            rate = draft.knob(draft.name("crossover", "cr"), 0.3, 0.9)
            uniforms = draft.array(draft.name("uniforms", "u_in"), draft.real, "n", d, domain=Uniform(0.0, 1.0), differentiable=False)
            forced = draft.array("forced_axis", I32, "n", domain=Integers(0, d)) if draw.chance(0.6) else ""
            difference = f"{f_text} * ({genes}[a, j] - {genes}[b, j])"
            own = f"{genes}[{i}, j]"
            base = {
                "rand": f"{genes}[c, j] + {difference}",
                "best": f"best_genes[j] + {difference}",
                "current_to_best": f"{own} + {f_text} * (best_genes[j] - {own}) + {difference}",
            }[strategy]
            whole = f"{factor} * ({genes}[a] - {genes}[b])"
            numpy_base = {
                "rand": f"{genes}[c] + {whole}",
                "best": f"best_genes + {whole}",
                "current_to_best": f"{genes} + {factor} * (best_genes - {genes}) + {whole}",
            }[strategy]
            with draft.block(f"for j in range({d}):"):
                draft.line(f"trial = {own}")
                with draft.block(f"if {uniforms}[{i}, j] < {rate.warp()}{f' or {forced}[{i}] == j' if forced else ''}:"):
                    draft.line(f"trial = {base}")
                if draw.chance(0.4):
                    draft.line(draft.warp("trial = wp.clamp(trial, -1.2, 1.2)"))
                    clamped = True
                else:
                    clamped = False
                draft.line(f"{out}[{i}, j] = trial")
            draft.numpy(
                f"crossed = {uniforms} < {rate.numpy()}",
                *([f"crossed = crossed | ({forced}[:, None] == np.arange({d}))"] if forced else []),
            )
            draft.numpy(
                f"trial = np.where(crossed, {numpy_base}, {genes})",
                *(["trial = np.clip(trial, -1.2, 1.2)"] if clamped else []),
                f"{out} = trial",
            )
            name = f"de_{strategy}"
        elif kind == "mutate":
            noise = draft.array(draft.name("normals", "noise"), draft.real, "n", d)
            adaptive = draw.chance(0.5)
            sigma = draft.array("sigma_in", draft.real, "n", low=0.1, high=0.6) if adaptive else ""
            if adaptive:
                extra = draft.array("sigma_noise", draft.real, "n")
                draft.line(f"step = {sigma}[{i}] * wp.exp({f_text} * {extra}[{i}])")
                draft.numpy(f"step = {sigma} * np.exp({factor} * {extra})")
                draft.store(draft.output("sigma_out", draft.real, "n"), i, "step")
            else:
                draft.line(f"step = {draft.number(0.5)} * {f_text}")
                draft.numpy(f"step = 0.5 * {factor}")
            bounded = draw.choice(("none", "clamp", "reflect"))
            with draft.block(f"for j in range({d}):"):
                draft.line(f"x = {genes}[{i}, j] + step * {noise}[{i}, j]")
                if bounded == "clamp":
                    draft.line(draft.warp("x = wp.clamp(x, -1.0, 1.0)"))
                elif bounded == "reflect":
                    draft.line(draft.warp("x = wp.where(wp.abs(x) > 1.0, wp.sign(x) * (2.0 - wp.abs(x)), x)"))
                draft.line(f"{out}[{i}, j] = x")
            draft.numpy(f"x = {genes} + {'step[:, None]' if adaptive else 'step'} * {noise}")
            if bounded != "none":
                draft.numpy(
                    "x = np.clip(x, -1.0, 1.0)"
                    if bounded == "clamp"
                    else "x = np.where(np.abs(x) > 1.0, np.sign(x) * (2.0 - np.abs(x)), x)"
                )
            draft.numpy(f"{out} = x")
            name = f"mutate_{bounded}"
        elif kind == "recombine":
            parents = draft.array("parents", I32, "n", 2, domain=anyone)
            draft.line(f"a = {parents}[{i}, 0]", f"b = {parents}[{i}, 1]")
            draft.numpy(f"a, b = {parents}[:, 0], {parents}[:, 1]")
            mix = draft.array(draft.name("mixing", "u_in"), draft.real, "n", d, domain=Uniform(0.02, 0.98))
            how = draw.choice(("blend", "uniform", "arithmetic"))
            with draft.block(f"for j in range({d}):"):
                draft.line(f"u = {mix}[{i}, j]")
                if how == "blend":
                    draft.line(draft.warp(f"u = u * (1.0 + 2.0 * {factor}) - {factor}"))
                if how == "uniform":
                    draft.line(f"trial = wp.where(u < {f_text}, {genes}[a, j], {genes}[b, j])")
                else:
                    draft.line(f"trial = {genes}[a, j] + u * ({genes}[b, j] - {genes}[a, j])")
                draft.line(f"{out}[{i}, j] = trial")
            draft.numpy(f"u = {mix}", *([f"u = u * (1.0 + 2.0 * {factor}) - {factor}"] if how == "blend" else []))
            draft.numpy(
                f"{out} = np.where(u < {factor}, {genes}[a], {genes}[b])"
                if how == "uniform"
                else f"{out} = {genes}[a] + u * ({genes}[b] - {genes}[a])"
            )
            name = f"recombine_{how}"
        else:
            rounds = draw.choice((2, 3, 4))
            drawn = draft.array("contestants", I32, "n", rounds, domain=anyone)
            fitness = draft.array("fitness", draft.real, "n")
            draft.line(f"winner = {drawn}[{i}, 0]", f"f0 = {fitness}[winner]")
            with draft.block(f"for k in range(1, {rounds}):"):
                draft.line(f"a = {drawn}[{i}, k]", f"f1 = {fitness}[a]")
                with draft.block("if f1 < f0:"):
                    draft.line("winner = a", "f0 = f1")
            with draft.block(f"for j in range({d}):"):
                draft.line(f"{out}[{i}, j] = {f_text} * {genes}[winner, j]")
            # Of contestants that are one and the same, the first counts: ties by construction.
            draft.numpy(
                f"winner, f0 = {drawn}[:, 0], {fitness}[{drawn}[:, 0]]",
                f"for k in range(1, {rounds}):",
                f"    f1 = {fitness}[{drawn}[:, k]]",
                f"    winner, f0 = np.where(f1 < f0, {drawn}[:, k], winner), np.where(f1 < f0, f1, f0)",
                f"{out} = {factor} * {genes}[winner]",
            )
            finish(draft, draft.known("f0", draft.real, -1.0, 1.0), ("fitness_out", "best_value"), i, ("n",), share=0.4)
            name = "tournament"
    drop_idle_locals(draft)
    return draft.case(draw.choice((name, f"{kind}_offspring", f"evolve_{kind}")), ["n"], [{"n": n} for n in draw.sizes(120)])
