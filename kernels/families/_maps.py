"""Maps that people write element by element, as formulas: activations, losses, colour, units and physics, optimizers, vectors, bits, masks.

An input is (name, type letter, low, high): R real, V 3-vector, M 3x3 matrix, I integer, B boolean. Ranges are those in which every line is
safe. A knob is a real parameter (name, low, high). Each line is `target = formula`; the named outputs are stored.
"""

from __future__ import annotations

from dataclasses import dataclass

Input = tuple[str, str, float, float]


@dataclass(frozen=True)
class Map:
    """One elementwise algorithm: what a kernel of it may be called, what it reads, its parameters, its lines, and what it stores."""

    names: str
    inputs: tuple[Input, ...]
    lines: tuple[str, ...]
    knobs: tuple[tuple[str, float, float], ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def stored(self) -> tuple[str, ...]:
        """The targets that are stored: the last line's unless said otherwise."""
        return self.outputs or (self.lines[-1].split(" = ", 1)[0],)


def _map(names: str, inputs: str, lines: str, knobs: str = "", outputs: str = "") -> Map:
    """A Map from compact text: inputs `x:R:-3:3`, knobs `alpha:0.1:0.5`, lines parted by `;`."""
    fields = [f.split(":") for f in inputs.split()]
    return Map(
        names=names,
        inputs=tuple((n, letter, float(low), float(high)) for n, letter, low, high in fields),
        lines=tuple(line.strip() for line in lines.split(";")),
        knobs=tuple((n, float(low), float(high)) for n, low, high in (k.split(":") for k in knobs.split())),
        outputs=tuple(outputs.split()),
    )


ACTIVATIONS = (
    _map("relu_forward relu", "x:R:-3:3", "y = max(x, 0.0)"),
    _map("leaky_relu lrelu_forward", "x:R:-3:3", "y = where(x > 0.0, x, slope * x)", "slope:0.01:0.3"),
    _map("elu elu_forward", "x:R:-3:3", "negative = alpha * (exp(min(x, 0.0)) - 1.0); y = where(x > 0.0, x, negative)", "alpha:0.5:1.5"),
    _map("silu swish_forward", "x:R:-4:4", "sigmoid = 1.0 / (1.0 + exp(-x)); y = x * sigmoid"),
    _map("swish_beta scaled_swish", "x:R:-3:3", "sigmoid = 1.0 / (1.0 + exp(-beta * x)); y = x * sigmoid", "beta:0.5:1.2"),
    _map("gelu gelu_tanh", "x:R:-3:3", "inner = 0.797885 * (x + 0.044715 * x * x * x); y = 0.5 * x * (1.0 + tanh(inner))"),
    _map("gelu_exact gelu_erf", "x:R:-3:3", "cdf = 0.5 * (1.0 + erf(x * 0.70711)); y = x * cdf"),
    _map("softplus softplus_forward", "x:R:-4:4", "y = max(x, 0.0) + log(1.0 + exp(-abs(x)))"),
    _map("mish mish_forward", "x:R:-3:3", "soft = log(1.0 + exp(x)); y = x * tanh(soft)"),
    _map("hard_swish hswish", "x:R:-5:5", "gate = clamp(x / 6.0 + 0.5, 0.0, 1.0); y = x * gate"),
    _map("softsign softsign_forward", "x:R:-3:3", "y = x / (1.0 + abs(x))"),
    _map("swiglu gated_silu", "x:R:-2:2 g:R:-3:3", "activated = g / (1.0 + exp(-g)); y = activated * x"),
    _map("geglu gated_gelu", "x:R:-2:2 g:R:-2:2", "gate = 0.5 * g * (1.0 + tanh(0.8 * g)); y = gate * x"),
    _map("tanh_shrink residual_tanh", "x:R:-3:3", "squashed = tanh(gain * x); y = x - squashed", "gain:0.3:1.5"),
    _map("bias_gelu add_bias_gelu", "x:R:-1:1 bias:R:-1:1", "z = x + bias; y = 0.5 * z * (1.0 + erf(0.70711 * z))"),
    _map("layer_scale residual_scale", "residual:R:-1:1 branch:R:-1:1 gamma:R:0.1:1", "y = residual + gamma * branch"),
)

LOSSES = (
    _map(
        "huber_loss huber",
        "prediction:R:-1:1 label:R:-1:1",
        "error = prediction - label; size = abs(error);loss = where(size < delta, 0.5 * error * error, delta * (size - 0.5 * delta))",
        "delta:0.3:0.9",
    ),
    _map(
        "bce_with_logits logistic_loss", "logit:R:-3:3 label:R:0:1", "loss = max(logit, 0.0) - logit * label + log(1.0 + exp(-abs(logit)))"
    ),
    _map("focal_loss focal", "p:R:0.1:0.9", "modulation = pow(1.0 - p, gamma); loss = -modulation * log(p)", "gamma:0.5:2"),
    _map("kl_term relative_entropy", "p:R:0.1:1 q:R:0.1:1", "loss = p * log(p / q)"),
    _map("log_cosh log_cosh_loss", "prediction:R:-1:1 label:R:-1:1", "error = prediction - label; loss = log(cosh(error))"),
    _map(
        "weighted_mse squared_error",
        "prediction:R:-1:1 label:R:-1:1 weight:R:0.1:2",
        "error = prediction - label; loss = weight * (error * error); slope = 2.0 * weight * error",
        "",
        "loss slope",
    ),
    _map(
        "gaussian_nll nll_loss",
        "mean:R:-1:1 label:R:-1:1 var:R:0.2:2",
        "error = label - mean; loss = 0.5 * (log(var) + error * error / var)",
    ),
    _map(
        "pinball_loss quantile_loss",
        "prediction:R:-1:1 label:R:-1:1",
        "gap = label - prediction; loss = max(tau * gap, (tau - 1.0) * gap)",
        "tau:0.1:0.9",
    ),
)

COLOURS = (
    _map("srgb_to_linear decode_srgb", "c:R:0:1", "lit = pow((c + 0.055) / 1.055, 2.4); linear = where(c > 0.04045, lit, c / 12.92)"),
    _map("gamma_encode gamma_correct", "c:R:0:1", "encoded = pow(max(c, 0.05), inverse_gamma)", "inverse_gamma:0.3:0.9"),
    _map("rgb_to_gray luminance", "r:R:0:1 g:R:0:1 b:R:0:1", "gray = 0.2126 * r + 0.7152 * g + 0.0722 * b"),
    _map("luma color_luminance", "color:V:0:1", "gray = dot(color, vec(0.299, 0.587, 0.114))"),
    _map(
        "reinhard tonemap_reinhard", "radiance:R:0:4", "exposed = exposure * radiance; mapped = exposed / (1.0 + exposed)", "exposure:0.5:2"
    ),
    _map(
        "aces tonemap_aces",
        "x:R:0:4",
        "above = x * (2.51 * x + 0.03); below = x * (2.43 * x + 0.59) + 0.14; mapped = clamp(above / below, 0.0, 1.0)",
    ),
    _map(
        "saturate_color adjust_saturation",
        "color:V:0:1",
        "gray = dot(color, vec(0.2126, 0.7152, 0.0722));result = vec(gray, gray, gray) * (1.0 - amount) + color * amount",
        "amount:0.2:0.9",
    ),
    _map("alpha_over composite", "top:V:0:1 bottom:V:0:1 alpha:R:0:1", "blended = top * alpha + bottom * (1.0 - alpha)"),
    _map("screen_blend screen", "base:R:0:1 blend:R:0:1", "mixed = 1.0 - (1.0 - base) * (1.0 - blend)"),
    _map(
        "overlay_blend overlay",
        "base:R:0:1 blend:R:0:1",
        "dark = 2.0 * base * blend; light = 1.0 - 2.0 * (1.0 - base) * (1.0 - blend); mixed = where(base < 0.5, dark, light)",
    ),
    _map(
        "rgb_to_ycbcr split_luma",
        "color:V:0:1",
        "luma = dot(color, vec(0.299, 0.587, 0.114)); cb = 0.564 * (color[2] - luma);cr = 0.713 * (color[0] - luma)",
        "",
        "luma cb cr",
    ),
    _map(
        "chroma_of value_and_chroma",
        "r:R:0:1 g:R:0:1 b:R:0:1",
        "highest = max(max(r, g), b); lowest = min(min(r, g), b); chroma = highest - lowest",
        "",
        "highest chroma",
    ),
    _map("contrast_curve sigmoid_contrast", "c:R:0:1", "bent = exp(-steepness * (c - 0.5)); result = 1.0 / (1.0 + bent)", "steepness:2:8"),
    _map(
        "sepia sepia_tone",
        "color:V:0:1",
        "tone = dot(color, vec(0.35, 0.69, 0.17)); warm = vec(tone, 0.89 * tone, 0.69 * tone);"
        "result = color * (1.0 - strength) + warm * strength",
        "strength:0.2:0.9",
    ),
    _map("posterize quantize_levels", "c:R:0.05:1", "result = floor(c * levels) / levels", "levels:3:8"),
    _map("white_balance channel_gain", "color:V:0:1 gain:V:0.5:2", "balanced = cw_mul(color, gain)"),
    _map("premultiply premultiply_alpha", "color:V:0:1 alpha:R:0:1", "premultiplied = alpha * color"),
)

UNITS = (
    _map("celsius_to_fahrenheit to_fahrenheit", "celsius:R:-20:40", "fahrenheit = celsius * 1.8 + 32.0"),
    _map(
        "wind_chill feels_like",
        "celsius:R:-20:10 wind:R:5:19",
        "power = pow(wind, 0.16); chill = 13.12 + 0.6215 * celsius + (0.3965 * celsius - 11.37) * power",
    ),
    _map(
        "vapor_pressure magnus",
        "t:R:-20:40 humidity:R:0.2:1",
        "saturation = 6.1094 * exp(17.625 * t / (t + 243.04)); deficit = saturation * (1.0 - humidity)",
        "",
        "saturation deficit",
    ),
    _map(
        "dew_point dew_point_temperature",
        "t:R:0:40 humidity:R:0.2:1",
        "g = log(humidity) + 17.625 * t / (t + 243.04); dew = 243.04 * g / (17.625 - g)",
    ),
    _map("to_decibels amplitude_to_db", "amplitude:R:0:2", "db = 20.0 * log10(max(abs(amplitude), 0.05))"),
    _map("polar_to_cartesian from_polar", "r:R:0.1:3 theta:R:-3:3", "px = r * cos(theta); py = r * sin(theta)", "", "px py"),
    _map("cartesian_to_polar to_polar", "px:R:0.3:2 py:R:-2:2", "r = sqrt(px * px + py * py); theta = atan2(py, px)", "", "r theta"),
    _map("kinetic_energy energy_of", "mass:R:0.5:3 speed:R:-2:2", "energy = 0.5 * mass * (speed * speed)"),
    _map("gas_density air_density", "pressure:R:90:105 kelvin:R:250:310", "density = pressure / (0.28705 * kelvin)"),
    _map(
        "lorentz_factor time_dilation",
        "beta:R:0:0.9 proper:R:1:5",
        "factor = 1.0 / sqrt(1.0 - beta * beta); dilated = factor * proper",
        "",
        "factor dilated",
    ),
    _map(
        "arrhenius reaction_rate",
        "kelvin:R:300:600 barrier:R:5:18",
        "exponent = barrier / (0.008314 * kelvin); rate = prefactor * exp(-exponent)",
        "prefactor:0.5:3",
    ),
    _map("michaelis_menten enzyme_rate", "substrate:R:0:3", "rate = vmax * substrate / (km + substrate)", "vmax:0.5:2 km:0.2:1.5"),
    _map(
        "hill_response dose_response",
        "dose:R:0.1:3",
        "powered = pow(dose, exponent); response = powered / (half + powered)",
        "exponent:0.5:2.5 half:0.3:1.5",
    ),
    _map(
        "lennard_jones pair_energy",
        "r:R:0.9:2",
        "ratio = 1.0 / (r * r); attraction = ratio * ratio * ratio; energy = 4.0 * depth * (attraction * attraction - attraction)",
        "depth:0.1:1",
    ),
    _map(
        "logistic_growth grow_population",
        "population:R:0.1:1.5 capacity:R:1:3",
        "growth = rate * population * (1.0 - population / capacity); next = population + dt * growth",
        "rate:0.2:1.5 dt:0.01:0.2",
    ),
    _map(
        "morse_potential bond_energy",
        "r:R:0.5:2.5",
        "decay = 1.0 - exp(-width * (r - 1.0)); energy = depth * (decay * decay)",
        "width:0.5:2 depth:0.2:2",
    ),
    _map("thin_lens image_distance", "distance:R:2:8", "power = 1.0 / focal - 1.0 / distance; image = 1.0 / power", "focal:0.3:1.5"),
    _map(
        "damped_oscillation ring_down",
        "t:R:0:4 phase:R:-1:1",
        "envelope = exp(-damping * t); signal = envelope * cos(omega * t + phase)",
        "damping:0.1:1 omega:0.5:3",
    ),
)

OPTIMIZERS = (
    _map("sgd_step sgd", "p:R:-1:1 g:R:-1:1", "new_p = p - lr * g", "lr:0.01:0.3"),
    _map(
        "sgd_decay weight_decay_step", "p:R:-1:1 g:R:-1:1", "shrunk = g + decay * p; new_p = p - lr * shrunk", "lr:0.01:0.3 decay:0.01:0.2"
    ),
    _map(
        "sgd_momentum momentum_step",
        "p:R:-1:1 g:R:-1:1 v:R:-1:1",
        "new_v = mu * v + g; new_p = p - lr * new_v",
        "lr:0.01:0.3 mu:0.5:0.95",
        "new_v new_p",
    ),
    _map(
        "nesterov nesterov_step",
        "p:R:-1:1 g:R:-1:1 v:R:-1:1",
        "new_v = mu * v + g; new_p = p - lr * (g + mu * new_v)",
        "lr:0.01:0.3 mu:0.5:0.95",
        "new_p new_v",
    ),
    _map(
        "rmsprop rmsprop_step",
        "p:R:-1:1 g:R:-1:1 s:R:0.2:1",
        "new_s = rho * s + g * g * (1.0 - rho); new_p = p - lr * g / (sqrt(new_s) + 1e-6)",
        "lr:0.01:0.3 rho:0.5:0.95",
        "new_s new_p",
    ),
    _map(
        "adagrad adagrad_step",
        "p:R:-1:1 g:R:-1:1 s:R:0.2:1",
        "new_s = s + g * g; new_p = p - lr * g / sqrt(new_s)",
        "lr:0.01:0.3",
        "new_s new_p",
    ),
    _map(
        "adam adam_step",
        "p:R:-1:1 g:R:-1:1 m:R:-1:1 v:R:0.2:1",
        "new_m = beta1 * m + (1.0 - beta1) * g; new_v = beta2 * v + g * g * (1.0 - beta2); new_p = p - lr * new_m / (sqrt(new_v) + 1e-6)",
        "lr:0.01:0.3 beta1:0.5:0.9 beta2:0.6:0.95",
        "new_m new_v new_p",
    ),
    _map(
        "lion lion_step",
        "p:R:-1:1 g:R:-1:1 m:R:-1:1",
        "direction = sign(beta * m + (1.0 - beta) * g); new_p = p - lr * direction",
        "lr:0.01:0.3 beta:0.5:0.9",
    ),
    _map("ema_update polyak_average", "average:R:-1:1 p:R:-1:1", "new_average = decay * average + (1.0 - decay) * p", "decay:0.5:0.95"),
    _map(
        "clip_gradient clipped_step",
        "p:R:-1:1 g:R:-2:2",
        "clipped = clamp(g, -limit, limit); new_p = p - lr * clipped",
        "limit:0.3:1 lr:0.01:0.3",
    ),
    _map(
        "proximal_step soft_threshold",
        "p:R:-1:1 g:R:-1:1",
        "moved = p - lr * g; shrunk = max(abs(moved) - lam, 0.0); new_p = sign(moved) * shrunk",
        "lr:0.01:0.3 lam:0.05:0.4",
    ),
)

VECTORS = (
    _map("transform_points rigid_transform", "p:V:-1:1 rotation:M:-1:1 shift:V:-1:1", "moved = rotation @ p + shift"),
    _map("reflect_rays mirror", "d:V:-1:1 n:V:-1:1", "along = dot(d, n); bounced = d - n * (2.0 * along)"),
    _map(
        "project_to_plane flatten",
        "p:V:-1:1 n:V:-1:1 origin:V:-1:1",
        "height = dot(p - origin, n); foot = p - n * height",
        "",
        "foot height",
    ),
    _map(
        "lorentz_force push_charges",
        "velocity:V:-1:1 electric:V:-1:1 magnetic:V:-1:1",
        "force = charge * (electric + cross(velocity, magnetic))",
        "charge:0.5:2",
    ),
    _map(
        "integrate_motion euler_step",
        "x:V:-1:1 v:V:-1:1 a:V:-1:1",
        "new_v = v + a * dt; new_x = x + new_v * dt",
        "dt:0.01:0.3",
        "new_v new_x",
    ),
    _map("mix_vectors lerp_points", "a:V:-1:1 b:V:-1:1 t:R:0:1", "mixed = a * (1.0 - t) + b * t"),
    _map(
        "limit_length clamp_speed",
        "v:V:-1:1",
        "speed = length(v); factor = min(1.0, limit / max(speed, 0.1)); limited = v * factor",
        "limit:0.3:1",
    ),
    _map(
        "sphere_distance sdf_sphere", "p:V:-2:2", "distance = length(p) - radius; inward = -normalize(p)", "radius:0.3:1", "distance inward"
    ),
    _map(
        "quadratic_drag apply_drag",
        "v:V:-1:1",
        "speed = length(v); drag = v * (-coefficient * speed); slowed = v + drag * dt",
        "coefficient:0.2:1.5 dt:0.01:0.2",
    ),
    _map(
        "triangle_normals face_areas",
        "a:V:-1:1 b:V:-1:1 c:V:-1:1",
        "normal = cross(b - a, c - a); area = 0.5 * length(normal)",
        "",
        "normal area",
    ),
    _map("cosine_similarity alignment", "a:V:-1:1 b:V:-1:1", "scale = max(length(a) * length(b), 0.1); similarity = dot(a, b) / scale"),
    _map(
        "rotate_about_axis rodrigues",
        "v:V:-1:1 axis:V:-1:1 angle:R:-3:3",
        "c = cos(angle); s = sin(angle); turned = v * c + cross(axis, v) * s; rotated = turned + axis * (dot(axis, v) * (1.0 - c))",
    ),
    _map(
        "lambert_shading diffuse_light",
        "n:V:-1:1 light:V:-1:1 albedo:V:0:1",
        "cosine = max(dot(n, light), 0.0); shaded = albedo * (cosine + ambient)",
        "ambient:0.05:0.3",
    ),
    _map(
        "blinn_phong specular_light",
        "n:V:-1:1 light:V:-1:1 view:V:-1:1",
        "halfway = normalize(light + view); facing = max(dot(n, halfway), 0.05); specular = pow(facing, shininess)",
        "shininess:0.5:2.5",
    ),
    _map(
        "spring_force hooke",
        "a:V:-1:1 b:V:-1:1",
        "span = b - a; distance = length(span); force = normalize(span) * (stiffness * (distance - rest))",
        "stiffness:0.5:3 rest:0.2:1",
    ),
    _map(
        "gravity_field point_gravity",
        "p:V:-1:1 source:V:-1:1",
        "offset = source - p; r2 = length_sq(offset) + softening; pull = offset / (r2 * sqrt(r2))",
        "softening:0.2:0.8",
    ),
    _map(
        "strain_energy elastic_energy",
        "f:M:-1:1 v:V:-1:1",
        "stretched = f @ v; energy = 0.5 * mu * length_sq(stretched); volume = determinant(f)",
        "mu:0.5:2",
        "energy volume",
    ),
)

INTEGERS = (
    _map("pack_bytes join_bytes", "high:I:0:256 low:I:0:256", "packed = high << 8 | low"),
    _map("unpack_bytes split_word", "word:I:0:65536", "low = word & 255; high = word >> 8", "", "low high"),
    _map("gray_code to_gray", "x:I:0:65536", "code = x ^ x >> 1"),
    _map(
        "bit_parity parity",
        "x:I:0:65536",
        "folded = x ^ x >> 8; nibble = folded ^ folded >> 4; pair = nibble ^ nibble >> 2; odd = (pair ^ pair >> 1) & 1",
    ),
    _map("swap_bytes byte_swap", "word:I:0:65536", "swapped = (word & 255) << 8 | word >> 8"),
    _map("cell_hash hash_cells", "cx:I:0:400 cy:I:0:400", "mixed = cx * 73 ^ cy * 19; slot = mixed % 97"),
    _map("lcg_next lcg_step", "state:I:0:800", "next = (state * 1103 + 12345) % 4096; bit = next >> 4 & 1", "", "next bit"),
    _map("saturating_add add_clamped", "a:I:0:256 b:I:0:256", "total = min(a + b, 255)"),
    _map("fixed_point_blend blend_bytes", "a:I:0:256 b:I:0:256 alpha:I:0:257", "mixed = a * alpha + b * (256 - alpha) >> 8"),
    _map("integer_luma luma_bytes", "r:I:0:256 g:I:0:256 b:I:0:256", "luma = r * 77 + g * 150 + b * 29 >> 8"),
    _map(
        "manhattan_distance grid_distance",
        "x0:I:0:100 y0:I:0:100 x1:I:0:100 y1:I:0:100",
        "dx = abs(x1 - x0); dy = abs(y1 - y0); steps = dx + dy; reach = max(dx, dy)",
        "",
        "steps reach",
    ),
    _map("leap_years is_leap", "year:I:1600:2400", "leap = year % 4 == 0 and year % 100 != 0 or year % 400 == 0"),
    _map(
        "block_coordinates split_index",
        "index:I:0:10000",
        "block = index // 32; lane = index % 32; offset = block * 33 + lane",
        "",
        "block lane offset",
    ),
    _map("bit_field extract_field", "word:I:0:65536 shift:I:0:8", "field = word >> shift & 15"),
    _map("day_time clock_parts", "second:I:0:86400", "hour = second // 3600; minute = second // 60 % 60", "", "hour minute"),
    _map("flag_update set_flags", "flags:I:0:256 bits:I:0:256 clear:I:0:256", "kept = flags & (255 - clear); updated = kept | bits"),
    _map("triangle_wave fold_index", "tick:I:0:2000", "phase = tick % 64; wave = 32 - abs(phase - 32)"),
    _map("checker_cells parity_cells", "u:I:0:500 v:I:0:500", "tile = u // 8 + v // 8; odd = tile % 2 == 1"),
)

MASKS = (
    _map("inside_sphere sphere_mask", "p:V:-1:1", "distance = length(p); inside = distance < radius", "radius:0.5:1.2"),
    _map("band_mask in_range", "x:R:-1:1", "inside = x > lower and x < upper", "lower:-0.6:-0.1 upper:0.1:0.6"),
    _map("mask_difference subtract_mask", "a:B:0:1 b:B:0:1", "only = a and not b"),
    _map(
        "outlier_mask find_outliers",
        "x:R:-2:2 mean:R:-0.5:0.5 sigma:R:0.2:1",
        "deviation = abs(x - mean); outlier = deviation > factor * sigma",
        "factor:0.8:2",
    ),
    _map("select_masked choose", "a:R:-1:1 b:R:-1:1 pick:B:0:1", "chosen = where(pick, a, b)"),
    _map(
        "inside_box box_mask",
        "p:V:-1:1",
        "near_x = abs(p[0]) < extent; near_y = abs(p[1]) < extent; inside = near_x and near_y and p[2] > floor_height",
        "extent:0.3:0.8 floor_height:-0.5:0.5",
    ),
    _map("active_cells is_active", "level:I:0:9 valid:B:0:1", "active = valid and level > 3"),
    _map("facing_camera front_faces", "n:V:-1:1 view:V:-1:1", "facing = dot(n, view); front = facing > 0.0"),
    _map("masked_error valid_error", "a:R:-1:1 b:R:-1:1 valid:B:0:1", "error = abs(a - b); kept = where(valid, error, 0.0)"),
    _map(
        "hysteresis schmitt_trigger",
        "x:R:-1:1 was_on:B:0:1",
        "threshold = where(was_on, release, trigger); on = x > threshold",
        "release:-0.5:-0.1 trigger:0.1:0.5",
    ),
    _map("any_flag merge_masks", "a:B:0:1 b:B:0:1 c:B:0:1", "merged = a or b and not c"),
)

MAPS: tuple[tuple[Map, ...], ...] = (ACTIVATIONS, LOSSES, COLOURS, UNITS, OPTIMIZERS, VECTORS, INTEGERS, MASKS)
"""The maps by field."""
