"""What programs are about: themes with the quantities, parameters, relations and results that people name in such kernels.

A quantity has a type letter (R real, V vector, M matrix, I integer, B boolean) and the range of its values, in the theme's usual units.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A named quantity: its type letter and the range of its values (of each component)."""

    name: str
    letter: str
    low: float = -1.0
    high: float = 1.0


@dataclass(frozen=True)
class Theme:
    """A field that kernels are written for. `items` are what a thread stands for; `relation` is how items refer to each other."""

    name: str
    items: tuple[str, ...]
    verbs: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    parameters: tuple[Quantity, ...]
    results: tuple[Quantity, ...]
    relations: tuple[str, ...]
    groups: tuple[str, ...]
    totals: tuple[str, ...]
    grid: bool = False


def _q(text: str) -> tuple[Quantity, ...]:
    """Quantities from 'name:letter:low:high' words, as one table row each."""
    rows = []
    for word in text.split():
        name, letter, *bounds = word.split(":")
        rows.append(Quantity(name, letter, *(float(b) for b in bounds)))
    return tuple(rows)


THEMES: tuple[Theme, ...] = (
    Theme(
        "particles",
        ("particle", "point", "agent"),
        ("integrate", "advance", "update", "apply_forces_to", "damp"),
        _q(
            "position:V:-2:2 velocity:V:-1.5:1.5 force:V:-3:3 mass:R:0.2:3 "
            "radius:R:0.1:1 charge:R:-1:1 age:R:0:4 density:R:0.5:2 phase:I:0:4"
        ),
        _q("dt:R:0.005:0.05 drag:R:0.05:0.6 stiffness:R:0.5:8 cutoff:R:0.4:1.6 softening:R:0.05:0.5 gravity:V:-1:1 max_speed:R:0.5:2"),
        _q("new_position:V new_velocity:V acceleration:V kinetic:R pressure:R is_active:B neighbor_count:I"),
        ("neighbor", "partner", "anchor"),
        ("cell", "cluster"),
        ("total_energy", "total_mass", "momentum_sum"),
    ),
    Theme(
        "cloth",
        ("vertex", "node"),
        ("solve", "relax", "project", "accumulate"),
        _q(
            "rest_position:V:-1:1 displacement:V:-0.5:0.5 normal:V:-1:1 inv_mass:R:0.2:2 "
            "thickness:R:0.05:0.4 tension:R:0:2 wind:V:-2:2 fixed:B"
        ),
        _q("compliance:R:0.05:0.9 rest_length:R:0.2:1.2 damping:R:0.05:0.5 relaxation:R:0.1:0.9 friction:R:0.1:0.8 air_density:R:0.5:1.5"),
        _q("correction:V vertex_force:V strain:R bending_energy:R in_contact:B"),
        ("opposite", "edge_vertex", "neighbor"),
        ("patch", "color"),
        ("constraint_error", "strain_energy"),
    ),
    Theme(
        "rigid",
        ("body", "link", "joint"),
        ("step", "evaluate", "transform", "compute"),
        _q(
            "orientation:M:-1:1 center:V:-2:2 linear_velocity:V:-1:1 angular_velocity:V:-2:2 torque:V:-1:1 inv_mass:R:0.1:2 inertia:M:-1:1 "
            "restitution:R:0.1:0.9 contact_normal:V:-1:1 depth:R:-0.2:0.5"
        ),
        _q("dt:R:0.005:0.05 gravity:V:-2:2 angular_damping:R:0.01:0.2 margin:R:0.01:0.1 erp:R:0.1:0.8 local_offset:V:-0.5:0.5"),
        _q("world_point:V impulse:V spin:V rotated_inertia:M penetration:R energy:R touching:B"),
        ("parent", "other_body"),
        ("island", "world"),
        ("total_impulse", "kinetic_energy"),
    ),
    Theme(
        "image",
        ("pixel", "texel"),
        ("filter", "shade", "tone_map", "grade", "sharpen"),
        _q("intensity:R:0:1 color:V:0:1 depth:R:0.5:10 weight:R:0.1:2 confidence:R:0:1 mask:I:0:2 flow:V:-2:2"),
        _q("exposure:R:0.5:2 gamma:R:0.6:2.2 threshold:R:0.2:0.8 contrast:R:0.5:1.5 tint:V:0.2:1 strength:R:0.1:1"),
        _q("filtered:R shaded:V luminance:R label:I is_edge:B"),
        ("source_pixel", "match"),
        ("bin", "tile"),
        ("histogram_weight", "brightness_sum"),
        grid=True,
    ),
    Theme(
        "terrain",
        ("cell", "site"),
        ("erode", "update", "route", "classify"),
        _q("height:R:0:5 moisture:R:0:1 sediment:R:0:0.5 slope_dir:V:-1:1 hardness:R:0.2:1 land_cover:I:0:6 flow_rate:R:0:2"),
        _q("rainfall:R:0.05:0.5 evaporation:R:0.05:0.3 talus:R:0.2:0.9 sea_level:R:1:3 erosion_rate:R:0.1:0.6"),
        _q("new_height:R runoff:R sediment_load:R gradient:V biome:I is_wet:B"),
        ("downstream", "receiver"),
        ("basin", "region"),
        ("total_runoff", "eroded_volume"),
        grid=True,
    ),
    Theme(
        "fluid",
        ("cell", "face", "element"),
        ("advect", "update", "correct", "limit"),
        _q(
            "velocity:V:-1:1 pressure:R:-1:2 density:R:0.5:2 temperature:R:0.5:3 "
            "vorticity:V:-1:1 level_set:R:-1:1 strain_rate:M:-1:1 boundary:B"
        ),
        _q("dt:R:0.005:0.05 viscosity:R:0.05:0.5 buoyancy:R:0.1:1 inv_dx:R:0.5:4 ambient:R:0.5:1.5 relaxation:R:0.2:0.9"),
        _q("new_velocity:V divergence:R stress:M dissipation:R flux:R is_liquid:B"),
        ("upwind_cell", "neighbor"),
        ("block", "level"),
        ("mass_sum", "residual_norm"),
        grid=True,
    ),
    Theme(
        "signal",
        ("sample", "frame"),
        ("process", "modulate", "analyze", "demodulate"),
        _q("amplitude:R:-1:1 carrier:R:-3:3 envelope:R:0:1 noise:R:-0.3:0.3 channel:I:0:8 gain:R:0.2:2"),
        _q("frequency:R:0.5:4 bandwidth:R:0.2:2 feedback:R:0.1:0.8 drive:R:0.5:3 floor_level:R:0.05:0.3"),
        _q("filtered:R spectrum_power:R detected:B quantized:I"),
        ("reference_frame", "delayed"),
        ("band", "window"),
        ("power_sum", "peak_level"),
    ),
    Theme(
        "finance",
        ("asset", "path", "contract"),
        ("price", "value", "rebalance", "mark"),
        _q("spot:R:0.5:2 strike:R:0.6:1.8 volatility:R:0.1:0.6 maturity:R:0.2:3 drift:R:-0.1:0.1 holding:R:-2:2 rating:I:0:8"),
        _q("rate:R:0.01:0.1 dividend:R:0.01:0.05 fee:R:0.01:0.2 barrier:R:0.8:1.6 confidence:R:0.5:2 horizon:R:0.25:2"),
        _q("premium:R payoff:R exposure:R delta:R bucket:I is_exercised:B"),
        ("underlying", "counterparty"),
        ("sector", "portfolio"),
        ("portfolio_value", "loss_sum"),
    ),
    Theme(
        "learning",
        ("neuron", "token", "example"),
        ("forward", "apply", "update", "normalize"),
        _q("activation:R:-2:2 logit:R:-3:3 gradient:R:-1:1 weight:R:-1:1 moment:R:0:1 target:R:-1:1 embedding:V:-1:1 label:I:0:6"),
        _q("learning_rate:R:0.01:0.2 momentum:R:0.5:0.95 temperature:R:0.5:2 epsilon:R:0.05:0.2 decay:R:0.8:0.99 scale:R:0.5:2"),
        _q("output:R loss:R new_weight:R score:R prediction:I is_correct:B"),
        ("context", "sample_id"),
        ("expert", "head"),
        ("loss_sum", "squared_error"),
    ),
    Theme(
        "orbit",
        ("satellite", "planet", "probe"),
        ("propagate", "perturb", "observe", "track"),
        _q("position:V:-2:2 velocity:V:-1:1 attitude:M:-1:1 mass:R:0.3:3 albedo:R:0.1:0.9 sun_dir:V:-1:1 anomaly:R:-3:3 mode:I:0:3"),
        _q("mu:R:0.5:2 dt:R:0.005:0.05 drag:R:0.01:0.2 thrust:R:0.1:1 min_range:R:0.1:0.5 bias:V:-0.3:0.3"),
        _q("acceleration:V line_of_sight:V range_rate:R brightness:R angular_momentum:V visible:B"),
        ("primary", "target"),
        ("plane", "station"),
        ("total_thrust", "energy_sum"),
    ),
    Theme(
        "material",
        ("quadrature_point", "element", "fiber"),
        ("evaluate", "integrate", "assemble", "update"),
        _q(
            "deformation:M:-1:1 strain:M:-0.5:0.5 fiber_dir:V:-1:1 damage:R:0:1 "
            "volume:R:0.2:2 temperature:R:0.5:2 hardening:R:0:1 phase:I:0:3"
        ),
        _q("lame_mu:R:0.5:3 lame_lambda:R:0.5:3 yield_stress:R:0.3:1.5 viscosity:R:0.05:0.5 expansion:R:0.01:0.2 load:V:-1:1"),
        _q("stress:M traction:V energy_density:R plastic_strain:R is_yielding:B"),
        ("parent_element", "node_id"),
        ("layer", "material_id"),
        ("strain_energy", "plastic_work"),
    ),
    Theme(
        "network",
        ("vertex", "router", "station"),
        ("relax", "propagate", "score", "balance"),
        _q("potential:R:-1:2 capacity:R:0.5:4 load:R:0:2 delay:R:0.1:2 degree:I:1:9 priority:I:0:5 coordinate:V:-2:2 online:B"),
        _q("alpha:R:0.1:0.9 threshold:R:0.3:1.5 penalty:R:0.1:2 decay:R:0.5:0.95 max_load:R:1:3"),
        _q("rank:R new_potential:R flow:R hop_count:I is_overloaded:B"),
        ("successor", "gateway"),
        ("component", "zone"),
        ("total_flow", "cost_sum"),
    ),
    Theme(
        "articulation",
        ("body", "joint", "link"),
        ("eval_fk_for", "compute_forces_on", "integrate", "apply_control_to", "update"),
        _q(
            "body_q:T:-2:2 body_qd:S:-1.5:1.5 joint_X_p:T:-1:1 joint_X_c:T:-1:1 joint_q:R:-1.5:1.5 joint_qd:R:-2:2 joint_axis:V:-1:1 "
            "body_com:V:-0.5:0.5 body_mass:R:0.2:4 body_f:S:-2:2 joint_type:I:0:6 body_inertia:M:0.1:1 joint_act:R:-1:1 joint_rot:Q:-1:1"
        ),
        _q("dt:R:0.005:0.05 gravity:V:-2:2 joint_ke:R:0.5:8 joint_kd:R:0.1:2 angular_damping:R:0.01:0.2 armature:R:0.05:0.5 limit:R:0.5:2"),
        _q("body_q_new:V body_qd_new:V joint_f:R joint_tau:R body_acc:V kinetic_energy:R at_limit:B dof_count:I"),
        ("parent", "child", "joint_parent"),
        ("articulation", "world"),
        ("total_torque", "total_momentum"),
    ),
    Theme(
        "contacts",
        ("contact", "shape", "geom", "pair"),
        ("solve", "eval", "generate", "resolve", "apply"),
        _q(
            "contact_point0:V:-1:1 contact_point1:V:-1:1 contact_normal:V:-1:1 contact_depth:R:-0.3:0.4 shape_transform:T:-1.5:1.5 "
            "shape_body:I:0:5 shape_scale:V:0.2:1.5 shape_type:I:0:7 material_mu:R:0.1:1 thickness0:R:0.01:0.1 contact_vel:S:-1:1 "
            "geom_rot:Q:-1:1"
        ),
        _q("contact_ke:R:1:10 contact_kd:R:0.1:2 contact_kf:R:0.1:2 margin:R:0.02:0.2 friction_smoothing:R:0.5:2 relaxation:R:0.3:0.9"),
        _q("contact_force:V contact_impulse:V normal_force:R friction_force:V penetration:R is_active:B contact_count:I"),
        ("body_a", "body_b", "other_shape"),
        ("body", "island"),
        ("total_force", "penetration_sum"),
    ),
    Theme(
        "multiworld",
        ("dof", "geom", "site", "efc"),
        ("compute", "update", "accumulate", "factor", "project"),
        _q(
            "qpos_in:R:-1:1 qvel_in:R:-2:2 xpos_in:V:-1.5:1.5 xmat_in:M:-1:1 xquat_in:Q:-1:1 cvel_in:S:-1:1 cdof_in:S:-1:1 "
            "qfrc_applied_in:R:-1:1 efc_D_in:R:0.1:2 efc_force_in:R:-2:2 efc_type_in:I:0:6 geom_type:I:0:8 dof_damping:R:0.05:1 "
            "body_parentid:I:0:6"
        ),
        _q(
            "opt_timestep:R:0.002:0.02 opt_gravity:V:-2:2 opt_impratio:R:0.5:2 tolerance:R:0.01:0.2 meaninertia:R:0.5:2 magnetic:V:-0.5:0.5"
        ),
        _q("qacc_out:R qfrc_passive_out:R xpos_out:V cfrc_ext_out:V cost_out:R gauss_out:R done_out:B nactive_out:I"),
        ("body_rootid", "dof_bodyid", "geom_bodyid"),
        ("tree", "world"),
        ("cost_out_sum", "energy_out"),
        grid=True,
    ),
)

QUALIFIERS = (
    "local",
    "net",
    "effective",
    "scaled",
    "final",
    "adjusted",
    "base",
    "relative",
    "current",
    "mean",
    "inner",
    "outer",
    "signed",
    "raw",
    "rest",
    "extra",
)
INDEX_NAMES = ("i", "tid", "idx", "index")
GUARD_NAMES = ("count", "n", "num_{item}s", "size", "limit")
