"""Sorting of short rows by one thread each, and the counting half of bucket sorts."""

from __future__ import annotations

from kernels.case import Case
from kernels.domains import Integers
from kernels.drafting.draft import Draft
from kernels.draw import Draw
from kernels.families.sorting.keys import KEYS, key_type, payload_of, returned_dict, sizes_of
from kernels.language.expression import Expression, variable
from kernels.language.types import I32
from kernels.source import indented


def insertion(draw: Draw, draft: Draft) -> Case:
    """Sorting each row in place, one thread per row: insertion, selection or bubble sort."""
    type, domain = key_type(draw, draft)
    keys = draw.choice(KEYS)
    draft.reserve("row", "i", "j", "current", "moved")
    draft.array(keys, type, "rows", "width", domain=domain, role="inout")
    carried = payload_of(draw, draft, 0.45)
    if carried:
        draft.array(carried[0], carried[1], "rows", "width", domain=Integers(0, 100) if carried[1] is I32 else None, role="inout")
    body = ["row = wp.tid()"]
    if draw.chance(0.5):
        draft.count("rows")
        body += ["if row >= rows:", "    return"]
    if draw.chance(0.6):
        draft.count("width")
    else:
        body.append(f"width = {keys}.shape[1]")
    descending = draw.chance(0.3)
    after = "<" if descending else ">"
    kind = draw.choice(("insertion", "bubble", "selection") if not carried else ("bubble", "insertion"))
    at = f"{keys}[row, "
    bring = (
        [f"moved = {carried[0]}[row, {{0}}]", f"{carried[0]}[row, {{0}}] = {carried[0]}[row, {{1}}]", f"{carried[0]}[row, {{1}}] = moved"]
        if carried
        else []
    )
    if kind == "insertion":
        shift = [f"{at}j + 1] = {at}j]", *([f"{carried[0]}[row, j + 1] = {carried[0]}[row, j]"] if carried else []), "j -= 1"]
        inner = [f"current = {at}i]", *([f"moved = {carried[0]}[row, i]"] if carried else []), "j = i - 1"]
        if draw.chance(0.5):
            inner += ["while j >= 0:", f"    if {at}j] {'>=' if descending else '<='} current:", "        break", *indented(shift)]
        else:
            inner += [f"while j >= 0 and {at}wp.max(j, 0)] {after} current:", *indented(shift)]
        inner += [f"{at}j + 1] = current", *([f"{carried[0]}[row, j + 1] = moved"] if carried else [])]
        body += ["for i in range(1, width):", *indented(inner)]
    elif kind == "bubble":
        swap = [f"current = {at}j]", f"{at}j] = {at}j + 1]", f"{at}j + 1] = current", *(line.format("j", "j + 1") for line in bring)]
        rounds = draw.choice(("width", "width - 1 - i"))
        limit = "width - 1" if rounds == "width" else rounds
        body += ["for i in range(width):", f"    for j in range({limit}):", f"        if {at}j] {after} {at}j + 1]:", *indented(swap, 3)]
    else:
        body += [
            "for i in range(width):",
            "    best = int(i)",
            "    for j in range(i + 1, width):",
            f"        if {at}best] {after} {at}j]:",
            "            best = j",
        ]
        body += [f"    current = {at}i]", f"    {at}i] = {at}best]", f"    {at}best] = current"]
    order = f'order = np.argsort({"-" if descending else ""}{keys}, axis=1, kind="stable")'
    returned = [keys]
    reference = [order, f"{keys} = np.take_along_axis({keys}, order, axis=1)"]
    if not carried:
        reference = [f"{keys} = np.sort({keys}, axis=1)" + ("[:, ::-1]" if descending else "")]
    else:
        index = "order[..., None]" if carried[1].rank else "order"
        reference.append(f"{carried[0]} = np.take_along_axis({carried[0]}, {index}, axis=1)")
        returned.append(carried[0])
    reference.append(returned_dict(returned))
    sizes = [{"rows": 1, "width": 1}, {"rows": 7, "width": 5}, {"rows": 67, "width": draw.integer(4, 6)}]
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice((f"{kind}_sort_rows", f"{kind}_sort", "sort_rows", "sort_segments")), ("rows",), sizes)


def buckets(draw: Draw, draft: Draft) -> Case:
    """The counting half of a radix or bucket sort: each key's digit, and how many keys share it."""
    keys = draw.choice(KEYS)
    draft.reserve("i", "key", "digit", "bucket")
    draft.array(keys, I32, "n", domain=Integers(0, 4000))
    body = ["i = wp.tid()"]
    if draw.chance(0.6):
        draft.count("n")
        body += ["if i >= n:", "    return"]
    bits = draw.integer(2, 5)
    body += [f"key = {keys}[i]"]
    reference = [f"key = {keys}"]
    key = variable("key", I32, 0, 4000)
    how = draw.choice(("digit", "fused", "fused", "modulo"))
    if how == "fused":
        inputs: list[Expression] = [key]
        if draw.chance(0.5):
            inputs.append(draft.parameter("seed", 1, 60, I32))
        step = draft.step("mixed", I32, inputs, 2)
        body += [step.warp, f"bucket = wp.abs(mixed) % {2**bits}"]
        reference += [step.numpy, f"bucket = np.abs(mixed) % {2**bits}"]
    elif how == "digit":
        draft.parameter("shift", 0, 5, I32)
        body.append(f"bucket = (key >> shift) & {2**bits - 1}")
        reference.append(f"bucket = (key >> shift) & {2**bits - 1}")
    else:
        body.append(f"bucket = key % {2**bits}")
        reference.append(f"bucket = key % {2**bits}")
    returned = []
    outputs = draw.subset(("counts", "digits", "lowest", "below"), draw.integer(1, 3))
    if outputs == ["below"] or (outputs == ["digits"] and how != "fused"):
        outputs.append("counts")
    if "counts" in outputs:
        grouped = draw.chance(0.35)
        shape = ("n // 16 + 1", str(2**bits)) if grouped else (str(2**bits),)
        name = draw.choice(("counts", "histogram", "bucket_sizes"))
        draft.output(name, I32, *shape, role="accumulate")
        body.append(f"wp.atomic_add({name}, {'i // 16, ' if grouped else ''}bucket, 1)")
        reference += [
            f"{name} = np.zeros_like({name})",
            f"np.add.at({name}, {'(np.arange(key.size) // 16, bucket)' if grouped else 'bucket'}, 1)",
        ]
        returned.append(name)
    if "digits" in outputs:
        draft.output("digits", I32, "n")
        body.append("digits[i] = bucket")
        reference.append("digits = bucket.astype(np.int32)")
        returned.append("digits")
    if "lowest" in outputs:
        kind = draw.choice(("min", "max"))
        draft.array("extreme", I32, str(2**bits), domain=Integers(1000, 3000), role="inout")
        body.append(f"wp.atomic_{kind}(extreme, bucket, key)")
        reference += ["extreme = extreme.copy()", f"np.{kind}imum.at(extreme, bucket, key)"]
        returned.append("extreme")
    if "below" in outputs:
        draft.parameter("pivot", 500, 3500, I32)
        draft.output("below", I32, "1", role="accumulate")
        body += ["if key < pivot:", "    wp.atomic_add(below, 0, 1)"]
        reference.append("below = np.array([np.sum(key < pivot)], np.int32)")
        returned.append("below")
    reference.append(returned_dict(returned))
    draft.line(*body)
    draft.numpy(*reference)
    return draft.case(draw.choice(("bucket_counts", "radix_histogram", "count_digits", "partition_counts")), ("n",), sizes_of(draw, False))
