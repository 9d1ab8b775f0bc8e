"""Isoparametric elements: shape functions of quadrilaterals and hexahedra, Jacobians, and sums over Gauss points.

Four-node quadrilaterals are numbered around, eight-node hexahedra by the bits of their corner (x first). Gauss points of the 2-point rule
lie at plus and minus 1 / sqrt(3).
"""

from __future__ import annotations

from textwrap import indent

from kernels.case import Case
from kernels.drafting.solvers.elements import corners, property_of, scatter
from kernels.drafting.solvers.script import Script
from kernels.draw import Draw
from kernels.families.finite_element.mesh import POSITIONS, TABLES, sizes

GAUSS = "0.57735027"
NODES = ("i", "j", "k", "l")


def _quad(s: Script) -> None:
    """The quadrilateral's corners, and their coordinates as the 4-vectors `px` and `py`."""
    s.field("x", "vec2", "n", low=-1.2, high=1.2, names=POSITIONS)
    corners(s, *NODES, table="quads", tables=("quads", "quad_nodes", "connectivity"))
    s.code("xi = x[i]\nxj = x[j]\nxk = x[k]\nxl = x[l]\npx = wp.vec4(xi[0], xj[0], xk[0], xl[0])\npy = wp.vec4(xi[1], xj[1], xk[1], xl[1])")


def _derivatives(draw: Draw, s: Script) -> None:
    """Defines the derivatives of the four shape functions along both local axes."""
    s.define(
        "shape_dr",
        "t: real",
        "return wp.vec4(t - 1.0, 1.0 - t, 1.0 + t, -1.0 - t) * 0.25",
        "vec4",
        draw.choice(("", "Derivatives along r.")),
    )
    s.define(
        "shape_dt",
        "r: real",
        "return wp.vec4(r - 1.0, -1.0 - r, 1.0 + r, 1.0 - r) * 0.25",
        "vec4",
        draw.choice(("", "Derivatives along t.")),
    )


def _points(draw: Draw, body: str) -> str:
    """`body`, which knows the local coordinates `r` and `t`, at each of the four Gauss points."""
    if draw.chance(0.5):
        head = (
            f"for a in range(2):\n    r = wp.where(a == 0, -{GAUSS}, {GAUSS})\n    for b in range(2):\n"
            f"        t = wp.where(b == 0, -{GAUSS}, {GAUSS})\n"
        )
        return head + indent(body, "        ")
    head = (
        f"for q in range(4):\n    r = {GAUSS}\n    t = {GAUSS}\n    if q == 0 or q == 3:\n"
        f"        r = -{GAUSS}\n    if q < 2:\n        t = -{GAUSS}\n"
    )
    return head + indent(body, "    ")


JACOBIAN = (
    "dr = shape_dr(t)\ndt = shape_dt(r)\nj11 = wp.dot(dr, px)\nj12 = wp.dot(dr, py)\n"
    "j21 = wp.dot(dt, px)\nj22 = wp.dot(dt, py)\ndet = j11 * j22 - j12 * j21\n"
)
GRADIENTS = "gx = (dr * j22 - dt * j12) / det\ngy = (dt * j11 - dr * j21) / det\n"


