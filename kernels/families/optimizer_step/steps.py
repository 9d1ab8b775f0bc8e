"""One step of a rule for scalars: what is done to the gradient first, the rule, what is done to the parameter last."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Bernoulli, Integers, Uniform
from kernels.drafting.arguments import grids
from kernels.drafting.draft import Draft
from kernels.drafting.formulas import to_numpy
from kernels.drafting.rewriting import complement, renamed, worked_out
from kernels.draw import Draw
from kernels.families.optimizer_step.rules import RULES, Rule
from kernels.language.types import BOOL, I32

PARAMETERS = ("params", "weights", "theta", "p", "w")
GRADIENTS = ("grads", "grad", "g_in", "gradients")
_SHAPES = ((("i",), ("n",)), (("tid",), ("count",)), (("i",), ("num_params",)), (("row", "col"), ("rows", "cols")))


class _Step:
    """A step under way: the draft, the rule, the locals that formulas' names stand for, and what the reference returns."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.rule: Rule = draw.choice(RULES)
        self.draft = Draft(draw, smooth=True)
        self.indices, self.extents = draw.choice(_SHAPES)
        self.draft.reserve(*self.indices, *self.extents)
        # Most gradients of the step itself can be compared.
        self.in_place = draw.chance(0.45 if self.rule.linear else 0.25)
        self.names: dict[str, str] = {}
        self.results: dict[str, str] = {}
        self.elementwise = True
        low = 0.2 if self.rule.name == "mirror_descent" else -1.0
        self.params = self.array(PARAMETERS, low, 1.0, written=True)
        self.grads = self.draft.array(self.draft.name(*GRADIENTS), self.draft.real, *self.extents, differentiable=self.graded)

    @property
    def graded(self) -> bool:
        """Whether gradients of the step itself are compared: Warp's adjoint of an overwritten element is right for linear steps alone."""
        return not self.in_place or self.rule.linear

    @property
    def at(self) -> str:
        """The kernel's index of the thread's parameter."""
        return ", ".join(self.indices)

    def array(self, names: tuple[str, ...], low: float, high: float, *, written: bool) -> str:
        """Declares an array per parameter, updated in place if it is `written` and the step works so."""
        draft = self.draft
        name = draft.name(*names, *(f"{n}_{'state' if self.in_place else 'in'}" for n in names))
        if written and self.in_place:
            return draft.array(name, draft.real, *self.extents, low=low, high=high, role="inout", differentiable=self.rule.linear)
        return draft.array(name, draft.real, *self.extents, low=low, high=high, differentiable=self.graded)

    def store(self, source: str, value: str) -> None:
        """Writes the local `value` back to `source`, or to an output named after it."""
        draft = self.draft
        out = source
        if not self.in_place:
            out = draft.output(draft.free(f"{source.removesuffix('_in')}_out"), draft.real, *self.extents, differentiable=True)
        draft.line(f"{out}[{self.at}] = {value}")
        # The reference leaves frozen parameters and their states as they were.
        mask = self.names.get("mask")
        self.results[out] = f"np.where({mask}, {value}, {source})" if mask else value

    def write(self, *formulas: str) -> None:
        """Writes formulas over the rule's names to kernel and reference."""
        for text in formulas:
            line = worked_out(renamed(text, self.names))
            self.draft.warp_formula(line)
            self.draft.numpy(to_numpy(line))

    def local(self, name: str, *options: str) -> str:
        """A free local that the rule's `name` stands for."""
        self.names[name] = self.draft.name(*options) if options else self.draft.free(name)
        return self.names[name]

    def knob(self, name: str, low: float, high: float) -> str:
        """A hyperparameter that the rule's `name` stands for."""
        if name not in self.names:
            self.names[name] = self.draft.knob(self.draft.free(name), low, high).numpy()
        return self.names[name]


def step(draw: Draw) -> Case:
    """One step of a drawn rule."""
    made = _Step(draw)
    draft, rule = made.draft, made.rule
    low, high = (0.2, 1.0) if rule.name == "mirror_descent" else (-1.0, 1.0)
    with draft.threads(*((i, n, made.params, a) for a, (i, n) in enumerate(zip(made.indices, made.extents, strict=True)))):
        _frozen(made)
        _read(made, "p", made.params, low, high, ("p_i", "param", "x", "w_i"))
        _read(made, "g", made.grads, -1.0, 1.0, ("g", "grad_i", "g_i"))
        _rate(made)
        for treatment in draw.subset((_unscaled, _clipped, _norm_clipped, _decayed), draw.weighted((0, 1, 2), (4, 5, 2))):
            treatment(made)
        states = {}
        for state in rule.states:
            written = any(line.startswith(f"new_{state.local} =") for line in rule.formulas)
            states[state.local] = made.array(state.names, state.low, state.high, written=written)
            _read(made, state.local, states[state.local], state.low, state.high, (f"{state.local}_i", f"old_{state.local}", state.local))
        for name, least, most in rule.knobs:
            made.knob(name, least, most)
        _follow(made)
        _parameter(made)
        for state in rule.states:
            if f"new_{state.local}" in made.names:
                made.store(states[state.local], made.names[f"new_{state.local}"])
    draft.results(**made.results)
    title = draw.choice((f"{rule.name}_step", f"{rule.name}_update", f"{rule.name}_kernel", f"apply_{rule.name}"))
    docstring = draw.choice(("", "", "", f"One {rule.name.replace('_', ' ')} step per parameter."))
    case_sizes = grids(draw, made.extents)
    return draft.case(title, made.extents, case_sizes, docstring=docstring, elementwise=made.elementwise and made.graded)


