"""The numpy spelling of statements: all threads at once.

Each name stands for one value per thread. A branch becomes a mask and its assignments `np.where(mask, new, old)`; a loop runs as long as
any thread is in it, under a mask of the threads that are; a thread that returned early is masked from there on. Stores under a mask keep
what was there; atomics use numpy's unbuffered `ufunc.at`. A return inside a loop has no lowering.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from kernels.language.expression import Expression, Literal, substitute
from kernels.language.operation import ADD
from kernels.language.statement import (
    Assign,
    Atomic,
    Augment,
    Break,
    Call,
    Comment,
    Continue,
    For,
    Function,
    If,
    Load,
    Return,
    Statement,
    Store,
    Unpack,
    While,
    call_text,
    nested_statements,
    numpy_scalar,
)
from kernels.language.types import BOOL, Type
from kernels.language.verbatim import Verbatim
from kernels.source import indented

NOBODY = "nobody"
"""The mask after a jump: no thread comes there."""

_AXES = ("", "[..., None]", "[..., None, None]")
_NEUTRAL = {"add": "0", "sub": "0", "min": "np.inf", "max": "-np.inf"}
_ATOMIC = {"add": "np.add.at", "sub": "np.subtract.at", "min": "np.minimum.at", "max": "np.maximum.at"}
_REDUCE = {"add": "{0} + np.sum({1}, axis=0)", "sub": "{0} - np.sum({1}, axis=0)", "min": "np.minimum({0}, np.min({1}, initial={2}))"}
_REDUCE["max"] = "np.maximum({0}, np.max({1}, initial={2}))"


def where(mask: str, new: str, old: str, type: Type) -> str:
    """`np.where` with the mask given the trailing axes that `type` has."""
    return f"np.where({mask}{_AXES[type.rank]}, {new}, {old})"


class Lowering:
    """Lowers one body (of a kernel or a function).

    `lanes` names an array that has one element per thread; `reserved` are names that masks must not take.
    """

    def __init__(self, parameters: Sequence[str], lanes: str, reserved: AbstractSet[str] = frozenset()) -> None:
        self.defined: dict[str, Type | None] = dict.fromkeys(parameters)
        self.lanes = lanes
        self.reserved = reserved
        self.counts: dict[str, int] = {}

    def fresh(self, stem: str) -> str:
        """A name not used so far: stem, stem_2, stem_3, ..."""
        while True:
            self.counts[stem] = self.counts.get(stem, 0) + 1
            name = stem if self.counts[stem] == 1 else f"{stem}_{self.counts[stem]}"
            if name not in self.defined and name not in self.reserved:
                self.defined[name] = BOOL
                return name

    def kernel(self, statements: Sequence[Statement]) -> list[str]:
        """The lines of a kernel's body."""
        lines, _ = self._block(statements, None, None)
        return lines

    def function(self, statements: Sequence[Statement], results: Sequence[Type]) -> list[str]:
        """The lines of a function's body; early returns become selections in the final one, the earliest winning."""
        early: list[tuple[str, list[str]]] = []
        lines: list[str] = []
        for statement in statements[:-1]:
            if isinstance(statement, If) and not statement.orelse and isinstance(statement.body[-1], Return):
                branch = self.fresh("early")
                lines.append(f"{branch} = {statement.condition.numpy()}")
                _refuse_returns(statement.body[:-1])
                inner, _ = self._block(statement.body[:-1], branch, None)
                lines += inner
                values = []
                for value in statement.body[-1].values:
                    name = self.fresh("early_value")
                    lines.append(f"{name} = {numpy_scalar(value)}")
                    values.append(name)
                early.append((branch, values))
                continue
            _refuse_returns([statement])
            inner, _ = self._block([statement], None, None)
            lines += inner
        final = statements[-1]
        assert isinstance(final, Return), "a function's body ends in a return"
        texts = []
        for n, (value, type) in enumerate(zip(final.values, results, strict=True)):
            text = numpy_scalar(value)
            for branch, values in reversed(early):
                text = where(branch, values[n], text, type)
            texts.append(text)
        return [*lines, f"return {', '.join(texts)}"]

    def _block(self, statements: Sequence[Statement], mask: str | None, running: str | None) -> tuple[list[str], str | None]:
        """The lines of `statements` under `mask`, and the mask of the threads that reach their end: `NOBODY` if none can.

        `running` masks the threads in the innermost loop.
        """
        lines: list[str] = []
        for statement in statements:
            if mask == NOBODY:
                raise ValueError(f"{type(statement).__name__} stands where no thread comes: take it out, or the jump before it")
            new, mask = self._statement(statement, mask, running)
            lines += new
        return lines, mask

    def _statement(self, statement: Statement, mask: str | None, running: str | None) -> tuple[list[str], str | None]:
        match statement:
            case Comment(text):
                return [f"# {text}"], mask
            case Assign(name, value):
                return self._assign(name, self._text(value, mask), value.type, mask), mask
            case Augment(name, symbol, value, target):
                text = self._text(value, mask)
                if value.type.rank < target.rank and not isinstance(value, Literal):
                    text = f"({text})[..., None]"
                loose = symbol != "+" or value.render("numpy")[1] < ADD
                return self._assign(name, f"{name} {symbol} ({text})" if loose else f"{name} {symbol} {text}", target, mask), mask
            case Unpack(names, function, arguments):
                return self._unpack(names, function, arguments, mask), mask
            case Store():
                return [self._store(statement, mask)], mask
            case Atomic():
                return [self._atomic(statement, mask)], mask
            case If():
                return self._if(statement, mask, running)
            case For():
                return self._for(statement, mask), mask
            case While():
                return self._while(statement, mask), mask
            case Verbatim(_, numpy_lines, _, defines):
                self.defined.update(defines)
                return numpy_lines(mask), mask
            case Break():
                return [f"{running} = {running} & ~{mask}"], NOBODY
            case Continue() | Return():
                return [], NOBODY
            case _:
                raise TypeError(f"no numpy lowering for {type(statement).__name__} here")

    def _text(self, value: Expression, mask: str | None) -> str:
        return numpy_scalar(self._guarded(value, mask))

    def _guarded(self, value: Expression, mask: str | None) -> Expression:
        def guard(e: Expression) -> Expression | None:
            if isinstance(e, Load) and e.guarded and mask:
                return Load(e.type, e.range, e.array, tuple(self._guarded(i, mask) for i in e.indices), True, mask)
            if isinstance(e, Call):
                return Call(e.type, e.range, e.function, tuple(self._guarded(a, mask) for a in e.arguments))
            return None

        return substitute(value, guard)

    def _assign(self, name: str, text: str, type: Type, mask: str | None) -> list[str]:
        fresh = name not in self.defined
        self.defined[name] = type
        return [f"{name} = {text}"] if fresh or mask is None else [f"{name} = {where(mask, text, name, type)}"]

    def _unpack(self, names: tuple[str, ...], function: Function, arguments: tuple[Expression, ...], mask: str | None) -> list[str]:
        guarded = [self._guarded(a, mask) for a in arguments]
        results: list[str] = []
        selections: list[str] = []
        for name, type in zip(names, function.results, strict=True):
            known = mask is not None and name in self.defined
            results.append(self.fresh(f"new_{name}") if known else name)
            selections += self._assign(name, results[-1], type, mask) if known else []
            self.defined[name] = type
        return [f"{', '.join(results)} = {call_text(function, guarded, 'numpy')}", *selections]

    def _store(self, statement: Store, mask: str | None) -> str:
        target = f"{statement.array}[{', '.join(e.numpy() for e in statement.indices)}]"
        value = self._text(statement.value, mask)
        if statement.symbol:
            value = f"{target} {statement.symbol} ({value})"
        return f"{target} = {value if mask is None else where(mask, value, target, statement.value.type)}"

    def _atomic(self, statement: Atomic, mask: str | None) -> str:
        value = self._text(statement.value, mask)
        type, kind = statement.value.type, statement.kind
        neutral = _NEUTRAL[kind]
        if type.is_integer and kind in ("min", "max"):
            neutral = f"np.iinfo(np.{type.name}).{'max' if kind == 'min' else 'min'}"
        if mask is not None:
            value = where(mask, value, neutral, type)
        if all(isinstance(e, Literal) for e in statement.indices):
            target = f"{statement.array}[{', '.join(e.numpy() for e in statement.indices)}]"
            spread = f"np.broadcast_to({value}, {self.lanes}.shape{f' + {type.inner}' if type.rank else ''})"
            return f"{target} = {_REDUCE[kind].format(target, spread, neutral)}"
        indices = [e.numpy() for e in statement.indices]
        if mask is not None:
            indices = [f"np.where({mask}, {t}, 0)" for t in indices]
        index = indices[0] if len(indices) == 1 else f"({', '.join(indices)})"
        return f"{_ATOMIC[kind]}({statement.array}, {index}, {value})"

    def _if(self, statement: If, mask: str | None, running: str | None) -> tuple[list[str], str | None]:
        condition = self._guarded(statement.condition, mask)
        branch = self.fresh("branch")
        text, _ = condition.render("numpy")
        joined = f"{mask} & ({text})" if mask else text
        lines = [f"{branch} = {joined}"]
        body, after_body = self._block(statement.body, branch, running)
        lines += body
        rest = f"{f'{mask} & ' if mask else ''}~{branch}"
        after_else: str | None = None
        if statement.orelse:
            other = self.fresh("otherwise")
            lines.append(f"{other} = {rest}")
            body, after_else = self._block(statement.orelse, other, running)
            lines += body
        if after_body == branch and (not statement.orelse or after_else == other):
            return lines, mask
        # Some threads have left: from here on go those that reach the end of either branch.
        ends = [after_body, after_else if statement.orelse else f"({rest})"]
        reaching = [m for m in ends if m is not None and m != NOBODY]
        if not reaching:
            return lines, NOBODY
        remaining = self.fresh("remaining")
        return [*lines, f"{remaining} = {' | '.join(reaching) if len(reaching) > 1 else reaching[0].strip('()')}"], remaining

    def _for(self, statement: For, mask: str | None) -> list[str]:
        counter, body = statement.counter, statement.body
        _refuse_returns(body)
        self.defined[counter] = statement.stop.type
        leaves = _contains(body, Break)
        running = self.fresh("running") if leaves else None
        lines = [f"{running} = {mask or f'np.ones({self.lanes}.shape, dtype=bool)'}"] if running else []
        static = isinstance(statement.start, Literal) and isinstance(statement.stop, Literal)
        start, stop = self._text(statement.start, mask), self._text(statement.stop, mask)
        inner: list[str] = []
        if static:
            # numpy's integers: `~` of a comparison of Python's is no negation.
            step = f", {statement.step}" if statement.step != 1 else ""
            head = f"for {counter} in np.arange({statement.start.numpy()}, {statement.stop.numpy()}{step}):"
            inside = running or mask
        else:
            inside = self.fresh("active")
            outer = running or mask
            if isinstance(statement.start, Literal):
                head = f"for {counter} in np.arange({statement.start.numpy()}, np.max({stop}, initial=0)):"
            else:
                step = self.fresh("step")
                head = f"for {step} in np.arange(np.max({stop} - {start}, initial=0)):"
                inner.append(f"{counter} = {start} + {step}")
            inner.append(f"{inside} = {f'{outer} & ' if outer else ''}({counter} < {stop})")
        text, _ = self._block(body, inside, running)
        return [*lines, head, *indented([*inner, *text])]

    def _while(self, statement: While, mask: str | None) -> list[str]:
        _refuse_returns(statement.body)
        running = self.fresh("running")
        condition = self._guarded(statement.condition, running).numpy()
        start = mask or f"np.ones({self.lanes}.shape, dtype=bool)"
        body, _ = self._block(statement.body, running, running)
        again = f"{running} = {running} & ({condition})"
        return [f"{running} = {start}", again, f"while np.any({running}):", *indented([*body, again])]


def _refuse_returns(body: Sequence[Statement]) -> None:
    """Raises TypeError for a return that has no lowering: one in a loop, or deeper in a function than its outermost branches."""
    if any(isinstance(s, Return) for s in nested_statements(body)):
        raise TypeError(
            "no numpy lowering for a return inside a loop or an inner branch of a function: set a variable, return it at the end"
        )


def _contains(body: Sequence[Statement], kind: type[Statement]) -> bool:
    return any(isinstance(s, kind) or any(_contains(b, kind) for b in s.blocks() if not isinstance(s, (For, While))) for s in body)
