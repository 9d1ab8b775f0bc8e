"""Steps that look at a whole row of parameters: factored and row-wise moments, norms of rows, ratios of trust, centred gradients."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Uniform
from kernels.drafting.arguments import Extent
from kernels.drafting.draft import Draft
from kernels.drafting.layout import loop
from kernels.drafting.outlines import outlined
from kernels.drafting.rewriting import complement
from kernels.draw import Draw

_NAMES = ((("row", "col"), ("rows", "cols")), (("i", "j"), ("n", "m")), (("unit", "k"), ("units", "fan_in")))


class _Rows:
    """Parameters and gradients by rows; one thread per row that loops, or one per element."""

    def __init__(self, draw: Draw, *, static: bool) -> None:
        self.draw = draw
        self.draft = draft = Draft(draw, smooth=True)
        (self.i, self.j), (self.rows, cols) = draw.choice(_NAMES)
        self.width: Extent = draw.choice((2, 3, 4)) if static else cols
        self.static = static
        self.cols = cols
        draft.reserve(self.i, self.j, self.rows, cols, "g", "p", "factor", "update", "new_p", "old", "moved", "result_all")
        draft.reserve("w_norm", "g_norm")
        self._declared: dict[str, str] = {}

    @property
    def params(self) -> str:
        """The parameters' array, declared where it is first asked for."""
        return self._array("weights", "params", "w")

    @property
    def grads(self) -> str:
        """The gradients' array, declared where it is first asked for."""
        return self._array("grads", "grad", "dw")

    def _array(self, *names: str) -> str:
        if names[0] not in self._declared:
            self._declared[names[0]] = self.draft.array(self.draft.name(*names), self.draft.real, self.rows, self.width)
        return self._declared[names[0]]

    @property
    def at(self) -> str:
        """The kernel's index of an element."""
        return f"{self.i}, {self.j}"

    def computed(self, function: str, lines: list[str], *results: str) -> None:
        """Places a loop over the row that sums into `results`: a function where it is dynamic, or now and then."""
        draft = self.draft
        if not self.static or self.draw.chance(0.3):
            outlined(draft, function, lines, [(name, draft.real) for name in results])
        else:
            draft.line(*lines)
        for name in results:
            draft.known(name, draft.real, -30.0, 30.0)

    def count(self) -> str:
        """The kernel's real number of elements in a row."""
        return self.draft.number(float(self.width)) if isinstance(self.width, int) else self.draft.cast(self.width)

    def open(self, array: str) -> None:
        """The length of a row of `array`, where it is dynamic."""
        if not self.static:
            self.draft.extent(self.cols, array, 1)

    def sizes(self) -> list[dict[str, int]]:
        """The sizes of the three launches."""
        return [{self.rows: n, self.cols: m} for n, m in ((1, 1), (5, 3), (self.draw.choice((11, 13)), 7))]


def factored(draw: Draw) -> Case:
    """Adafactor (Shazeer and Stern, 2018): second moments of rows and columns stand for those of all elements; or their update."""
    made = _Rows(draw, static=draw.chance(0.3))
    if draw.chance(0.4):
        return _moments(draw, made)
    draft, real = made.draft, made.draft.real
    row_moment = draft.array(draft.name("row_moment", "r_factor", "exp_avg_sq_row"), real, made.rows, domain=Uniform(0.2, 1.5))
    col_moment = draft.array(draft.name("col_moment", "c_factor", "exp_avg_sq_col"), real, made.width, domain=Uniform(0.2, 1.5))
    mean = draft.parameter(draft.name("row_mean", "mean_of_rows"), 0.3, 1.2).name
    out = draft.output(draft.name("weights_out", "new_params"), real, made.rows, made.width)
    dim: tuple[Extent, ...] = (made.rows, made.width)
    draft.line(f"{made.at} = wp.tid()")
    if draw.chance(0.4):
        draft.count(made.rows)
        draft.line(f"if {made.i} >= {made.rows}:", "    return")
    draft.load("g", made.grads, made.at, -1.0, 1.0)
    second = draft.name("second", "v_hat", "moment")
    draft.line(f"{second} = {row_moment}[{made.i}] * {col_moment}[{made.j}] / {mean}")
    draft.numpy(f"{second} = {row_moment}[:, None] * {col_moment} / {mean}")
    draft.formula(draw.choice((f"update = g / wp.sqrt({second})", f"update = g / (wp.sqrt({second}) + 0.001)")))
    if draw.chance(0.6):
        rms = draft.parameter(draft.name("update_rms", "rms"), 0.3, 3.0).name
        threshold = draft.knob(draft.name("clip_threshold", "d_clip"), 0.5, 1.5).numpy()
        draft.formula(f"update = update / wp.max({rms} / {threshold}, 1.0)")
    lr = draft.knob(draft.name("lr", "rho_t"), 0.01, 0.2).numpy()
    draft.load("p", made.params, made.at, -1.0, 1.0)
    relative = draw.chance(0.4)
    if relative:
        scale = draft.parameter(draft.name("param_scale", "rms_of_params"), 0.2, 1.5).name
        draft.formula(f"factor = {lr} * wp.max({scale}, 0.001)", "new_p = p - factor * update")
    else:
        draft.formula(f"new_p = p - {lr} * update")
    draft.line(f"{out}[{made.at}] = new_p")
    draft.results(**{out: "new_p"})
    return draft.case(draw.choice(("adafactor_step", "factored_update", "adafactor_apply")), dim, made.sizes())


