"""One sparse product: how entries are stored and visited, what each sends to its row, and what becomes of the sums."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers, Offsets
from kernels.drafting.draft import Draft, Step
from kernels.drafting.layout import loop
from kernels.draw import Draw
from kernels.families.sparse_product.names import LONGEST, NAMES, VOCABULARIES, sizes
from kernels.language.expression import Expression, Variable, apply
from kernels.language.interval import SIGNED_UNIT, Interval
from kernels.language.types import I32, matrix
from kernels.source import indented

TOTAL = Interval(-40.0, 40.0)
"""Bound of a row's sum: far fewer than 40 entries of magnitude 1 meet in a row, and no operation fails a little beyond it."""


class Product:
    """The parts of one product: how entries are stored and visited, what each sends, and what becomes of the sums."""

    def __init__(self, draw: Draw, draft: Draft, layout: str) -> None:
        self.draw, self.draft, self.layout = draw, draft, layout
        words = draw.choice(VOCABULARIES)
        self.values, self.x, self.out, self.row = (words[w] for w in ("values", "x", "out", "row"))
        self.col, self.rows, self.entry = (words[w] for w in ("col", "rows", "entry"))
        self.element = draft.vector if draw.chance(0.3) else draft.real
        self.block = self.element.rank == 1 and layout != "dia" and draw.chance(0.35)
        self.many = layout in ("csr", "coo") and self.element.rank == 0 and draw.chance(0.3)
        self.square = layout in ("edges", "dia") or draw.chance(0.5)
        self.cols = self.rows if self.square else "num_cols"
        kinds = ["product", "product", "weighted"] + ["difference"] * self.square + ["fused"] * 2
        self.kind = draw.choice(kinds[: len(kinds) - 2 * self.block])
        if self.block and self.kind == "weighted":
            self.kind = "product"
        self.restricted = draw.chance(0.25) and self.square and layout != "dia"
        draft.reserve(self.out, self.row, self.col, self.entry, "c", "start", "end", "rows", "cols", "count")

    def case(self) -> Case:
        """The finished case."""
        return {"csr": self._compressed_rows, "ell": self._padded_rows, "dia": self._diagonals}.get(self.layout, self._scattered)()

    def _arrays(self, shape: tuple[str, ...]) -> None:
        """The entries' values and the operand."""
        kind = matrix(self.draft.width) if self.block else self.draft.real
        self.draft.array(self.values, kind, *shape)
        self.draft.array(self.x, self.element, *((self.cols, "width") if self.many else (self.cols,)))

    def _message(self, row: str, col: str, entry: str, numpy: dict[str, str]) -> tuple[list[str], list[str], Step]:
        """What one entry sends: lines of both texts and the last step. `numpy` spells its inputs over all entries."""
        draw, draft = self.draw, self.draft
        tail = ", c" if self.many else ""
        kind = matrix(draft.width) if self.block else draft.real
        weight = Variable(kind, SIGNED_UNIT, draft.free(draw.choice(("weight", "coeff", "a"))))
        there = Variable(self.element, SIGNED_UNIT, draft.free(draw.choice((f"{self.x}_{self.col}", f"{self.x}_j", "theirs"))))
        here = Variable(self.element, SIGNED_UNIT, draft.free(draw.choice((f"{self.x}_{self.row}", f"{self.x}_i", "own"))))
        lines = [f"{weight.name} = {self.values}[{entry}]", f"{there.name} = {self.x}[{col}{tail}]"]
        reference = [f"{weight.name} = {numpy['weight']}", f"{there.name} = {numpy['there']}"]
        needs_here = self.kind == "difference" or (self.kind == "fused" and self.square and draw.chance(0.6))
        if needs_here:
            lines.append(f"{here.name} = {self.x}[{row}{tail}]")
            reference.append(f"{here.name} = {numpy['here']}")
        extra = (
            draft.some_parameters(("alpha", "sigma", "gain", "diffusivity", "softening"), draw.integer(0, 2))
            if self.kind in ("weighted", "fused")
            else []
        )
        name = draw.choice(("message", "contribution", "flow", "term"))
        steps: list[Step] = []
        if self.kind == "fused":
            steps.append(draft.step(name, self.element, [weight, there, *([here] if needs_here else []), *extra]))
        else:
            carried: Variable = there
            if self.kind == "product" and not self.block and draw.chance(0.5):
                scale = draft.name("inv_degree", "row_scale", "inv_mass", "mobility")
                draft.array(scale, draft.real, self.rows, low=0.1)
                lines.append(f"{scale}_here = {scale}[{row}]")
                reference.append(f"{scale}_here = {scale}{numpy['row']}")
                own = Variable(draft.real, SIGNED_UNIT, f"{scale}_here")
                steps.append(draft.named(draw.choice(("scaled", "normalized")), apply("multiply", *draw.shuffled([weight, own]))))
                weight = steps[-1].value
            if self.kind == "difference":
                ends = [there, here] if draw.chance(0.7) else [here, there]
                change = apply("subtract_vec" if self.element.rank else "subtract", *ends)
                steps.append(draft.named(draw.choice(("difference", "gap", "drop")), change, inline=True))
                carried = steps[-1].value
            if self.kind == "weighted" or (not self.block and self.kind == "difference" and draw.chance(0.4)):
                steps.append(draft.step(draw.choice(("strength", "effective", "kernel_weight")), draft.real, [weight, *extra]))
                weight = steps[-1].value
            operation = "mat_vec" if self.block else "scale_vec" if self.element.rank else "multiply"
            steps.append(draft.named(name, apply(operation, weight, carried)))
        return [*lines, *(s.warp for s in steps)], [*reference, *(s.numpy for s in steps)], steps[-1]

    def _ending(self, total: str, *, nonlinear: bool) -> tuple[list[str], list[str]]:
        """From the row's sum to the stored value."""
        draw, draft, element = self.draw, self.draft, self.element
        at, shape = (f"{self.row}, c", (self.rows, "width")) if self.many else (self.row, (self.rows,))
        fields: list[Expression] = []
        lines, reference = [], []
        if draw.chance(0.45):
            name = draw.choice(("bias", "rhs", "previous", "external", "source_term"))
            draft.array(name, element, *shape)
            fields.append(Variable(element, SIGNED_UNIT, f"{name}_here"))
            lines.append(f"{name}_here = {name}[{at}]")
            reference.append(f"{name}_here = {name}")
        values = draft.some_parameters(("beta", "damping", "dt", "omega", "teleport"), draw.weighted((0, 1, 2), (5, 3, 1)))
        sum_of_row = Variable(element, TOTAL, total)
        steps = draft.ending(("result", "updated", "balance", "smoothed"), sum_of_row, fields, values, nonlinear=nonlinear)
        final = steps[-1].value.name if steps else total
        draft.output(self.out, element, *shape)
        lines += [*(s.warp for s in steps), f"{self.out}[{at}] = {final}"]
        return lines, [*reference, *(s.numpy for s in steps), f'return {{"{self.out}": {final}}}']

    def _guard(self, index: str, count: str) -> list[str]:
        if self.draw.chance(0.4):
            return []
        self.draft.count(count)
        return [f"if {index} >= {count}:", "    return"]

    def _restrict(self, lines: list[str], last: str, *, within_loop: bool) -> list[str]:
        """`lines`, but not for entries of the diagonal; `last` is the line that adds."""
        if not self.restricted:
            return [*lines, last]
        if self.draw.chance(0.5):
            leave = "continue" if within_loop else "return"
            return [f"if {self.col} == {self.row}:", f"    {leave}", *lines, last]
        return [f"if {self.col} != {self.row}:", *indented([*lines, last])]

    def _compressed_rows(self) -> Case:
        draw, draft = self.draw, self.draft
        offsets, columns = draw.choice(NAMES["csr"])
        draft.array(offsets, I32, f"{self.rows} + 1", domain=lambda e: Offsets(e["nnz"]))
        draft.array(columns, I32, "nnz", domain=lambda e: Integers(0, e[self.cols]))
        self._arrays(("nnz",))
        total = draw.choice(("total", "row_sum", "acc"))
        across = "[:, None]" if self.many else ""
        inputs = {"weight": self.values + across, "there": f"{self.x}[{columns}]", "here": f"{self.x}[rows]", "row": f"[rows]{across}"}
        lines, reference, message = self._message(self.row, self.col, self.entry, inputs)
        loaded = f"{self.col} = {columns}[{self.entry}]"
        inner = [loaded, *self._restrict(lines, f"{total} += {message.value.name}", within_loop=True)]
        mean = draw.chance(0.2)
        limited = not mean and draw.chance(0.06)
        ending, finish = self._ending(total, nonlinear=limited)
        body = [f"{self.row}{', c' if self.many else ''} = wp.tid()", *self._guard(self.row, self.rows)]
        stop = f"{offsets}[{self.row} + 1]"
        if mean or draw.chance(0.6):
            body += [f"start = {offsets}[{self.row}]", f"end = {stop}"]
            loops = loop(self.entry, "end", inner, "start")
        else:
            loops = loop(self.entry, stop, inner, f"{offsets}[{self.row}]")
        body += [f"{total} = {draft.zero(self.element)}", *loops]
        rows = [f"rows = np.repeat(np.arange({offsets}.size - 1), np.diff({offsets}))"]
        reference = [*rows, *reference, *self._kept(columns, "rows", message.value.name)]
        shape = f"({offsets}.size - 1,) + {self.x}.shape[1:]"
        reference += [f"{total} = np.zeros({shape}, {self.x}.dtype)", f"np.add.at({total}, rows, {message.value.name})"]
        if mean:
            body += ["count = wp.max(end - start, 1)", f"{total} = {total} / {draft.cast('count')}"]
            across = "[:, None]" if self.many or self.element.rank else ""
            reference += [f"count = np.maximum(np.diff({offsets}), 1).astype({self.x}.dtype)", f"{total} = {total} / count{across}"]
        name = draw.choice(("spmm", "csr_matmat") if self.many else ("csr_matvec", "spmv", "gather_messages", f"csr_{self.kind}"))
        dim = (self.rows, "width") if self.many else (self.rows,)
        draft.line(*body, *ending)
        draft.numpy(*reference, *finish)
        if limited:
            draft.limitations.add("dynamic_loop_result")
        return draft.case(name, dim, sizes(draw, self.rows))

    def _kept(self, columns: str, rows: str, message: str) -> list[str]:
        """numpy: messages of the diagonal are zero where those are left out."""
        if not self.restricted:
            return []
        across = "[..., None]" if self.many or self.element.rank else ""
        return [f"keep = {columns} != {rows}", f"{message} = np.where(keep{across}, {message}, 0.0)"]

    def _padded_rows(self) -> Case:
        draw, draft = self.draw, self.draft
        counts, columns = draw.choice(NAMES["ell"])
        rule = draw.choice(("counts", "marked", "full"))
        fixed = draw.chance(0.5) and rule != "counts"
        longest = str(draw.integer(2, 5)) if fixed else "max_nnz"
        shape = (self.rows, longest)
        if rule == "counts":
            draft.array(counts, I32, self.rows, domain=lambda e: Integers(0, e["max_nnz"] + 1))
        elif not fixed:
            draft.count("max_nnz")
        draft.array(columns, I32, *shape, domain=lambda e: Integers(-1 if rule == "marked" else 0, e[self.cols]))
        self._arrays(shape)
        total, slot = draw.choice(("total", "row_sum", "acc")), draw.choice(("slot", "s", "lane"))
        inputs = {"weight": self.values, "there": f"{self.x}[{columns}]", "here": f"{self.x}[:, None]", "row": "[:, None]"}
        lines, reference, message = self._message(self.row, self.col, f"{self.row}, {slot}", inputs)
        added = [*lines, f"{total} += {message.value.name}"]
        added = [f"if {self.col} != {self.row}:", *indented(added)] if self.restricted else added
        if rule == "marked":
            added = [f"if {self.col} >= 0:", *indented(added)]
        stop = f"{counts}[{self.row}]" if rule == "counts" else longest
        body = [f"{self.row} = wp.tid()", *self._guard(self.row, self.rows), f"{total} = {draft.zero(self.element)}"]
        body += loop(slot, stop, [f"{self.col} = {columns}[{self.row}, {slot}]", *added])
        name, across = message.value.name, "[..., None]" if self.element.rank else ""
        reference += self._kept(columns, f"np.arange({self.x}.shape[0])[:, None]", name)
        mask = {"counts": f"np.arange({columns}.shape[1]) < {counts}[:, None]", "marked": f"{columns} >= 0"}.get(rule)
        if mask:
            reference += [f"used = {mask}", f"{name} = np.where(used{across}, {name}, 0.0)"]
        reference.append(f"{total} = {name}.sum(axis=1)")
        ending, finish = self._ending(total, nonlinear=fixed)
        extents = [{**e, "max_nnz": draw.integer(2, LONGEST)} for e in sizes(draw, self.rows)]
        title = draw.choice(("ell_matvec", f"ell_{self.kind}", "padded_rows_product"))
        draft.line(*body, *ending)
        draft.numpy(*reference, *finish)
        return draft.case(title, (self.rows,), extents)

    def _scattered(self) -> Case:
        """One thread per entry (or per column), which adds into rows by atomics."""
        draw, draft, compressed = self.draw, self.draft, self.layout == "csc"
        first, second = draw.choice(NAMES["csc" if compressed else "coo"])
        draft.reserve(first, second)
        if compressed:
            draft.array(first, I32, f"{self.cols} + 1", domain=lambda e: Offsets(e["nnz"]))
            draft.array(second, I32, "nnz", domain=lambda e: Integers(0, e[self.rows]))
            rows, cols = second, "cols"
        else:
            draft.array(first, I32, "nnz", domain=lambda e: Integers(0, e[self.rows]))
            draft.array(second, I32, "nnz", domain=lambda e: Integers(0, e[self.cols]))
            rows, cols = first, second
        self._arrays(("nnz",))
        across = "[:, None]" if self.many else ""
        inputs = {"weight": self.values + across, "there": f"{self.x}[{cols}]", "here": f"{self.x}[{rows}]", "row": f"[{rows}]{across}"}
        lines, reference, message = self._message(self.row, self.col, self.entry, inputs)
        name, tail = message.value.name, ", c" if self.many else ""
        shape = (self.rows, "width") if self.many else (self.rows,)
        draft.output(self.out, self.element, *shape, role="accumulate")
        reference += self._kept(cols, rows, name)
        reference += [f"{self.out} = np.zeros_like({self.out})", f"np.add.at({self.out}, {rows}, {name})"]
        adds = [f"wp.atomic_add({self.out}, {self.row}{tail}, {name})"]
        if self.layout == "edges" or (self.square and draw.chance(0.2)):
            back = draw.choice(("sub", "sub", "add"))
            adds.append(f"wp.atomic_{back}({self.out}, {self.col}{tail}, {name})")
            reference.append(f"np.{'subtract' if back == 'sub' else 'add'}.at({self.out}, {cols}, {name})")
        if draw.chance(0.25) and not self.restricted and not self.many:
            degree = draw.choice(("degree", "entries", "valence"))
            draft.output(degree, I32, self.rows, role="accumulate")
            adds.append(f"wp.atomic_add({degree}, {self.row}, 1)")
            reference += [f"{degree} = np.bincount({rows}, minlength={self.out}.shape[0]).astype(np.int32)"]
        work = self._restrict(lines, adds[0], within_loop=compressed)
        work += indented(adds[1:]) if work[0].endswith(f"!= {self.row}:") else adds[1:]
        if compressed:
            inner = [f"{self.row} = {second}[{self.entry}]", *work]
            body = [f"{self.col} = wp.tid()", *self._guard(self.col, self.cols)]
            body += loop(self.entry, f"{first}[{self.col} + 1]", inner, f"{first}[{self.col}]")
            reference = [f"cols = np.repeat(np.arange({first}.size - 1), np.diff({first}))", *reference]
            dim = [self.cols]
        else:
            body = [f"{self.entry}{tail} = wp.tid()", *self._guard(self.entry, "nnz")]
            body += draw.shuffled([f"{self.row} = {first}[{self.entry}]", f"{self.col} = {second}[{self.entry}]"])
            body += work
            dim = ["nnz", "width"] if self.many else ["nnz"]
        titles = {"csc": ("csc_matvec", "scatter_columns"), "edges": ("graph_laplacian", "exchange_along_edges", f"edge_{name}")}
        title = draw.choice(titles.get(self.layout, ("coo_matvec", "scatter_messages", f"coo_{self.kind}")))
        draft.line(*body)
        draft.numpy(*reference)
        return draft.case(title, dim, sizes(draw, self.rows, smallest=2))

    def _diagonals(self) -> Case:
        draw, draft = self.draw, self.draft
        data, offsets = draw.choice((("data", "offsets"), ("diagonals", "diag_offsets"), ("bands", "shifts")))
        fixed = draw.chance(0.5)
        stored = str(draw.integer(2, 5)) if fixed else draw.choice(("num_diagonals", "num_bands"))
        by_row = draw.chance(0.5)
        draft.array(data, draft.real, *((self.rows, stored) if by_row else (stored, self.rows)))
        draft.array(offsets, I32, stored, domain=Integers(-4, 5))
        draft.array(self.x, self.element, self.rows)
        draft.count(self.rows)
        if not fixed:
            draft.count(stored)
        self.values = data
        total, d = draw.choice(("total", "acc")), draw.choice(("d", "band"))
        at = f"{self.row}, {d}" if by_row else f"{d}, {self.row}"
        column = f"{data}[:, d]" if by_row else f"{data}[d]"
        inputs = {"weight": column, "there": f"{self.x}[np.clip(cols, 0, cols.size - 1)]", "here": self.x, "row": ""}
        lines, inner, message = self._message(self.row, self.col, at, inputs)
        name = message.value.name
        body = [f"{self.row} = wp.tid()", *self._guard(self.row, self.rows), f"{total} = {draft.zero(self.element)}"]
        test = f"{self.col} >= 0 and {self.col} < {self.rows}"
        body += loop(d, stored, [f"{self.col} = {self.row} + {offsets}[{d}]", f"if {test}:", *indented([*lines, f"{total} += {name}"])])
        across = "[:, None]" if self.element.rank else ""
        inner = [f"cols = np.arange({self.x}.shape[0]) + {offsets}[d]", "inside = (cols >= 0) & (cols < cols.size)", *inner]
        inner.append(f"{total} = {total} + np.where(inside{across}, {name}, 0.0)")
        reference = [f"{total} = np.zeros_like({self.x})", f"for d in range({offsets}.size):", *indented(inner)]
        ending, finish = self._ending(total, nonlinear=fixed)
        extents = [{**e, "num_diagonals": 3, "num_bands": 5} for e in sizes(draw, self.rows)]
        title = draw.choice(("dia_matvec", "diagonal_storage_product", "banded_operator"))
        draft.line(*body, *ending)
        draft.numpy(*reference, *finish)
        return draft.case(title, (self.rows,), extents)
