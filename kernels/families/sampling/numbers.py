"""Numbers at random: correlated normal ones, prices and readings made of them, dice, shuffles, bits, seeds, hands of cards."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Uniform
from kernels.drafting.mirror.draft import MirrorDraft
from kernels.drafting.mirror.steps import step, stored
from kernels.draw import Draw
from kernels.families.sampling.generators import seeded, sizes


def build_normals(draw: Draw, draft: MirrorDraft) -> Case:
    """Normal numbers made fit: correlated pairs and triples, option prices, sensor models, antithetic pairs."""
    i = draw.choice(("tid", "i", "path"))
    kind = draw.choice(("pair", "triple", "option", "sensor", "antithetic"))
    draft.field("mean", "float", "n", names=("mu", "location"))
    draft.field("std", "float", "n", domain=Uniform(0.1, 1.0), names=("sigma", "vol", "noise_level"))
    draft.thread("n", "mean", index=i, counts=("n", "num_paths"))
    seeded(draw, draft, i)
    draft.code(f"m = mean[{i}]\ns = std[{i}]")
    if kind == "pair":
        rho = draft.tune(draw.choice(("rho", "correlation")), 0.1, 0.9)
        draft.code(
            f"z0 = wp.randn(state)\nz1 = wp.randn(state)\nx = m + s * z0\nvalue = m + s * ({rho} * z0 + wp.sqrt(1.0 - {rho} * {rho}) * z1)"
        )
        out = draft.result("first", "float", "n", names=("x_out",))
        draft.code(f"{out}[{i}] = x")
    elif kind == "triple":
        draft.field("cholesky", "mat33", 1, low=-0.5, high=1.0, names=("factor", "L"))
        draft.code(
            "z = vec3(wp.randn(state), wp.randn(state), wp.randn(state))\nw = cholesky[0] @ z * s\nvalue = m + w[0] + 0.5 * w[1] * w[2]"
        )
    elif kind == "option":
        strike, maturity = draft.tune("strike", 0.8, 1.2), draft.tune("maturity", 0.2, 1.0)
        draft.code(f"""
            drift = -0.5 * s * s * {maturity}
            diffusion = s * wp.sqrt({maturity}) * wp.randn(state)
            price = (1.5 + 0.2 * m) * wp.exp(drift + diffusion)
            value = {draw.choice((f"wp.max(price - {strike}, 0.0)", f"wp.max({strike} - price, 0.0)", f"wp.abs(price - {strike})"))}
            """)
    elif kind == "sensor":
        step(
            draft,
            "value",
            "measure",
            "truth: float, noise: float, z: float, u: float",
            ["m", "s", "wp.randn(state)", "wp.randf(state)"],
            f"reading = truth + noise * z\nif u < {draw.real(0.05, 0.2)}:\n    reading = 2.0 * truth\nreturn reading",
            "float",
            share=1.0,
        )
    else:
        f = draw.choice(("wp.exp(0.3 * {0})", "{0} * {0}", "wp.tanh({0})", "wp.sqrt(1.0 + {0} * {0})"))
        draft.code(f"z = wp.randn(state)\nup = m + s * z\ndown = m - s * z\nvalue = 0.5 * ({f.format('up')} + {f.format('down')})")
    stored(draft, "value", "float", 60.0, i, ["n"], ("value_out", "sample_out", "payoff"), total=0.3)
    return draft.finish(f"{kind}_{draw.choice(('normals', 'samples', 'draws'))}", ["n"], sizes(draw))


def build_dice(draw: Draw, draft: MirrorDraft) -> Case:
    """Integers at random: dice, shuffles of short rows, permutations by swaps, bits, seeds for other generators."""
    i = draw.choice(("tid", "i", "row"))
    kind = draw.choice(("dice", "dice", "shuffle", "bits", "bits", "seeds", "hand"))
    count = draw.integer(3, 7)
    if kind == "shuffle":
        draft.field("rows", "int", "n", count, domain=Integers(0, 13), names=("deck", "order_in"))
        draft.thread("n", "rows", index=i, counts=("num_rows", "n"))
        seeded(draw, draft, i)
        out = draft.result("shuffled", "int", "n", count, names=("deck_out", "order_out"))
        draft.code("\n".join(f"c{k} = rows[{i}, {k}]" for k in range(count)))
        for k in range(count - 1, 0, -1):
            draft.code(f"j = wp.randi(state, 0, {k + 1})")
            for m in range(k):
                draft.code(f"if j == {m}:\n    swap = c{m}\n    c{m} = c{k}\n    c{k} = swap")
        draft.code("\n".join(f"{out}[{i}, {k}] = c{k}" for k in range(count)))
        return draft.finish("shuffle_rows", ["n"], sizes(draw, 60))
    draft.field("offset", "int", "n", domain=Integers(0, 13), names=("bonus", "start"))
    draft.thread("n", "offset", index=i, counts=("n", "num_rows"))
    seeded(draw, draft, i)
    if kind == "dice":
        sides = draw.choice((4, 6, 8, 20))
        roll = draw.choice(
            (
                f"wp.randi(state, 1, {sides + 1})",
                f"wp.randi(state, 0, {sides}) + 1",
                f"int(wp.randu(state) % wp.uint32({sides})) + 1",
                f"int(wp.randu(state, wp.uint32(1), wp.uint32({sides + 1})))",
            )
        )
        draft.code(f"""
            total = offset[{i}]
            highest = int(0)
            for k in range({count}):
                roll = {roll}
                total += roll
                highest = wp.max(highest, roll)
            """)
        out = draft.result("totals", "int", "n", names=("score", "sum_out"))
        draft.code(f"{out}[{i}] = total")
        if draw.chance(0.6):
            out = draft.result("highest_out", "int", "n", names=("best_roll",))
            draft.code(f"{out}[{i}] = highest")
        if draw.chance(0.5):
            out = draft.result("face_counts", "int", 32, role="accumulate", names=("histogram",))
            draft.code(f"wp.atomic_add({out}, highest, 1)")
    elif kind == "bits":
        draft.code(f"""
            word = wp.randu(state)
            ones = wp.bit_count(word)
            mask = (word >> wp.uint32({draw.integer(3, 24)})) & wp.uint32({draw.choice((15, 31, 255))})
            mixed_bits = word ^ wp.randu(state)
            """)
        for name, value in (("ones_out", f"ones + offset[{i}]"), ("mask_out", "int(mask)")):
            out = draft.result(name, "int", "n")
            draft.code(f"{out}[{i}] = {value}")
        out = draft.result("words", "wp.uint32", "n")
        draft.code(f"{out}[{i}] = mixed_bits")
    elif kind == "seeds":
        draft.code(f"child_seed = wp.randi(state)\nchild = wp.rand_init(child_seed, offset[{i}])\nfirst = wp.randu(child)")
        out = draft.result("child_states", "wp.uint32", "n")
        draft.code(f"{out}[{i}] = child")
        out = draft.result("first_words", "wp.uint32", "n")
        draft.code(f"{out}[{i}] = first")
    else:
        size = draw.choice((16, 32, 52))
        draft.code(f"""
            taken = wp.uint64(0)
            sum_of_cards = offset[{i}]
            for k in range({count}):
                card = wp.randi(state, 0, {size})
                bit = wp.uint64(1) << wp.uint64(card)
                if (taken & bit) == wp.uint64(0):
                    taken = taken | bit
                    sum_of_cards += card
            """)
        out = draft.result("hands", "wp.uint64", "n")
        draft.code(f"{out}[{i}] = taken")
        out = draft.result("sums", "int", "n")
        draft.code(f"{out}[{i}] = sum_of_cards")
    return draft.finish(f"{kind}_{draw.choice(('rolls', 'draws', 'table'))}", ["n"], sizes(draw))
