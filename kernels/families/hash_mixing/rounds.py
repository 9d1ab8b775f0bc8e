"""Rounds on a state of several words, one state per thread: how it is stored, what the rounds are given, what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.arguments import grids
from kernels.drafting.word_draft import WordDraft
from kernels.drafting.words import Word
from kernels.draw import Draw
from kernels.families.hash_mixing.keys import renamed, unit_real
from kernels.families.hash_mixing.mixers import uses_rotation
from kernels.families.hash_mixing.round_table import ROUNDS, Round
from kernels.language.expression import Expression
from kernels.language.types import I32


def cipher_rounds(draw: Draw) -> Case:
    """A few rounds on each thread's state, which may be added to the start, or folded to one word or number."""
    spec = draw.choice(ROUNDS)
    draft = WordDraft(draw, Word(spec.bits, not spec.unsigned and draw.chance(0.2)))
    if uses_rotation(spec.lines):
        draft.rotation()
    counted = (spec.counted,) if spec.counted else ()
    local = tuple(sorted({line.split(" ")[0] for line in spec.lines} - {*spec.state, *counted}))
    rename = {n: draft.free(n) for n in (*spec.state, *counted, *local, *spec.inputs)}
    state = [rename[n] for n in spec.state]
    i = draft.name("tid", "lane", "thread", "i")
    name = draw.choice((spec.name, f"{spec.name}_kernel", f"apply_{spec.name}", f"{spec.name.split('_')[0]}_block"))
    layout = draw.choice(("rows", "arrays", "flat")) if len(state) > 1 else "arrays"
    source = draft.name("state_in", "blocks", "initial_state", "words_in")
    draft.reserve(name, source)
    first = f"{source}_{state[0]}" if layout == "arrays" else source
    for word in state if layout == "arrays" else ():
        draft.word_array(f"{source}_{word}", "n")
    if layout != "arrays":
        draft.word_array(source, *(("n", len(state)) if layout == "rows" else (f"n * {len(state)}",)))
    with draft.threads((i, "n", first, 0)) if layout != "flat" else _unguarded(draft, i):
        _load_state(draft, layout, source, state, i)
        start = [draft.free(f"{w}_start") for w in state] if draw.chance(0.25) and not spec.counted else []
        if start:
            draft.words(*(f"{s} = {w}" for s, w in zip(start, state, strict=True)))
        _inputs(draft, [rename[n] for n in spec.inputs], i)
        for n in counted:
            draft.words(f"{rename[n]} = 0")
        unrolled = _run(draft, spec, rename, state)
        if start:
            draft.words(*(f"{w} += {s}" for s, w in zip(start, state, strict=True)))
        _store_state(draft, spec, layout, state, i, unrolled=unrolled)
    return draft.case(name, ["n"], grids(draw, ["n"]))


@contextmanager
def _unguarded(draft: WordDraft, i: str) -> Iterator[None]:
    """A thread per state of a flat array, whose length does not tell how many states there are."""
    draft.line(f"{i} = wp.tid()")
    yield


def _load_state(draft: WordDraft, layout: str, source: str, state: list[str], i: str) -> None:
    if layout == "flat":
        base = draft.name("base", "offset", "first_word")
        draft.line(f"{base} = {i} * {len(state)}")
        draft.numpy(f"columns = {source}.reshape(-1, {len(state)})")
    for k, word in enumerate(state):
        if layout == "arrays":
            draft.load_word(word, f"{source}_{word}", i)
        elif layout == "rows":
            draft.load_word(word, source, f"{i}, {k}", numpy=f"{source}[:, {k}]")
        else:
            draft.load_word(word, source, base if k == 0 else f"{base} + {k}", numpy=f"columns[:, {k}]")


def _inputs(draft: WordDraft, names: list[str], i: str) -> None:
    """Loads the words that the rounds are given: per thread, the same for all threads, or passed by value."""
    kind = draft.draw.choice(("threads", "shared", "values"))
    shared = draft.name("key_words", "round_keys", "message_words") if kind == "shared" else ""
    if shared and names:
        draft.word_array(shared, len(names))
    for k, name in enumerate(names):
        array = draft.free(f"{name}_in") if kind != "values" else ""
        if kind == "threads":
            draft.load_word(name, draft.word_array(array, "n"), i)
        elif kind == "shared":
            draft.load_word(name, shared, str(k), numpy=f"{shared}[{k}]")
        else:
            value = draft.value(f"{name}_value", draft.held, Integers(0, 2**31 - 1))
            draft.line(f"{name} = {draft.as_word(value)}")
            draft.numpy(f"{name} = {value}.astype({draft.word.unsigned})")