def build_quads(draw: Draw, s: Script) -> Case:
    """Sums over the Gauss points of quadrilaterals: elastic forces, heat, masses, areas."""
    _quad(s)
    _derivatives(draw, s)
    form = draw.choice(("elastic", "elastic", "heat", "heat", "mass", "area"))
    if form == "area":
        s.code("area = float(0.0)\nmoment = wp.vec2(0.0, 0.0)")
        s.define(
            "shape",
            "r: real, t: real",
            "a = 1.0 - r\nb = 1.0 + r\nc = 1.0 - t\nd = 1.0 + t\nreturn wp.vec4(a * c, b * c, b * d, a * d) * 0.25",
            "vec4",
            "The four shape functions.",
        )
        s.code(_points(draw, JACOBIAN + "n = shape(r, t)\narea += det\nmoment += wp.vec2(wp.dot(n, px), wp.dot(n, py)) * det"))
        s.result("area_out", "real", "m", names=("areas", "elem_area"))
        s.result("first_moment", "vec2", "m", names=("moments", "area_moment"))
        s.code("area_out[tid] = area\nfirst_moment[tid] = moment")
        return s.finish(draw.choice(("quad_areas", "integrate_area")), ["m"], sizes(draw))
    if form == "mass":
        return _mass(draw, s)
    if form == "heat":
        s.field("temperature", "real", "n", names=("phi", "potential"))
        property_of(s, "kappa", 0.3, 1.5, names=("conductivity",))
        s.code("temp = wp.vec4(temperature[i], temperature[j], temperature[k], temperature[l])\nres = wp.vec4(0.0, 0.0, 0.0, 0.0)")
        body = (
            JACOBIAN
            + "if det > 0.05:\n"
            + indent(GRADIENTS + "fx = kappa * wp.dot(gx, temp)\nfy = kappa * wp.dot(gy, temp)\nres += (gx * fx + gy * fy) * det\n", "    ")
        )
        s.code(_points(draw, body))
        s.result("residual", "real", "n", role="accumulate", names=("rhs", "r_out"))
        if draw.chance(0.4):
            s.field("source", "real", "m", low=-0.5, high=0.5, names=("heat_source",))
            s.code("share = 0.25 * source[tid]")
            scatter(s, "residual", {c: f"res[{a}] - share" for a, c in enumerate(NODES)})
        else:
            scatter(s, "residual", {c: f"res[{a}]" for a, c in enumerate(NODES)})
        return s.finish(draw.choice(("quad_heat", "heat_q4", "conduction_q4")), ["m"], sizes(draw, 90))
    s.field("u", "vec2", "n", low=-0.3, high=0.3, names=("displacement", "node_u"))
    property_of(s, "young", 0.5, 2.0, names=("youngs_modulus",))
    s.tuning(("poisson", 0.1, 0.4))
    s.code("ux = wp.vec4(u[i][0], u[j][0], u[k][0], u[l][0])\nuy = wp.vec4(u[i][1], u[j][1], u[k][1], u[l][1])")
    s.code(
        draw.choice(
            (
                "d = young / (1.0 - poisson * poisson)\nd11 = d\nd12 = d * poisson\nd33 = 0.5 * d * (1.0 - poisson)",
                "d = young / ((1.0 + poisson) * (1.0 - 2.0 * poisson))\nd11 = d * (1.0 - poisson)\n"
                "d12 = d * poisson\nd33 = 0.5 * d * (1.0 - 2.0 * poisson)",
            )
        )
    )
    s.code("fx = wp.vec4(0.0, 0.0, 0.0, 0.0)\nfy = wp.vec4(0.0, 0.0, 0.0, 0.0)")
    stress = (
        "exx = wp.dot(gx, ux)\neyy = wp.dot(gy, uy)\ngxy = wp.dot(gy, ux) + wp.dot(gx, uy)\n"
        "sxx = d11 * exx + d12 * eyy\nsyy = d12 * exx + d11 * eyy\nsxy = d33 * gxy\n"
    )
    energy = draw.chance(0.4)
    if energy:
        s.code("work = float(0.0)")
    inner = GRADIENTS + stress + "fx += (gx * sxx + gy * sxy) * det\nfy += (gy * syy + gx * sxy) * det\n"
    if energy:
        inner += "work += 0.5 * (exx * sxx + eyy * syy + gxy * sxy) * det\n"
    s.code(_points(draw, JACOBIAN + "if det > 0.05:\n" + indent(inner, "    ")))
    s.result("force", "vec2", "n", role="accumulate", names=("f_int", "residual", "node_force"))
    scatter(s, "force", {c: f"wp.vec2(fx[{a}], fy[{a}])" for a, c in enumerate(NODES)})
    if energy:
        s.result("energy", "real", "m", names=("strain_energy", "compliance"))
        s.code("energy[tid] = work")
    return s.finish(
        draw.choice(("quad_forces", "q4_internal_forces", "plane_elasticity")),
        ["m"],
        sizes(draw, 70),
        doc=draw.choice(("", "Internal forces of bilinear quadrilaterals.")),
    )


