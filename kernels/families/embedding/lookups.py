"""Lookups: a row of a table per token, with positions, token types, padding, and a norm behind."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.epilogues import Site, epilogue
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined, outlined_value
from kernels.draw import Draw
from kernels.families.embedding.tokens import Table, Tokens, drawn_width
from kernels.language.types import I32


class _Summands:
    """What is added to a token's row: a learned position, a token type. Kernel terms per element, and the reference's sum."""

    def __init__(self, draft: Draft, tokens: Tokens, width: Extent, count: int) -> None:
        self.draft, self.tokens = draft, tokens
        self.terms: list[str] = []
        self.numpy: list[str] = []
        kinds = draft.draw.subset(("position", "type", "learned"), count)
        for kind in kinds:
            getattr(self, f"_{kind}")(width)

    def _position(self, width: Extent) -> None:
        """A table over positions: those of the sequence from an offset on, or given ones."""
        draft, tokens = self.draft, self.tokens
        table = draft.name("position_table", "pos_embeddings", "wpe")
        draft.array(table, draft.real, 16, width)
        if draft.draw.chance(0.5):
            ids = draft.array(draft.name("position_ids", "positions"), I32, *tokens.extents, domain=Integers(0, 16))
            local = draft.name("position", "pos")
            draft.line(f"{local} = {ids}[{tokens.at}]")
            self.terms.append(f"{table}[{local}, d]")
            self.numpy.append(f"{table}[{ids}]")
            return
        last = tokens.indices[-1]
        if draft.draw.chance(0.4) or len(tokens.indices) == 1:
            # A position within a window of 16, as in packed sequences.
            local = draft.name("position", "pos")
            draft.line(f"{local} = {last} % 16")
            self.terms.append(f"{table}[{local}, d]")
        else:
            self.terms.append(f"{table}[{last}, d]")
        self.numpy.append(f"{table}[np.arange(ids_all.shape[-1]) % 16]")

    def _type(self, width: Extent) -> None:
        draft, tokens = self.draft, self.tokens
        kinds = draft.draw.choice((2, 3))
        table = draft.name("type_table", "segment_embeddings", "type_vectors")
        draft.array(table, draft.real, kinds, width)
        ids = draft.array(draft.name("type_ids", "segment_ids"), I32, *tokens.extents, domain=Integers(0, kinds))
        self.terms.append(f"{table}[{ids}[{tokens.at}], d]")
        self.numpy.append(f"{table}[{ids}]")

    def _learned(self, width: Extent) -> None:
        """The same vector for all tokens."""
        draft = self.draft
        name = draft.array(draft.name("bias", "modality_vector", "shift_vector"), draft.real, width)
        self.terms.append(f"{name}[d]")
        self.numpy.append(name)


def lookup(draw: Draw) -> Case:
    """Every token's row, scaled, with what is added to it; padding gives zeros, or a row of its own."""
    draft = Draft(draw, smooth=True)
    padded = draw.chance(0.4)
    tokens = Tokens(draft, padded=padded)
    width: Extent = drawn_width(draw, 4, 8, "dim_size", "dim_size", "dim_size")
    table = Table(draft, "vocab_size", width, layouts=("rows", "rows", "rows", "columns", "flat"))
    by_token = draw.chance(0.4)
    threads = [*tokens.indices, *([] if by_token else ["d"])]
    draft.line(f"{', '.join(threads)} = wp.tid()")
    if draw.chance(0.35):
        count = tokens.extents[0]
        draft.count(count)
        draft.line(f"if {tokens.indices[0]} >= {count}:", "    return")
    if table.layout == "flat" and not isinstance(width, int):
        draft.count("dim_size")
    elif by_token and not isinstance(width, int):
        draft.extent("dim_size", table.name, 0 if table.layout == "columns" else 1)
    draft.numpy(f"ids_all = {tokens.ids}")
    draft.line(f"row = {tokens.ids}[{tokens.at}]")
    out = draft.name("out", "embedded", "hidden", "y")
    extents: tuple[Extent, ...] = (*tokens.extents, width)
    draft.output(out, draft.real, *extents)
    at = f"{tokens.at}, d"
    fallback = ""
    if padded:
        if not by_token and draw.chance(0.4):
            draft.line("if row < 0:", f"    {out}[{at}] = {draft.number(0.0)}", "    return")
            fallback = "zeros"
        else:
            # Unknown tokens share the first row.
            draft.line(*(["row = wp.max(row, 0)"] if draw.chance(0.5) else ["if row < 0:", "    row = int(0)"]))
            draft.numpy("ids_all = np.maximum(ids_all, 0)")
    added = _Summands(draft, tokens, width, draw.weighted((0, 1, 2), (5, 4, 2)))
    scale = draft.knob(draft.name("scale", "embed_scale"), 0.5, 4.0).numpy() if draw.chance(0.4) else ""
    value = draft.name("value", "element", "e")
    first = table.at("row", "d")
    text = " + ".join([f"{scale} * {first}" if scale else first, *added.terms])
    rows = table.taken("np.maximum(ids_all, 0)" if fallback else "ids_all", str(width) if isinstance(width, int) else "dim_size")
    numpy = " + ".join([f"{scale} * {rows}" if scale else rows, *added.numpy])
    draft.numpy(f"{value} = {numpy}")
    site = Site(at, extents, "d", width)

    def body() -> str:
        draft.line(f"{value} = {draft.warp(text)}")
        final = epilogue(draft, draft.known(value, draft.real, -6.0, 6.0), site, most=2).name if draw.chance(0.5) else value
        draft.line(f"{out}[{at}] = {final}")
        return final

    if by_token:
        with draft.block(f"for d in range({width}):"):
            final = body()
    else:
        final = body()
    draft.results(**{out: f"np.where((ids_all < 0)[..., None], 0.0, {final})" if fallback else final})
    title = draw.choice(("embedding_lookup", "embed_tokens", "gather_rows", "token_embedding", "embedding_forward"))
    return draft.case(title, (*tokens.extents, *([] if by_token else [width])), tokens.sizes())