def _read(made: _Step, name: str, array: str, low: float, high: float, options: tuple[str, ...]) -> None:
    made.draft.load(made.local(name, *options, f"{name}_here", f"{name}_value"), array, made.at, low, high)


def _frozen(made: _Step) -> None:
    """Parameters that a mask leaves as they are (in place only: nothing else must be written for them)."""
    draft = made.draft
    if not made.in_place or not made.draw.chance(0.2) or made.graded:
        return
    mask = draft.array(draft.name("frozen", "trainable", "active"), BOOL, *made.extents, domain=Bernoulli(0.5))
    inverted = mask == "frozen"
    draft.line(f"if {'' if inverted else 'not '}{mask}[{made.at}]:", "    return")
    made.names["mask"] = f"~{mask}" if inverted else mask


def _rate(made: _Step) -> None:
    """The learning rate: one number, one per group or row, or what a schedule makes of the step's number."""
    draft, draw = made.draft, made.draw
    rate = made.knob("lr", 0.01, 0.3)
    kind = draw.weighted(("plain", "group", "row", "warmup", "cosine"), (7, 1, 1 if len(made.indices) == 2 else 0, 0.7, 0.7))
    if kind == "plain":
        return
    local = draft.name("rate", "step_size", "lr_t", "alpha_t")
    if kind == "group":
        groups = draft.array(draft.name("group_ids", "param_group"), I32, *made.extents, domain=Integers(0, 4))
        rates = draft.array(draft.name("group_lr", "lr_scale"), draft.real, 4, low=0.1, high=1.5, differentiable=False)
        draft.warp_formula(f"{local} = {rate} * {rates}[{groups}[{made.at}]]")
        draft.numpy(f"{local} = {rate} * {rates}[{groups}]")
    elif kind == "row":
        rates = draft.array(draft.name("row_lr", "row_scale"), draft.real, made.extents[0], low=0.1, high=1.5, differentiable=False)
        draft.warp_formula(f"{local} = {rate} * {rates}[{made.indices[0]}]")
        draft.numpy(f"{local} = {rate} * {rates}[:, None]")
    else:
        number = _step_number(made)
        total = draft.name("warmup_steps" if kind == "warmup" else "total_steps", "period")
        draft.value(total, I32, Integers(20, 60))
        progress = draft.name("progress", "fraction")
        draft.line(f"{progress} = {number} / {draft.cast(total)}")
        draft.numpy(f"{progress} = {number} / {draft.precision}({total})")
        if kind == "warmup":
            draft.formula(f"{local} = {rate} * wp.min({progress}, 1.0)")
        else:
            draft.formula(f"{local} = 0.5 * {rate} * (1.0 + wp.cos(3.14159265 * wp.min({progress}, 1.0)))")
    made.names["lr"] = local


def _step_number(made: _Step) -> str:
    """The number of the step as a real local."""
    if "t" not in made.names:
        draft = made.draft
        count = draft.name("step", "iteration", "num_steps")
        draft.value(count, I32, Integers(1, 40))
        local = made.local("t", "t", "step_f", "time")
        draft.line(f"{local} = {draft.cast(count)}")
        draft.numpy(f"{local} = {draft.precision}({count})")
    return made.names["t"]


def _unscaled(made: _Step) -> None:
    """Mixed precision: the gradient is that of a scaled loss."""
    scale = made.draft.knob(made.draft.name("inv_scale", "grad_scale", "inv_loss_scale"), 0.3, 1.5).numpy()
    old = made.names["g"]
    new = made.local("g", "unscaled", "scaled_grad", "g_true")
    made.draft.formula(f"{new} = {old} * {scale}")


def _clipped(made: _Step) -> None:
    """Clipping by value."""
    if made.in_place and made.rule.linear and made.draw.chance(0.5):
        return
    limit = made.draft.knob(made.draft.name("clip_value", "max_grad", "grad_limit"), 0.3, 0.9).numpy()
    old = made.names["g"]
    new = made.local("g", "clipped", "bounded_grad", "g_clip")
    made.draft.formula(f"{new} = wp.clamp({old}, -{limit}, {limit})")


