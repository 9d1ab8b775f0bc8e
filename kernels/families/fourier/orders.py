"""The order of a transform's numbers: reversed bits, Gray code, halves exchanged, even and odd apart."""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.fourier.complexes import ComplexStyle, row


def build_permutation(draw: Draw, draft: Draft) -> Case:
    """The order of a transform's numbers: reversed bits, Gray code, halves exchanged, even and odd apart; gathered or scattered."""
    kind = draw.choice(("reverse", "reverse", "gray", "shift", "unzip", "mirror"))
    prefix, b, batch = row(draft, 0.3)
    i = draw.choice(("i", "tid", "k"))
    draft.reserve(i, "j", "target", "bits", "at", "numbers", "n", "step")
    style = ComplexStyle(draft, draw.choice(("split", "pair", "pair")))
    is_real = draw.chance(0.35)
    bits = draw.choice((3, 4, 5))
    n = 1 << bits
    if is_real:
        source = draft.array(draft.name("x", "data"), draft.real, *batch, n)
        out_name = draft.name("y", "reordered")
    else:
        data, out = style.array("data", *batch, n), style.array("reordered", *batch, n, output=True)
    draft.line(f"{b}, {i} = wp.tid()" if b else f"{i} = wp.tid()")
    number = f"np.arange({n})"
    if kind == "reverse":
        if draw.chance(0.5):
            draft.line("target = int(0)", f"rest = {i}")
            with draft.block(f"for step in range({bits}):"):
                draft.line("target = (target << 1) | (rest & 1)", "rest = rest >> 1")
        elif bits == 4 and draw.chance(0.5):
            draft.line(f"swapped = (({i} & 5) << 1) | (({i} >> 1) & 5)", "target = ((swapped & 3) << 2) | (swapped >> 2)")
        else:
            terms = [
                f"(({i} & {1 << k}) << {bits - 1 - 2 * k})" if bits - 1 - 2 * k >= 0 else f"(({i} & {1 << k}) >> {2 * k + 1 - bits})"
                for k in range(bits)
            ]
            draft.line(f"target = {' | '.join(terms)}")
        draft.numpy(f"target = np.array([int(format(k, '0{bits}b')[::-1], 2) for k in range({n})])")
    elif kind == "gray":
        draft.line(f"target = {i} ^ ({i} >> 1)")
        draft.numpy(f"target = {number} ^ ({number} >> 1)")
    elif kind == "shift":
        draft.line(f"target = ({i} + {n // 2}) % {n}")
        draft.numpy(f"target = np.fft.fftshift({number})")
    elif kind == "unzip":
        draft.line(f"target = wp.where({i} < {n // 2}, 2 * {i}, 2 * ({i} - {n // 2}) + 1)")
        draft.numpy(f"target = np.concatenate([np.arange(0, {n}, 2), np.arange(1, {n}, 2)])")
    else:
        draft.line(f"target = ({n} - {i}) % {n}")
        draft.numpy(f"target = -{number} % {n}")
    scatter = kind != "reverse" and draw.chance(0.5)
    from_, to = (i, "target") if scatter else ("target", i)
    swap = draw.chance(0.4)
    if is_real:
        draft.line(f"value = {source}[{prefix}{from_}]")
        draft.output(out_name, draft.real, *batch, n)
        draft.numpy("numbers = " + source)
    else:
        parts = data.load("value", f"{prefix}{from_}")
        draft.numpy(f"numbers = {data.numbers()}")
    draft.numpy("numbers = numbers[..., np.argsort(target)]" if scatter else "numbers = numbers[..., target]")
    if is_real:
        value = draft.known("value", draft.real, -1.0, 1.0)
        draft.numpy("value = numbers")
        final = draft.fused("scaled", draft.real, [value, *draft.some_parameters(("gain", "scale"), 1)]) if draw.chance(0.8) else value
        draft.line(f"{out_name}[{prefix}{to}] = {final.name}")
        draft.numpy(f"{out_name} = {final.name}")
    else:
        scale = draft.knob(draft.name("scale", "norm"), 0.2, 1.5) if draw.chance(0.6) else None
        factor = f"{scale.warp()} * " if scale is not None else ""
        draft.numpy(f"numbers = {f'{scale.numpy()} * ' if scale is not None else ''}{'numbers.conj()' if swap else 'numbers'}")
        out.store(f"{prefix}{to}", f"{factor}{parts[0]}", f"{'-' if swap else ''}{factor}{parts[1]}")
        out.hold("numbers")
    sizes = [{"batches": r} for r in (1, 3, 7)]
    return draft.case(draw.choice((f"{kind}_order", f"permute_{kind}", "reorder")), (*batch, n), sizes)