def normalized_input(draw: Draw) -> Case:
    """The input layer of an encoder: word, position and type vectors summed and layer-normalized, one thread per token."""
    draft = Draft(draw, smooth=True)
    real = draft.real
    tokens = Tokens(draft)
    static = draw.chance(0.35)
    width: Extent = drawn_width(draw, 4, 6) if static else "dim_size"
    table = Table(draft, "vocab_size", width)
    draft.line(f"{tokens.at} = wp.tid()")
    if not static:
        draft.extent("dim_size", table.name, 1)
    draft.numpy(f"ids_all = {tokens.ids}")
    draft.line(f"row = {tokens.ids}[{tokens.at}]")
    added = _Summands(draft, tokens, width, draw.choice((1, 2)))
    draft.reserve("mean_all", "var_all", "delta", "values_all")
    text = " + ".join([table.at("row", "d"), *added.terms])
    element = outlined_value(draft, draw.choice(("summed_embedding", "input_element", "embed")), [], draft.warp(text), real)
    mean, spread = draft.name("mean", "mu"), draft.name("variance", "sigma_sq")
    count = draft.number(float(width)) if isinstance(width, int) else draft.cast(width)
    rms = draw.chance(0.3)
    size = str(width)
    if not rms:
        lines = [f"{mean} = {draft.zero()}", *loop("d", size, [f"{mean} += {element}"]), f"{mean} = {mean} / {count}"]
        outlined(draft, draw.choice(("token_mean", "mean_of_row")), lines, [(mean, real)])
        draft.known(mean, real, -3.0, 3.0)
    less = "" if rms else f" - {mean}"
    lines = [f"{spread} = {draft.zero()}", *loop("d", size, [f"delta = {element}{less}", f"{spread} += delta * delta"])]
    lines.append(f"{spread} = {spread} / {count}")
    outlined(draft, draw.choice(("token_variance", "spread_of_row")), lines, [(spread, real)])
    eps = draft.parameters(("eps", 1e-4, 1e-2))["eps"].numpy() if draw.chance(0.5) else "1.0e-3"
    rstd = draft.name("rstd", "inv_std")
    draft.warp_formula(f"{rstd} = 1.0 / wp.sqrt({spread} + {eps})")
    draft.numpy(f"values_all = {' + '.join([table.taken('ids_all', ''), *added.numpy])}")
    draft.numpy("mean_all = 0.0" if rms else "mean_all = np.mean(values_all, axis=-1, keepdims=True)")
    draft.numpy("var_all = np.mean((values_all - mean_all) ** 2, axis=-1, keepdims=True)")
    gamma, beta = draft.array("gamma", real, width, low=0.4, high=1.6), draft.array("beta", real, width)
    out = draft.output(draft.name("out", "hidden", "encoder_input"), real, *tokens.extents, width)
    at = f"{tokens.at}, d"
    with draft.block(f"for d in range({size}):"):
        value = draft.name("normalized", "x_hat")
        draft.line(f"{value} = ({element}{less}) * {rstd}" if less else f"{value} = {element} * {rstd}")
        draft.numpy(f"{value} = (values_all - mean_all) / np.sqrt(var_all + {eps})")
        affine = draft.name("affine", "y")
        draft.line(f"{affine} = {value} * {gamma}[d] + {beta}[d]")
        draft.numpy(f"{affine} = {value} * {gamma} + {beta}")
        site = Site(at, (*tokens.extents, width), "d", width)
        final = epilogue(draft, draft.known(affine, real, -9.0, 9.0), site, most=1)
        draft.line(f"{out}[{at}] = {final.name}")
    draft.results(**{out: final.name})
    title = draw.choice(("encoder_embeddings", "embed_and_normalize", "fused_input_embedding"))
    sizes = [{**s, "dim_size": max(2, s["dim_size"])} for s in tokens.sizes()]
    said = draw.choice(("", "Sum of the token's vectors, then a norm over its elements."))
    return draft.case(title, tokens.extents, sizes, docstring=said)