def _moments(draw: Draw, made: _Rows) -> Case:
    """The running means of squares, of every row or every column."""
    draft, real = made.draft, made.draft.real
    by_row = draw.chance(0.5)
    kept, extent = (made.i, made.rows) if by_row else (made.j, made.cols)
    count: Extent = made.rows if by_row else made.width
    moment = draft.array(draft.name("moment", "exp_avg_sq"), real, count, low=0.1, high=1.0)
    out = draft.output(draft.name("moment_out", "new_moment"), real, count)
    total, beta = draft.name("total", "sum_sq"), draft.knob(draft.name("beta2", "decay_rate"), 0.7, 0.99)
    other, other_extent = (made.j, str(made.width)) if by_row else (made.i, made.rows)
    draft.line(f"{kept} = wp.tid()")
    if by_row:
        made.open(made.grads)
    else:
        draft.extent(made.rows, made.grads, 0)
    if draw.chance(0.3) and (by_row or isinstance(made.width, str)):
        draft.count(f"num_{extent}", extent)
        draft.line(f"if {kept} >= num_{extent}:", "    return")
    draft.line(f"{total} = {draft.zero()}", *loop(other, other_extent, [f"g = {made.grads}[{made.at}]", f"{total} += g * g"]))
    size = made.count() if by_row else draft.cast(made.rows)
    axis = 1 if by_row else 0
    draft.line(f"{out}[{kept}] = {draft.warp(f'{beta.numpy()} * {moment}[{kept}] + {complement(beta)}')} * {total} / {size}")
    draft.numpy(f"{total} = np.mean({made.grads} * {made.grads}, axis={axis})")
    draft.results(**{out: f"{beta.numpy()} * {moment} + {complement(beta)} * {total}"})
    return draft.case(draw.choice(("factored_moments", "row_second_moment" if by_row else "column_second_moment")), (count,), made.sizes())


def row_step(draw: Draw) -> Case:
    """One thread per row: a number of the whole row (its energy, a ratio of norms) scales the step of all its elements."""
    made = _Rows(draw, static=draw.chance(0.4))
    draft, real, i, j = made.draft, made.draft.real, made.i, made.j
    kind = draw.choice(("adagrad", "lars", "normalized", "novograd"))
    out = draft.output(draft.name("weights_out", "new_params"), real, made.rows, made.width)
    results = {}
    energy, norms = draft.name("energy", "grad_sq"), draft.name("weight_sq", "param_sq")
    with draft.threads((i, made.rows, made.params, 0)):
        made.open(made.params)
        lr = draft.knob(draft.name("lr", "eta"), 0.02, 0.3).numpy()
        inner = [f"g = {made.grads}[{made.at}]", f"{energy} += g * g"]
        lines, names = [f"{energy} = {draft.zero()}"], [energy]
        if kind == "lars":
            inner += [f"p = {made.params}[{made.at}]", f"{norms} += p * p"]
            lines.append(f"{norms} = {draft.zero()}")
            names.append(norms)
            draft.numpy(f"{norms} = np.sum({made.params} ** 2, axis=1)")
        made.computed(draw.choice(("row_energy", "row_norms", "sum_squares")), [*lines, *loop(j, str(made.width), inner)], *names)
        draft.numpy(f"{energy} = np.sum({made.grads} ** 2, axis=1)")
        if kind in ("adagrad", "novograd"):
            accum = draft.array(draft.name("row_accum", "state"), real, made.rows, low=0.1, high=1.0)
            new = draft.name("new_accum", "total")
            draft.load("old", accum, i, 0.1, 1.0)
            if kind == "adagrad":
                draft.line(f"{new} = old + {energy} / {made.count()}")
                draft.numpy(f"{new} = old + {energy} / {draft.precision}({made.grads}.shape[1])")
            else:
                beta = draft.knob("beta2", 0.7, 0.98)
                draft.formula(f"{new} = {beta.numpy()} * old + {complement(beta)} * {energy}")
            draft.formula(f"factor = {lr} / (wp.sqrt({new}) + 0.001)")
            state = draft.output(draft.free(f"{accum}_out"), real, made.rows)
            draft.line(f"{state}[{i}] = {new}")
            results[state] = new
        elif kind == "lars":
            decay, trust = draft.knob("weight_decay", 0.01, 0.1).numpy(), draft.knob("trust", 0.1, 1.0).numpy()
            draft.formula(f"w_norm = wp.sqrt({norms} + 1.0e-4)", f"g_norm = wp.sqrt({energy} + 1.0e-4)")
            draft.formula(f"factor = {lr} * {trust} * w_norm / (g_norm + {decay} * w_norm)")
        else:
            draft.formula(f"factor = {lr} / wp.sqrt({energy} + 0.001)")
        draft.known("factor", real, 0.0, 10.0)
        with draft.block(f"for {j} in range({made.width}):"):
            update = f"{made.grads}[{made.at}]"
            numpy = made.grads
            if kind == "lars" and draw.chance(0.6):
                update = draft.warp(f"({update} + {decay} * {made.params}[{made.at}])")
                numpy = f"({made.grads} + {decay} * {made.params})"
            draft.line(f"{out}[{made.at}] = {made.params}[{made.at}] - factor * {update}")
        draft.numpy(f"moved = {made.params} - factor[:, None] * {numpy}")
    draft.results(**{out: "moved"}, **results)
    return draft.case(draw.choice((f"{kind}_rows", f"row_wise_{kind}", f"layer_{kind}")), (made.rows,), made.sizes())