def _norm_clipped(made: _Step) -> None:
    """Clipping by the norm of all gradients, which an earlier launch has found."""
    draft, draw = made.draft, made.draw
    limit = draft.knob(draft.name("max_norm", "clip_norm"), 0.5, 2.0).numpy()
    norm = draft.name("grad_norm", "total_norm")
    if draw.chance(0.5):
        draft.array(norm, draft.real, 1, domain=Uniform(0.3, 4.0), differentiable=False)
        text = f"{norm}[0]"
    else:
        text = draft.parameter(norm, 0.3, 4.0).name
    factor = draft.name("clip_factor", "clip_coef", "shrink")
    draft.formula(f"{factor} = wp.min({limit} / ({text} + 1.0e-6), 1.0)")
    old = made.names["g"]
    new = made.local("g", "clipped_grad", "g_norm", "limited")
    draft.formula(f"{new} = {old} * {factor}")


def _decayed(made: _Step) -> None:
    """Coupled decay: the gradient of a penalty on the parameter's square."""
    decay = made.draft.knob(made.draft.name("weight_decay", "wd", "l2_penalty"), 0.01, 0.2).numpy()
    old = made.names["g"]
    new = made.local("g", "penalized", "g_decayed", "decayed_grad")
    made.draft.formula(f"{new} = {old} + {decay} * {made.names['p']}")


def _follow(made: _Step) -> None:
    """The rule's formulas, with the bias corrections that they ask for before the update."""
    rule = made.rule
    corrected = dict(rule.corrected)
    correct = bool(corrected) and made.draw.chance(0.6)
    for state in corrected:
        if not correct:
            made.names[f"{state}_hat"] = ""
    for text in rule.formulas:
        target = text.split(" = ")[0]
        # The corrections stand before the first formula that reads one.
        if "_hat" in text:
            for state, beta in rule.corrected:
                if not correct:
                    made.names[f"{state}_hat"] = made.names[f"new_{state}"]
                elif not made.names.get(f"{state}_hat"):
                    _correct(made, state, beta)
        made.local(target, target, f"{target}_i", f"{target}_value")
        made.write(text)
    for state in corrected:
        made.names.pop(f"{state}_hat", None)


def _correct(made: _Step, state: str, beta: str) -> None:
    """Divides a running mean by one less the decay's power: worked out from the step's number, or given by the caller."""
    draft = made.draft
    hat = made.local(f"{state}_hat", f"{state}_hat", f"{state}_unbiased")
    new = made.names[f"new_{state}"]
    if "correction" not in made.names:
        made.names["correction"] = made.draw.choice(("power", "power", "given"))
    if made.names["correction"] == "given":
        given = draft.parameter(draft.free(f"bias_correction_{state}"), 0.2, 0.95).name
        draft.formula(f"{hat} = {new} / {given}")
        return
    number = _step_number(made)
    draft.formula(f"{hat} = {new} / (1.0 - wp.pow({made.names[beta]}, {number}))")


def _parameter(made: _Step) -> None:
    """The new parameter from the update, with what follows: decoupled decay, a trust ratio, a bound, an average kept along."""
    draft, draw = made.draft, made.draw
    names = made.names
    if "new_p" not in names:
        update = names["update"]
        if draw.chance(0.15):
            ratio = draft.parameter(draft.name("trust_ratio", "layer_ratio"), 0.2, 2.0).name
            scaled = draft.name("trusted", "scaled_update")
            draft.formula(f"{scaled} = {ratio} * {update}")
            update = scaled
        new = made.local("new_p", "new_p", "updated", "p_new")
        if draw.chance(0.3):
            decay = draft.knob(draft.name("weight_decay", "decoupled_decay", "lambda_w"), 0.01, 0.2).numpy()
            forms = ("{p} - {lr} * ({u} + {d} * {p})", "{p} * (1.0 - {s}) - {lr} * {u}")
            form = draw.choice(forms)
        else:
            decay, form = "", "{p} - {lr} * {u}"
        product = worked_out(f"({names['lr']} * {decay})")
        line = worked_out(form.format(p=names["p"], lr=names["lr"], u=update, d=decay, s=product.strip("()")))
        draft.warp_formula(f"{new} = {line}")
        draft.numpy(f"{new} = {line}")
    value = names["new_p"]
    # A bound in place would need the old parameter again in the backward pass.
    if draw.chance(0.15) and not (made.in_place and made.graded):
        bound = draft.knob(draft.name("max_weight", "bound"), 0.5, 1.5).numpy()
        kept = draft.name("bounded", "projected")
        draft.formula(f"{kept} = wp.clamp({value}, -{bound}, {bound})")
        value = kept
    made.store(made.params, value)
    if draw.chance(0.2):
        average = made.array(("ema", "shadow", "averaged"), -1.0, 1.0, written=True)
        rest = complement(draft.knob(draft.name("ema_decay", "polyak"), 0.8, 0.99))
        kept = draft.name("new_ema", "smoothed")
        here = f"{average}[{made.at}]"
        draft.warp_formula(f"{kept} = {here} + {rest} * ({value} - {here})")
        draft.numpy(f"{kept} = {average} + {rest} * ({value} - {average})")
        made.store(average, kept)