def _mass(draw: Draw, s: Script) -> Case:
    s.define(
        "shape",
        "r: real, t: real",
        "a = 1.0 - r\nb = 1.0 + r\nc = 1.0 - t\nd = 1.0 + t\nreturn wp.vec4(a * c, b * c, b * d, a * d) * 0.25",
        "vec4",
        "The four shape functions.",
    )
    property_of(s, "rho", 0.3, 1.5, names=("density",))
    product = draw.chance(0.5)
    s.code("acc = wp.vec4(0.0, 0.0, 0.0, 0.0)")
    if product:
        s.field("p", "real", "n", names=("vector", "nodal_values"))
        s.code("pe = wp.vec4(p[i], p[j], p[k], p[l])")
        inner = "n = shape(r, t)\nacc += n * (rho * det * wp.dot(n, pe))\n"
    else:
        inner = "n = shape(r, t)\nacc += n * (rho * det)\n"
    s.code(_points(draw, JACOBIAN + "if det > 0.0:\n" + indent(inner, "    ")))
    s.result("out", "real", "n", role="accumulate", names=("mass_product", "mp") if product else ("lumped_mass", "mass"))
    scatter(s, "out", {c: f"acc[{a}]" for a, c in enumerate(NODES)})
    return s.finish(draw.choice(("apply_mass", "consistent_mass") if product else ("lump_mass", "quad_mass")), ["m"], sizes(draw, 90))


def build_shape_values(draw: Draw, s: Script) -> Case:
    """Shape functions and Jacobians of quadrilaterals at given local points, and fields interpolated or spread there."""
    _quad(s)
    s.field("local", "vec2", "m", low=-0.9, high=0.9, names=("xi_eta", "local_coords", "uv"))
    s.code("r = local[tid][0]\nt = local[tid][1]")
    quadratic = draw.chance(0.3)
    if quadratic:
        s.define("bubble", "r: real, t: real", "return (1.0 - r * r) * (1.0 - t * t)", "real", "Vanishes at all sides.")
    s.code("n = wp.vec4((1.0 - r) * (1.0 - t), (1.0 + r) * (1.0 - t), (1.0 + r) * (1.0 + t), (1.0 - r) * (1.0 + t)) * 0.25")
    parts = draw.subset(("position", "jacobian", "field", "gradient", "spread"), draw.integer(2, 3))
    if {"jacobian", "gradient"} & set(parts):
        _derivatives(draw, s)
        s.code(JACOBIAN.strip())
    if "position" in parts:
        s.result("point", "vec2", "m", names=("world", "global_x"))
        s.code("where = wp.vec2(wp.dot(n, px), wp.dot(n, py))\npoint[tid] = where")
    if "jacobian" in parts:
        s.result("det_out", "real", "m", names=("jacobian", "det_j"))
        s.code("det_out[tid] = det")
    if {"field", "gradient"} & set(parts):
        s.field("phi", "real", "n", names=("nodal", "temperature"))
        s.code("pe = wp.vec4(phi[i], phi[j], phi[k], phi[l])")
    if "field" in parts:
        s.result("value", "real", "m", names=("phi_p", "interpolated"))
        s.code("value[tid] = wp.dot(n, pe)" if not quadratic else "value[tid] = wp.dot(n, pe) + 0.25 * bubble(r, t)")
    if "gradient" in parts:
        s.result("gradient", "vec2", "m", role="accumulate", names=("grad_phi", "slope"))
        s.code("if det > 0.08:\n" + indent(GRADIENTS + "gradient[tid] = wp.vec2(wp.dot(gx, pe), wp.dot(gy, pe))", "    "))
    if "spread" in parts:
        s.field("amount", "real", "m", low=0.1, high=1.0, names=("particle_mass", "load"))
        s.result("nodal_sum", "real", "n", role="accumulate", names=("deposited", "node_load"))
        s.code("q = amount[tid]")
        scatter(s, "nodal_sum", {c: f"q * n[{a}]" for a, c in enumerate(NODES)})
    return s.finish(draw.choice(("evaluate_shapes", "shape_functions_q4", "interpolate_quads")), ["m"], sizes(draw))


