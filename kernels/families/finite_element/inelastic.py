"""Material points with memory: plasticity with return mapping, viscoelasticity, damage.

Radial return for J2 plasticity with isotropic and kinematic hardening (Simo and Hughes, Computational Inelasticity, 1998); Drucker-Prager
by return along the deviator; Maxwell branches integrated exactly over a step; damage by the largest equivalent strain (Mazars 1986).
"""

from __future__ import annotations

from kernels.case import Case
from kernels.drafting.solvers.elements import property_of
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.mesh import sizes

EYE = "wp.identity(n=3, dtype=float)"


def _strain(draw: Draw, s: Script, scale: float) -> None:
    """The thread's strain `eps`, symmetric: given as a matrix, or made of normal and shear parts."""
    if draw.chance(0.5):
        s.field("strain", "mat33", "m", low=-scale, high=scale, names=("total_strain", "eps_in", "grad_u"))
        s.thread("m", "strain", names=("q", "ip", "point"), counts=("num_points", "point_count"))
        s.code("e_in = strain[tid]\neps = 0.5 * (e_in + wp.transpose(e_in))")
        return
    s.field("normal_strain", "vec3", "m", low=-scale, high=scale, names=("eps_normal", "strain_diag"))
    s.field("shear_strain", "vec3", "m", low=-scale, high=scale, names=("eps_shear", "strain_off"))
    s.thread("m", "normal_strain", names=("q", "ip", "point"), counts=("num_points", "point_count"))
    s.code("en = normal_strain[tid]\nes = shear_strain[tid]\neps = wp.mat33(en[0], es[2], es[1], es[2], en[1], es[0], es[1], es[0], en[2])")


def build_plastic(draw: Draw, s: Script) -> Case:
    """Elastic predictor and plastic corrector at a material point."""
    _strain(draw, s, 0.5)
    s.field("plastic", "mat33", "m", low=-0.1, high=0.1, names=("plastic_strain", "eps_p"))
    property_of(s, "mu", 0.5, 2.0, names=("shear_modulus",))
    property_of(s, "kappa", 0.5, 2.0, names=("bulk_modulus",))
    s.tuning(("yield_stress", 0.1, 0.5))
    kind = draw.choice(("perfect", "isotropic", "kinematic", "pressure", "viscous"))
    s.code(
        "ep = plastic[tid]\nee = eps - 0.5 * (ep + wp.transpose(ep))\nmean = wp.trace(ee) / 3.0\n"
        f"dev = ee - mean * {EYE}\ntrial = (2.0 * mu) * dev"
    )
    if kind == "kinematic":
        s.field("back", "mat33", "m", low=-0.1, high=0.1, names=("back_stress", "alpha_b"))
        s.tuning(("hardening", 0.1, 0.6))
        s.code("shift = back[tid]\nxi = trial - 0.5 * (shift + wp.transpose(shift))")
    else:
        s.code("xi = trial")
    if kind == "isotropic":
        s.field("alpha", "real", "m", low=0.0, high=0.5, names=("hardening_var", "eq_plastic"))
        s.tuning(("hardening", 0.1, 0.6))
        s.code(
            "size = yield_stress + hardening * alpha[tid]"
            if draw.chance(0.6)
            else "size = yield_stress + hardening * (1.0 - wp.exp(-4.0 * alpha[tid]))"
        )
    elif kind == "pressure":
        s.tuning(("friction", 0.1, 0.6))
        s.code("size = wp.max(yield_stress - friction * kappa * 3.0 * mean, 0.02)")
    else:
        s.code("size = yield_stress")
    s.code("norm = wp.sqrt(wp.ddot(xi, xi) + 0.0001)\nexcess = norm - 0.81649658 * size")
    h = {"isotropic": " + 0.66666667 * hardening", "kinematic": " + 0.66666667 * hardening"}.get(kind, "")
    if kind == "viscous":
        s.tuning(("dt", 0.05, 0.3), ("eta", 0.1, 1.0))
        gain = "excess / (2.0 * mu + eta / dt)"
    else:
        gain = f"excess / (2.0 * mu{h})"
    outputs = ("stress_new", "plastic_new")
    s.result("stress_new", "mat33", "m", names=("sigma", "stress_out"))
    s.result("plastic_new", "mat33", "m", names=("eps_p_new", "plastic_out"))
    s.code(f"bulk = (3.0 * kappa * mean) * {EYE}")
    if draw.chance(0.5):
        s.code(
            f"if excess <= 0.0:\n    {outputs[0]}[tid] = bulk + trial\n    {outputs[1]}[tid] = ep\n"
            + _elastic_extras(s, kind)
            + "    return"
        )
        s.code(f"gamma = {gain}")
    else:
        s.code(f"gamma = wp.max({gain}, 0.0)")
    s.code("flow = xi * (1.0 / norm)\nsigma = bulk + trial - (2.0 * mu * gamma) * flow")
    s.code("stress_new[tid] = sigma\nplastic_new[tid] = ep + gamma * flow")
    if kind == "isotropic":
        if not s.has("alpha_new"):
            s.result("alpha_new", "real", "m", names=("alpha_out", "eq_plastic_new"))
        s.code("alpha_new[tid] = alpha[tid] + 0.81649658 * gamma")
    if kind == "kinematic":
        if not s.has("back_new"):
            s.result("back_new", "mat33", "m", names=("back_out", "alpha_b_new"))
        s.code("back_new[tid] = shift + (0.66666667 * hardening * gamma) * flow")
    if draw.chance(0.3):
        s.result("dissipated", "real", "one", role="accumulate", names=("plastic_work", "dissipation"))
        s.code("wp.atomic_add(dissipated, 0, gamma * size)")
    return s.finish(
        draw.choice(("radial_return", f"{kind}_plasticity", "return_mapping", "update_plastic")),
        ["m"],
        sizes(draw, 150),
        doc=draw.choice(("", "Elastic predictor and return to the yield surface.")),
    )