def _run(draft: WordDraft, spec: Round, rename: dict[str, str], state: list[str]) -> bool:
    """The rounds: in place, in a loop, or by a function that returns the new state. Returns whether Warp unrolls them."""
    draw = draft.draw
    count = draw.choice(spec.rounds)
    counted = [rename[spec.counted]] if spec.counted else []
    if draw.chance(0.45) and len(state) + len(counted) > 1:
        parameters = [*spec.state, *([spec.counted] if spec.counted else []), *spec.inputs]
        returned = f"return {', '.join([*spec.state, *([spec.counted] if spec.counted else [])])}"
        function = draft.word_function(f"{spec.name}_of", parameters, [*spec.lines, returned])
        call = f"{', '.join([*state, *counted])} = {function}({', '.join(rename[p] for p in parameters)})"
        lines: list[str] = []
    else:
        lines, call = renamed(spec.lines, rename), ""
    told = len(spec.rounds) > 1 and draw.chance(0.3)
    if told or (count > 1 and (len(lines) > 12 or draw.chance(0.6))):
        times = draft.value(draft.name("num_rounds", "rounds", "steps"), I32, Integers(1, 5)) if told else str(count)
        with draft.loop(f"for {draft.name('r', 'round_index', 'step')} in range({times}):"):
            _write(draft, lines, call)
        return not told
    for _ in range(count):
        _write(draft, lines, call)
    return True


def _write(draft: WordDraft, lines: list[str], call: str) -> None:
    if call:
        draft.both(call)
    else:
        draft.words(*lines)


def _store_state(draft: WordDraft, spec: Round, layout: str, state: list[str], i: str, *, unrolled: bool) -> None:
    """The new state, some words of it, all of them folded into one, or a random number made of it."""
    draw = draft.draw
    kind = draw.choice(("state", "state", "fold", "some", *(("unit", "unit") if spec.random else ())))
    if kind == "state" and layout != "arrays":
        out = draft.output(draft.name("state_out", "blocks_out", "result"), draft.held, "n", len(state))
        for k, word in enumerate(state):
            draft.line(f"{out}[{i}, {k}] = {draft.stored(word)}")
        draft.numpy(f"{out} = np.stack([{', '.join(draft.stored_numpy(w) for w in state)}], axis=-1)")
    elif kind in ("state", "some"):
        kept = state if kind == "state" else draw.subset(state, draw.integer(1, min(2, len(state))))
        for word in kept:
            draft.store_word(draft.free(f"{word}_out"), i, word, "n")
    elif kind == "fold":
        h = draft.name("folded", "tag", "output_word")
        symbol = draw.choice((" ^ ", " + "))
        draft.words(f"{h} = {symbol.join(draw.shuffled(state))}" if len(state) > 1 else f"{h} = {state[0]} ^ ({state[0]} >> 16)")
        draft.store_word(draft.name("tags", "folded_out", "out"), i, h, "n")
    else:
        h, u = draft.name("sample", "output_word", "bits"), draft.name("u", "unit", "uniform")
        draft.words(f"{h} = {' + '.join((state[0], state[-1]))}" if len(state) > 1 else f"{h} = {state[0]} ^ ({state[0]} >> 18)")
        unit_real(draft, u, h)
        terms: list[Expression] = [draft.scope[u]]
        for parameter in draw.subset(("mean", "sigma", "rate"), draw.integer(0, 2)):
            # Warp's adjoint does not run a dynamic loop again: no gradient may hang on the words that come out of it.
            draft.array(parameter, draft.real, "n", low=0.2, differentiable=unrolled)
            terms.append(draft.load(f"{parameter}_i", parameter, i, 0.2, 1.0))
        value = draft.fused(draft.name("value", "scaled", "draw_out"), draft.real, terms, smooth=True)
        draft.store(draft.output(draft.name("samples", "uniforms"), draft.real, "n"), i, value.name)
        if draw.chance(0.5):
            draft.store_word(draft.free(f"{state[0]}_next"), i, state[0], "n")
