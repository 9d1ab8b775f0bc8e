"""Bodies and shapes that touch: where they are, how large, which pairs of them are looked at."""

from __future__ import annotations

from kernels.domains import Integers, RigidTransforms
from kernels.drafting.solvers.elements import corners
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw

BODY_Q = ("body_q", "rigid_q", "body_pose", "xform")
PAIRS = ("pairs", "contact_pairs", "shape_pairs", "candidates")
RADII = ("shape_radius", "radius", "geom_radius", "sphere_radius")


def pairs(s: Script, a: str = "a", b: str = "b") -> None:
    """A thread per candidate pair of the shapes `a` and `b`, which are different."""
    corners(s, a, b, table="pairs", tables=PAIRS, threads=("p", "pair", "pid", "contact_id"))


def poses(draw: Draw, s: Script, *, spread: float = 1.0) -> bool:
    """Declares the shapes' places: rigid transforms `pose`, or positions alone; whether they are transforms."""
    if draw.chance(0.55):
        s.field("pose", "transform", "n", domain=RigidTransforms(-spread, spread), names=BODY_Q)
        return True
    s.field("pos", "vec3", "n", low=-spread, high=spread, names=("shape_x", "geom_xpos", "positions", "center"))
    return False


def place(shape: str, rigid: bool) -> str:
    """The text of a shape's position."""
    return f"wp.transform_get_translation(pose[{shape}])" if rigid else f"pos[{shape}]"


def filtered(draw: Draw, s: Script, a: str = "a", b: str = "b") -> None:
    """Sometimes lets pairs return that a filter leaves out: by group, by bit masks, by world, or by an own flag."""
    kind = draw.choice(("none", "none", "group", "mask", "world", "flags"))
    if kind == "group":
        s.field("group", "int", "n", domain=Integers(-1, 4), names=("shape_collision_group", "collision_group", "filter_group"))
        s.code(
            draw.choice(
                (
                    f"ga = group[{a}]\ngb = group[{b}]\nif ga != gb and ga != -1 and gb != -1:\n    return",
                    f"if group[{a}] == group[{b}] and group[{a}] > 0:\n    return",
                )
            )
        )
    elif kind == "mask":
        s.field("contype", "int", "n", domain=Integers(0, 8), names=("geom_contype", "category", "layer"))
        s.field("conaffinity", "int", "n", domain=Integers(0, 8), names=("geom_conaffinity", "mask_bits", "collide_with"))
        s.code(f"if (contype[{a}] & conaffinity[{b}]) == 0 and (contype[{b}] & conaffinity[{a}]) == 0:\n    return")
    elif kind == "world":
        s.field("world", "int", "n", domain=Integers(0, 3), names=("world_id", "shape_world", "env_id"))
        s.code(f"if world[{a}] != world[{b}]:\n    return")
    elif kind == "flags":
        s.field("enabled", "int", "n", domain=Integers(0, 4), names=("shape_flags", "geom_flags", "active"))
        s.code(f"if (enabled[{a}] & enabled[{b}] & 1) == 0:\n    return")


def sizes(draw: Draw, largest: int = 130) -> list[dict[str, int]]:
    """Pairs or contacts (`m`) for the three launches, shapes (`n`), bodies, and one of what there is once."""
    return [{"m": m, "n": m // 2 + 4, "bodies": m // 3 + 3, "one": 1} for m in draw.sizes(largest)]
