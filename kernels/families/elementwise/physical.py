"""Maps of images and physics: colour, units and laws, vectors."""

from kernels.families.elementwise.maps import entry

COLOURS = (
    entry("srgb_to_linear decode_srgb", "c:R:0:1", "lit = pow((c + 0.055) / 1.055, 2.4); linear = where(c > 0.04045, lit, c / 12.92)"),
    entry("gamma_encode gamma_correct", "c:R:0:1", "encoded = pow(max(c, 0.05), inverse_gamma)", "inverse_gamma:0.3:0.9"),
    entry("rgb_to_gray luminance", "r:R:0:1 g:R:0:1 b:R:0:1", "gray = 0.2126 * r + 0.7152 * g + 0.0722 * b"),
    entry("luma color_luminance", "color:V:0:1", "gray = dot(color, vec(0.299, 0.587, 0.114))"),
    entry(
        "reinhard tonemap_reinhard", "radiance:R:0:4", "exposed = exposure * radiance; mapped = exposed / (1.0 + exposed)", "exposure:0.5:2"
    ),
    entry(
        "aces tonemap_aces",
        "x:R:0:4",
        "above = x * (2.51 * x + 0.03); below = x * (2.43 * x + 0.59) + 0.14; mapped = clamp(above / below, 0.0, 1.0)",
    ),
    entry(
        "saturate_color adjust_saturation",
        "color:V:0:1",
        "gray = dot(color, vec(0.2126, 0.7152, 0.0722));result = vec(gray, gray, gray) * (1.0 - amount) + color * amount",
        "amount:0.2:0.9",
    ),
    entry("alpha_over composite", "top:V:0:1 bottom:V:0:1 alpha:R:0:1", "blended = top * alpha + bottom * (1.0 - alpha)"),
    entry("screen_blend screen", "base:R:0:1 blend:R:0:1", "mixed = 1.0 - (1.0 - base) * (1.0 - blend)"),
    entry(
        "overlay_blend overlay",
        "base:R:0:1 blend:R:0:1",
        "dark = 2.0 * base * blend; light = 1.0 - 2.0 * (1.0 - base) * (1.0 - blend); mixed = where(base < 0.5, dark, light)",
    ),
    entry(
        "rgb_to_ycbcr split_luma",
        "color:V:0:1",
        "luma = dot(color, vec(0.299, 0.587, 0.114)); cb = 0.564 * (color[2] - luma);cr = 0.713 * (color[0] - luma)",
        "",
        "luma cb cr",
    ),
    entry(
        "chroma_of value_and_chroma",
        "r:R:0:1 g:R:0:1 b:R:0:1",
        "highest = max(max(r, g), b); lowest = min(min(r, g), b); chroma = highest - lowest",
        "",
        "highest chroma",
    ),
    entry("contrast_curve sigmoid_contrast", "c:R:0:1", "bent = exp(-steepness * (c - 0.5)); result = 1.0 / (1.0 + bent)", "steepness:2:8"),
    entry(
        "sepia sepia_tone",
        "color:V:0:1",
        "tone = dot(color, vec(0.35, 0.69, 0.17)); warm = vec(tone, 0.89 * tone, 0.69 * tone);"
        "result = color * (1.0 - strength) + warm * strength",
        "strength:0.2:0.9",
    ),
    entry("posterize quantize_levels", "c:R:0.05:1", "result = floor(c * levels) / levels", "levels:3:8"),
    entry("white_balance channel_gain", "color:V:0:1 gain:V:0.5:2", "balanced = cw_mul(color, gain)"),
    entry("premultiply premultiply_alpha", "color:V:0:1 alpha:R:0:1", "premultiplied = alpha * color"),
)

UNITS = (
    entry("celsius_to_fahrenheit to_fahrenheit", "celsius:R:-20:40", "fahrenheit = celsius * 1.8 + 32.0"),
    entry(
        "wind_chill feels_like",
        "celsius:R:-20:10 wind:R:5:19",
        "power = pow(wind, 0.16); chill = 13.12 + 0.6215 * celsius + (0.3965 * celsius - 11.37) * power",
    ),
    entry(
        "vapor_pressure magnus",
        "t:R:-20:40 humidity:R:0.2:1",
        "saturation = 6.1094 * exp(17.625 * t / (t + 243.04)); deficit = saturation * (1.0 - humidity)",
        "",
        "saturation deficit",
    ),
    entry(
        "dew_point dew_point_temperature",
        "t:R:0:40 humidity:R:0.2:1",
        "g = log(humidity) + 17.625 * t / (t + 243.04); dew = 243.04 * g / (17.625 - g)",
    ),
    entry("to_decibels amplitude_to_db", "amplitude:R:0:2", "db = 20.0 * log10(max(abs(amplitude), 0.05))"),
    entry("polar_to_cartesian from_polar", "r:R:0.1:3 theta:R:-3:3", "px = r * cos(theta); py = r * sin(theta)", "", "px py"),
    entry("cartesian_to_polar to_polar", "px:R:0.3:2 py:R:-2:2", "r = sqrt(px * px + py * py); theta = atan2(py, px)", "", "r theta"),
    entry("kinetic_energy energy_of", "mass:R:0.5:3 speed:R:-2:2", "energy = 0.5 * mass * (speed * speed)"),
    entry("gas_density air_density", "pressure:R:90:105 kelvin:R:250:310", "density = pressure / (0.28705 * kelvin)"),
    entry(
        "lorentz_factor time_dilation",
        "beta:R:0:0.9 proper:R:1:5",
        "factor = 1.0 / sqrt(1.0 - beta * beta); dilated = factor * proper",
        "",
        "factor dilated",
    ),
    entry(
        "arrhenius reaction_rate",
        "kelvin:R:300:600 barrier:R:5:18",
        "exponent = barrier / (0.008314 * kelvin); rate = prefactor * exp(-exponent)",
        "prefactor:0.5:3",
    ),
    entry("michaelis_menten enzyme_rate", "substrate:R:0:3", "rate = vmax * substrate / (km + substrate)", "vmax:0.5:2 km:0.2:1.5"),
    entry(
        "hill_response dose_response",
        "dose:R:0.1:3",
        "powered = pow(dose, exponent); response = powered / (half + powered)",
        "exponent:0.5:2.5 half:0.3:1.5",
    ),
    entry(
        "lennard_jones pair_energy",
        "r:R:0.9:2",
        "ratio = 1.0 / (r * r); attraction = ratio * ratio * ratio; energy = 4.0 * depth * (attraction * attraction - attraction)",
        "depth:0.1:1",
    ),
    entry(
        "logistic_growth grow_population",
        "population:R:0.1:1.5 capacity:R:1:3",
        "growth = rate * population * (1.0 - population / capacity); next = population + dt * growth",
        "rate:0.2:1.5 dt:0.01:0.2",
    ),
    entry(
        "morse_potential bond_energy",
        "r:R:0.5:2.5",
        "decay = 1.0 - exp(-width * (r - 1.0)); energy = depth * (decay * decay)",
        "width:0.5:2 depth:0.2:2",
    ),
    entry("thin_lens image_distance", "distance:R:2:8", "power = 1.0 / focal - 1.0 / distance; image = 1.0 / power", "focal:0.3:1.5"),
    entry(
        "damped_oscillation ring_down",
        "t:R:0:4 phase:R:-1:1",
        "envelope = exp(-damping * t); signal = envelope * cos(omega * t + phase)",
        "damping:0.1:1 omega:0.5:3",
    ),
)