def row_constraint(draw: Draw) -> Case:
    """Rows kept to a norm, or their gradients centred or normalized; one thread per row."""
    made = _Rows(draw, static=draw.chance(0.4))
    draft, real, i, j = made.draft, made.draft.real, made.i, made.j
    kind = draw.choice(("max_norm", "unit_norm", "centralize", "centralize", "normalize_gradient", "weight_norm"))
    of_gradient = kind in ("centralize", "normalize_gradient")
    array = made.grads if of_gradient else made.params
    out = draft.output(draft.name("out", "result", f"{array}_out"), real, made.rows, made.width)
    total = draft.name("total", "acc", "row_sum")
    value = f"{array}[{made.at}]"
    with draft.threads((i, made.rows, array, 0)):
        made.open(array)
        term = value if kind == "centralize" else f"{value} * {value}"
        lines = [f"{total} = {draft.zero()}", *loop(j, str(made.width), [f"{total} += {term}"])]
        made.computed(draw.choice(("row_total", "sum_row", "reduce_row")), lines, total)
        draft.numpy(f"{total} = np.sum({array if kind == 'centralize' else f'{array} ** 2'}, axis=1)")
        if kind == "centralize":
            mean = draft.name("mean", "row_mean")
            draft.line(f"{mean} = {total} / {made.count()}")
            draft.numpy(f"{mean} = {total} / {draft.precision}({array}.shape[1])")
            text, numpy = f"{value} - {mean}", f"{array} - {mean}[:, None]"
            if draw.chance(0.5):
                # The step along with it: the centred gradient moves the parameters.
                lr = draft.knob("lr", 0.02, 0.3).numpy()
                text = draft.warp(f"{made.params}[{made.at}] - {lr} * ({text})")
                numpy = f"{made.params} - {lr} * ({numpy})"
        else:
            norm = draft.name("norm", "row_norm", "length")
            draft.formula(f"{norm} = wp.sqrt({total} + 1.0e-3)")
            if kind == "max_norm":
                limit = draft.knob(draft.name("max_norm", "limit"), 0.4, 1.5).numpy()
                draft.formula(f"factor = wp.min({limit} / {norm}, 1.0)")
            elif kind == "weight_norm":
                gains = draft.array(draft.name("gains", "magnitudes"), real, made.rows, low=0.3, high=2.0)
                draft.line(f"factor = {gains}[{i}] / {norm}")
                draft.numpy(f"factor = {gains} / {norm}")
            else:
                draft.formula(f"factor = 1.0 / {norm}")
            text, numpy = f"{value} * factor", f"{array} * factor[:, None]"
        draft.line(*loop(j, str(made.width), [f"{out}[{made.at}] = {text}"]))
        draft.numpy(f"result_all = {numpy}")
    draft.results(**{out: "result_all"})
    return draft.case(draw.choice((f"{kind}_rows", f"apply_{kind}", kind)), (made.rows,), made.sizes())