def _elastic_extras(s: Script, kind: str) -> str:
    """What an elastic step writes besides stress and plastic strain."""
    if kind == "isotropic":
        s.result("alpha_new", "real", "m", names=("alpha_out", "eq_plastic_new"))
        return "    alpha_new[tid] = alpha[tid]\n"
    if kind == "kinematic":
        s.result("back_new", "mat33", "m", names=("back_out", "alpha_b_new"))
        return "    back_new[tid] = shift\n"
    return ""


def build_viscoelastic(draw: Draw, s: Script) -> Case:
    """Maxwell branches beside a spring, or damage that grows with the largest strain."""
    _strain(draw, s, 0.6)
    property_of(s, "mu", 0.5, 2.0, names=("shear_modulus",))
    property_of(s, "kappa", 0.5, 2.0, names=("bulk_modulus",))
    s.code(f"mean = wp.trace(eps) / 3.0\ndev = eps - mean * {EYE}\nbulk = (3.0 * kappa * mean) * {EYE}")
    s.result("stress_new", "mat33", "m", names=("sigma", "stress_out"))
    if draw.chance(0.55):
        branches = draw.choice((1, 2, 3))
        s.tuning(("dt", 0.05, 0.5), *((f"tau{b}", 0.3, 2.0) for b in range(branches)), *((f"share{b}", 0.1, 0.3) for b in range(branches)))
        s.field("dev_old", "mat33", "m", low=-0.4, high=0.4, names=("previous_dev", "dev_prev"))
        s.code(
            "change = dev - dev_old[tid]\nshare_sum = "
            + " + ".join(f"share{b}" for b in range(branches))
            + "\nstress = bulk + (2.0 * mu * (1.0 - share_sum)) * dev"
        )
        for b in range(branches):
            s.field(f"h{b}", "mat33", "m", low=-0.3, high=0.3, names=(f"branch_{b}", f"internal_{b}"))
            s.result(f"h{b}_new", "mat33", "m", names=(f"branch_{b}_new", f"internal_{b}_out"))
            s.code(f"decay{b} = wp.exp(-dt / tau{b})")
            s.code(
                draw.choice((f"gain{b} = share{b} * (1.0 - decay{b}) * tau{b} / dt", f"gain{b} = share{b} * wp.exp(-0.5 * dt / tau{b})"))
            )
            s.code(f"n{b} = decay{b} * h{b}[tid] + (2.0 * mu * gain{b}) * change\nh{b}_new[tid] = n{b}\nstress = stress + n{b}")
        s.code("stress_new[tid] = stress")
        return s.finish(draw.choice(("viscoelastic_update", "maxwell_branches", "prony_update")), ["m"], sizes(draw, 120))
    s.field("history", "real", "m", low=0.05, high=0.4, names=("kappa_old", "max_strain"))
    s.tuning(("threshold", 0.05, 0.15), ("softening", 1.0, 4.0))
    s.code(
        draw.choice(
            (
                "equivalent = wp.sqrt(wp.ddot(eps, eps) + 0.0001)",
                "equivalent = wp.sqrt(0.66666667 * wp.ddot(dev, dev) + 0.0001)",
                "opening = wp.max(mean, 0.0)\nequivalent = wp.sqrt(3.0 * opening * opening + wp.ddot(dev, dev) + 0.0001)",
            )
        )
    )
    s.code("level = wp.max(history[tid], equivalent)")
    law = draw.choice(("exponential", "linear", "branch"))
    if law == "exponential":
        s.code("level = wp.max(level, threshold)\ndamage = 1.0 - threshold / level * wp.exp(-softening * (level - threshold))")
    elif law == "linear":
        s.code("damage = wp.clamp(softening * (level - threshold), 0.0, 0.98)")
    else:
        s.code("damage = float(0.0)\nif level > threshold:\n    damage = 1.0 - threshold / level")
    s.result("damage_out", "real", "m", names=("damage_new", "d_out"))
    s.result("history_new", "real", "m", names=("kappa_new", "max_strain_new"))
    s.code("damage_out[tid] = damage\nhistory_new[tid] = level")
    s.code(
        draw.choice(
            (
                "stress_new[tid] = (1.0 - damage) * (bulk + (2.0 * mu) * dev)",
                "keep = 1.0 - damage\nif mean < 0.0:\n    stress_new[tid] = bulk + (2.0 * mu * keep) * dev\nelse:\n"
                "    stress_new[tid] = keep * (bulk + (2.0 * mu) * dev)",
            )
        )
    )
    return s.finish(draw.choice(("damage_update", "evolve_damage", "softening_update")), ["m"], sizes(draw, 150))