VECTORS = (
    entry("transform_points rigid_transform", "p:V:-1:1 rotation:M:-1:1 shift:V:-1:1", "moved = rotation @ p + shift"),
    entry("reflect_rays mirror", "d:V:-1:1 n:V:-1:1", "along = dot(d, n); bounced = d - n * (2.0 * along)"),
    entry(
        "project_to_plane flatten",
        "p:V:-1:1 n:V:-1:1 origin:V:-1:1",
        "height = dot(p - origin, n); foot = p - n * height",
        "",
        "foot height",
    ),
    entry(
        "lorentz_force push_charges",
        "velocity:V:-1:1 electric:V:-1:1 magnetic:V:-1:1",
        "force = charge * (electric + cross(velocity, magnetic))",
        "charge:0.5:2",
    ),
    entry(
        "integrate_motion euler_step",
        "x:V:-1:1 v:V:-1:1 a:V:-1:1",
        "new_v = v + a * dt; new_x = x + new_v * dt",
        "dt:0.01:0.3",
        "new_v new_x",
    ),
    entry("mix_vectors lerp_points", "a:V:-1:1 b:V:-1:1 t:R:0:1", "mixed = a * (1.0 - t) + b * t"),
    entry(
        "limit_length clamp_speed",
        "v:V:-1:1",
        "speed = length(v); factor = min(1.0, limit / max(speed, 0.1)); limited = v * factor",
        "limit:0.3:1",
    ),
    entry(
        "sphere_distance sdf_sphere", "p:V:-2:2", "distance = length(p) - radius; inward = -normalize(p)", "radius:0.3:1", "distance inward"
    ),
    entry(
        "quadratic_drag apply_drag",
        "v:V:-1:1",
        "speed = length(v); drag = v * (-coefficient * speed); slowed = v + drag * dt",
        "coefficient:0.2:1.5 dt:0.01:0.2",
    ),
    entry(
        "triangle_normals face_areas",
        "a:V:-1:1 b:V:-1:1 c:V:-1:1",
        "normal = cross(b - a, c - a); area = 0.5 * length(normal)",
        "",
        "normal area",
    ),
    entry("cosine_similarity alignment", "a:V:-1:1 b:V:-1:1", "scale = max(length(a) * length(b), 0.1); similarity = dot(a, b) / scale"),
    entry(
        "rotate_about_axis rodrigues",
        "v:V:-1:1 axis:V:-1:1 angle:R:-3:3",
        "c = cos(angle); s = sin(angle); turned = v * c + cross(axis, v) * s; rotated = turned + axis * (dot(axis, v) * (1.0 - c))",
    ),
    entry(
        "lambert_shading diffuse_light",
        "n:V:-1:1 light:V:-1:1 albedo:V:0:1",
        "cosine = max(dot(n, light), 0.0); shaded = albedo * (cosine + ambient)",
        "ambient:0.05:0.3",
    ),
    entry(
        "blinn_phong specular_light",
        "n:V:-1:1 light:V:-1:1 view:V:-1:1",
        "halfway = normalize(light + view); facing = max(dot(n, halfway), 0.05); specular = pow(facing, shininess)",
        "shininess:0.5:2.5",
    ),
    entry(
        "spring_force hooke",
        "a:V:-1:1 b:V:-1:1",
        "span = b - a; distance = length(span); force = normalize(span) * (stiffness * (distance - rest))",
        "stiffness:0.5:3 rest:0.2:1",
    ),
    entry(
        "gravity_field point_gravity",
        "p:V:-1:1 source:V:-1:1",
        "offset = source - p; r2 = length_sq(offset) + softening; pull = offset / (r2 * sqrt(r2))",
        "softening:0.2:0.8",
    ),
    entry(
        "strain_energy elastic_energy",
        "f:M:-1:1 v:V:-1:1",
        "stretched = f @ v; energy = 0.5 * mu * length_sq(stretched); volume = determinant(f)",
        "mu:0.5:2",
        "energy volume",
    ),
)