def _hex_loop(draw: Draw, body: str) -> str:
    """A loop over the eight corners, in which `body` knows the corner's position `p`, number `node` and signs `sx`, `sy`, `sz`."""
    bits = draw.choice((("a & 1", "(a >> 1) & 1", "(a >> 2) & 1"), ("a % 2", "(a // 2) % 2", "a // 4")))
    signs = "\n".join(f"s{axis} = wp.where(({bit}) == 0, -1.0, 1.0)" for axis, bit in zip("xyz", bits, strict=True))
    return "for a in range(8):\n" + indent(f"node = hexes[tid, a]\np = x[node]\n{signs}\n{body}", "    ")


def build_hexes(draw: Draw, s: Script) -> Case:
    """Hexahedra: Jacobian, volume and gradient of a field at the centre or a given point, forces of a one-point rule."""
    s.field("x", "vec3", "n", low=-1.2, high=1.2, names=POSITIONS)
    s.field("hexes", "int", "m", 8, below="n", corners=8, names=TABLES[8])
    s.thread("m", "hexes", names=("e", "eid", "hex_id"), counts=("num_hexes", "n_elem"))
    centre = draw.chance(0.5)
    if centre:
        weight = "0.125 * s{0}"
        gradient = f"g = wp.vec3({', '.join(weight.format(a) for a in 'xyz')})"
    else:
        s.field("local", "vec3", "m", low=-0.6, high=0.6, names=("xi", "local_coords"))
        s.code("q = local[tid]")
        gradient = (
            "bx = 1.0 + sx * q[0]\nby = 1.0 + sy * q[1]\nbz = 1.0 + sz * q[2]\n"
            "g = wp.vec3(sx * by * bz, bx * sy * bz, bx * by * sz) * 0.125"
        )
    field = draw.choice(("none", "scalar", "vector"))
    setup = "jac = wp.mat33(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)"
    body = f"{gradient}\njac += wp.outer(p, g)"
    if field == "scalar":
        s.field("phi", "real", "n", names=("temperature", "nodal"))
        setup += "\nslope = wp.vec3(0.0, 0.0, 0.0)"
        body += "\nslope += g * phi[node]"
    elif field == "vector":
        s.field("u", "vec3", "n", low=-0.4, high=0.4, names=("displacement", "velocity"))
        setup += "\ndu = wp.mat33(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)"
        body += "\ndu += wp.outer(u[node], g)"
    s.code(f"{setup}\n{_hex_loop(draw, body)}\ndet = wp.determinant(jac)")
    s.result("volume", "real", "m", names=("hex_volume", "det_out"))
    s.code("volume[tid] = 8.0 * det" if centre else "volume[tid] = det")
    if field == "none":
        s.result("metric", "mat33", "m", names=("jacobian", "metric_tensor"))
        s.code("metric[tid] = wp.transpose(jac) @ jac" if draw.chance(0.5) else "metric[tid] = jac")
        return s.finish(draw.choice(("hex_jacobians", "hex_volumes")), ["m"], sizes(draw, 90))
    s.code("if wp.abs(det) < 0.05:\n    return\ninv = wp.inverse(jac)")
    if field == "scalar":
        s.result("gradient", "vec3", "m", role="accumulate", names=("grad_phi", "flux"))
        s.code("gradient[tid] = wp.transpose(inv) @ slope")
        return s.finish(draw.choice(("hex_gradients", "gradient_h8")), ["m"], sizes(draw, 90))
    s.code("grad_u = du @ inv\nstrain = 0.5 * (grad_u + wp.transpose(grad_u))")
    s.result("strain_out", "mat33", "m", role="accumulate", names=("strain", "small_strain"))
    s.code("strain_out[tid] = strain")
    if draw.chance(0.6):
        s.tuning(("mu", 0.3, 1.0), ("lam", 0.3, 1.0))
        s.result("force", "vec3", "n", role="accumulate", names=("f_int", "node_force"))
        s.code(
            "sigma = 2.0 * mu * strain + lam * wp.trace(strain) * wp.identity(n=3, dtype=float)\n"
            "pull = sigma @ wp.transpose(inv) * (8.0 * wp.abs(det))"
        )
        s.code(_hex_loop(draw, f"{gradient}\nwp.atomic_sub(force, node, pull @ g)").replace("p = x[node]\n    ", ""))
    return s.finish(draw.choice(("hex_strains", "hex_forces", "hex8_update")), ["m"], sizes(draw, 60))


