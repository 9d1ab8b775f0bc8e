"""The rules of optimizers: states, hyperparameters, and formulas from a gradient `g` to an `update`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """An array that a rule keeps per parameter: its usual names, the name in formulas, its range, and whether it has a new value."""

    names: tuple[str, ...]
    local: str
    low: float
    high: float


@dataclass(frozen=True)
class Rule:
    """Formulas over `p`, `g`, the states' locals and the hyperparameters that end in `update`; a state `m` becomes `new_m`.

    A parameter moves by `-lr * update`, or becomes `new_p` where a formula says so. `linear` rules are linear in parameter, gradient and
    states: their gradient is right even where they overwrite what they have read. `corrected` names states that a bias correction divides
    by one less a power of their decay.
    """

    name: str
    states: tuple[State, ...]
    knobs: tuple[tuple[str, float, float], ...]
    formulas: tuple[str, ...]
    linear: bool = False
    corrected: tuple[tuple[str, str], ...] = ()


M = State(("exp_avg", "m", "moment1", "momentum_buf"), "m", -1.0, 1.0)
V = State(("exp_avg_sq", "v", "moment2", "second_moment"), "v", 0.05, 1.0)
S = State(("square_avg", "grad_sq", "accum", "s"), "s", 0.1, 2.0)
VELOCITY = State(("velocity", "momentum_buf", "buf", "mom"), "m", -1.0, 1.0)
BETAS = (("beta1", 0.7, 0.95), ("beta2", 0.8, 0.999))
EPS = ("eps", 1e-4, 1e-2)
_MEAN = "new_m = beta1 * m + (1.0 - beta1) * g"
_SQUARE = "new_v = beta2 * v + (1.0 - beta2) * g * g"

RULES = (
    Rule("sgd", (), (), ("update = g",), linear=True),
    Rule("momentum", (VELOCITY,), (("mu", 0.5, 0.95),), ("new_m = mu * m + g", "update = new_m"), linear=True),
    Rule(
        "dampened_momentum",
        (VELOCITY,),
        (("mu", 0.5, 0.95), ("dampening", 0.05, 0.4)),
        ("new_m = mu * m + (1.0 - dampening) * g", "update = new_m"),
        linear=True,
    ),
    Rule("nesterov", (VELOCITY,), (("mu", 0.5, 0.95),), ("new_m = mu * m + g", "update = g + mu * new_m"), linear=True),
    Rule("heavy_ball", (VELOCITY,), (("mu", 0.5, 0.95),), ("new_m = mu * m - lr * g", "new_p = p + new_m"), linear=True),
    Rule(
        "nesterov_lookahead",
        (VELOCITY,),
        (("mu", 0.5, 0.95),),
        ("new_m = mu * m - lr * g", "new_p = p - mu * m + (1.0 + mu) * new_m"),
        linear=True,
    ),
    Rule("quasi_hyperbolic", (M,), (("beta1", 0.7, 0.95), ("nu", 0.3, 0.8)), (_MEAN, "update = (1.0 - nu) * g + nu * new_m"), linear=True),
    Rule(
        "aggregated_momentum",
        (VELOCITY, State(("slow_velocity", "buf2", "velocity_b"), "w", -1.0, 1.0)),
        (("mu_fast", 0.3, 0.7), ("mu_slow", 0.8, 0.98)),
        ("new_m = mu_fast * m + g", "new_w = mu_slow * w + g", "update = 0.5 * (new_m + new_w)"),
        linear=True,
    ),
    Rule("adagrad", (S,), (EPS,), ("new_s = s + g * g", "update = g / (wp.sqrt(new_s) + eps)")),
    Rule(
        "adadelta",
        (S, State(("acc_delta", "delta_sq", "step_sq"), "d", 0.05, 0.5)),
        (("rho", 0.7, 0.95), EPS),
        (
            "new_s = rho * s + (1.0 - rho) * g * g",
            "update = wp.sqrt(d + eps) / wp.sqrt(new_s + eps) * g",
            "new_d = rho * d + (1.0 - rho) * update * update",
        ),
    ),
    Rule("rmsprop", (S,), (("rho", 0.7, 0.95), EPS), ("new_s = rho * s + (1.0 - rho) * g * g", "update = g / (wp.sqrt(new_s) + eps)")),
    Rule(
        "centered_rmsprop",
        (State(("square_avg", "s"), "s", 1.2, 2.0), State(("grad_avg", "mean_grad"), "a", -0.5, 0.5)),
        (("rho", 0.8, 0.95), EPS),
        (
            "new_s = rho * s + (1.0 - rho) * g * g",
            "new_a = rho * a + (1.0 - rho) * g",
            "update = g / wp.sqrt(new_s - new_a * new_a + eps)",
        ),
    ),
    Rule(
        "rmsprop_momentum",
        (S, VELOCITY),
        (("rho", 0.7, 0.95), ("mu", 0.5, 0.95), EPS),
        ("new_s = rho * s + (1.0 - rho) * g * g", "new_m = mu * m + g / wp.sqrt(new_s + eps)", "update = new_m"),
    ),
    Rule(
        "adam",
        (M, V),
        (*BETAS, EPS),
        (_MEAN, _SQUARE, "update = m_hat / (wp.sqrt(v_hat) + eps)"),
        corrected=(("m", "beta1"), ("v", "beta2")),
    ),
    Rule(
        "amsgrad",
        (M, V, State(("max_exp_avg_sq", "v_max"), "top", 0.05, 1.0)),
        (*BETAS, EPS),
        (_MEAN, _SQUARE, "new_top = wp.max(top, new_v)", "update = m_hat / (wp.sqrt(new_top) + eps)"),
        corrected=(("m", "beta1"),),
    ),
    Rule(
        "adamax",
        (M, State(("exp_inf", "u_norm", "inf_norm"), "u", 0.1, 1.0)),
        (*BETAS, EPS),
        (_MEAN, "new_u = wp.max(beta2 * u, wp.abs(g))", "update = m_hat / (new_u + eps)"),
        corrected=(("m", "beta1"),),
    ),
    Rule(
        "nadam",
        (M, V),
        (*BETAS, EPS),
        (_MEAN, _SQUARE, "look = beta1 * m_hat + (1.0 - beta1) * g", "update = look / (wp.sqrt(v_hat) + eps)"),
        corrected=(("m", "beta1"), ("v", "beta2")),
    ),
    Rule(
        "adabelief",
        (M, V),
        (*BETAS, EPS),
        (
            _MEAN,
            "surprise = g - new_m",
            "new_v = beta2 * v + (1.0 - beta2) * surprise * surprise + eps",
            "update = m_hat / (wp.sqrt(v_hat) + eps)",
        ),
        corrected=(("m", "beta1"), ("v", "beta2")),
    ),
    Rule(
        "yogi",
        (M, State(("exp_avg_sq", "v"), "v", 0.3, 1.0)),
        (*BETAS, EPS),
        (_MEAN, "sq = g * g", "new_v = v - (1.0 - beta2) * wp.sign(v - sq) * sq", "update = new_m / (wp.sqrt(new_v) + eps)"),
    ),
    Rule(
        "lion",
        (M,),
        (("beta1", 0.7, 0.95), ("beta2", 0.8, 0.99)),
        ("blend = beta1 * m + (1.0 - beta1) * g", "update = wp.sign(blend)", "new_m = beta2 * m + (1.0 - beta2) * g"),
    ),
    Rule("sign_descent", (), (), ("update = wp.sign(g)",)),
    Rule("signum", (M,), (("beta1", 0.7, 0.95),), (_MEAN, "update = wp.sign(new_m)")),
    Rule(
        "sophia",
        (M, State(("hessian", "curvature", "h_diag"), "h", 0.05, 2.0)),
        (("beta1", 0.7, 0.95), ("rho", 0.3, 1.5), EPS),
        (_MEAN, "update = wp.clamp(new_m / (rho * h + eps), -1.0, 1.0)"),
    ),
    Rule(
        "adan",
        (M, State(("exp_avg_diff", "diff_avg"), "n", -0.5, 0.5), V, State(("prev_grad", "last_grad"), "last", -1.0, 1.0)),
        (*BETAS, ("beta3", 0.8, 0.99), EPS),
        (
            _MEAN,
            "change = g - last",
            "new_n = beta2 * n + (1.0 - beta2) * change",
            "ahead = g + beta2 * change",
            "new_v = beta3 * v + (1.0 - beta3) * ahead * ahead",
            "update = (new_m + beta2 * new_n) / (wp.sqrt(new_v) + eps)",
            "new_last = g",
        ),
    ),
    Rule(
        "madgrad",
        (State(("grad_sum", "dual_avg"), "q", -1.0, 1.0), S, State(("initial", "x0", "anchor"), "x0", -1.0, 1.0)),
        (("momentum", 0.1, 0.9), EPS),
        (
            "new_q = q + lr * g",
            "new_s = s + lr * g * g",
            "goal = x0 - new_q / (wp.cbrt(new_s) + eps)",
            "new_p = momentum * p + (1.0 - momentum) * goal",
        ),
    ),
    Rule(
        "rprop",
        (State(("prev_grad", "last_grad"), "last", -1.0, 1.0), State(("step_size", "deltas"), "width", 0.01, 0.2)),
        (("eta_plus", 1.1, 1.3), ("eta_minus", 0.4, 0.7)),
        (
            "agreement = g * last",
            "factor = wp.where(agreement > 0.0, eta_plus, eta_minus)",
            "new_width = wp.clamp(width * factor, 0.001, 0.5)",
            "kept = wp.where(agreement > 0.0, g, 0.0)",
            "new_p = p - wp.sign(g) * new_width",
            "new_last = kept",
        ),
    ),
    Rule(
        "langevin",
        (State(("noise", "normals"), "z", -1.5, 1.5),),
        (("temperature", 0.01, 0.3),),
        ("jitter = wp.sqrt(2.0 * lr * temperature)", "new_p = p - lr * g + jitter * z"),
        linear=True,
    ),
    Rule(
        "soft_threshold",
        (),
        (("l1", 0.02, 0.3),),
        ("moved = p - lr * g", "new_p = wp.sign(moved) * wp.max(wp.abs(moved) - lr * l1, 0.0)"),
    ),
    Rule(
        "mirror_descent",
        (),
        (),
        ("new_p = p * wp.exp(-lr * g)",),
    ),
    Rule(
        "ftrl",
        (State(("z", "linear_term"), "z", -1.0, 1.0), State(("n", "accum_n"), "n", 0.1, 1.0)),
        (("alpha", 0.1, 0.6), ("l1", 0.05, 0.3), ("l2", 0.1, 1.0)),
        (
            "new_n = n + g * g",
            "sigma = (wp.sqrt(new_n) - wp.sqrt(n)) / alpha",
            "new_z = z + g - sigma * p",
            "shrunk = wp.max(wp.abs(new_z) - l1, 0.0)",
            "new_p = -wp.sign(new_z) * shrunk / (wp.sqrt(new_n) / alpha + l2)",
        ),
    ),
)
"""Names and forms as in the papers; FTRL is that of McMahan et al., 2013, and sign steps move by the learning rate."""