def build_voxels(draw: Draw, s: Script) -> Case:
    """Elements of a uniform grid with densities: forces, compliance and sensitivities of topology optimization (Sigmund 2001)."""
    s.field("u", "vec2", "nx1", "ny1", low=-0.3, high=0.3, names=("displacement", "node_u"))
    s.field("rho", "real", "nx", "ny", low=0.2, high=1.0, names=("density", "design"))
    s.grid(("i", "nx", "nx"), ("j", "ny", "ny"), array="rho")
    s.tuning(("penalty", 1.5, 3.5), ("poisson", 0.1, 0.4), ("e_min", 0.001, 0.05))
    s.code("ua = u[i, j]\nub = u[i + 1, j]\nuc = u[i + 1, j + 1]\nud = u[i, j + 1]")
    s.code("r = rho[i, j]\nstiff = e_min + wp.pow(r, penalty) * (1.0 - e_min)\nd = 1.0 / (1.0 - poisson * poisson)")
    s.code("exx = 0.5 * (ub[0] - ua[0] + uc[0] - ud[0])\neyy = 0.5 * (ud[1] - ua[1] + uc[1] - ub[1])")
    s.code("gxy = 0.5 * (ud[0] - ua[0] + uc[0] - ub[0]) + 0.5 * (ub[1] - ua[1] + uc[1] - ud[1])")
    s.code("sxx = d * (exx + poisson * eyy)\nsyy = d * (eyy + poisson * exx)\nsxy = 0.5 * d * (1.0 - poisson) * gxy")
    parts = draw.subset(("compliance", "sensitivity", "force", "stress"), draw.integer(1, 3))
    if {"compliance", "sensitivity"} & set(parts):
        s.code("work = exx * sxx + eyy * syy + gxy * sxy")
    if "compliance" in parts:
        s.result("compliance", "real", "one", role="accumulate", names=("objective", "total_work"))
        s.code("wp.atomic_add(compliance, 0, stiff * work)")
    if "sensitivity" in parts:
        s.result("sensitivity", "real", "nx", "ny", names=("dc", "gradient"))
        s.code("sensitivity[i, j] = -penalty * wp.pow(r, penalty - 1.0) * (1.0 - e_min) * work")
    if "force" in parts:
        s.result("force", "vec2", "nx1", "ny1", role="accumulate", names=("f_int", "ku"))
        s.code("tx = 0.5 * stiff * sxx\nty = 0.5 * stiff * syy\ntt = 0.5 * stiff * sxy")
        s.code("wp.atomic_add(force, i, j, wp.vec2(-tx - tt, -ty - tt))\nwp.atomic_add(force, i + 1, j, wp.vec2(tx - tt, tt - ty))")
        s.code("wp.atomic_add(force, i + 1, j + 1, wp.vec2(tx + tt, ty + tt))\nwp.atomic_add(force, i, j + 1, wp.vec2(tt - tx, ty - tt))")
    if "stress" in parts:
        s.result("von_mises", "real", "nx", "ny", names=("mises", "stress_out"))
        s.code("von_mises[i, j] = stiff * wp.sqrt(sxx * sxx - sxx * syy + syy * syy + 3.0 * sxy * sxy + 0.0001)")
    shapes = ((1, 1), (draw.choice((3, 5, 7)), draw.choice((5, 7))), (draw.integer(8, 10), draw.integer(9, 11)))
    grids = [{"nx": a, "ny": b, "nx1": a + 1, "ny1": b + 1, "one": 1} for a, b in shapes]
    return s.finish(draw.choice(("voxel_elements", "topology_step", "grid_elements")), ["nx", "ny"], grids)
