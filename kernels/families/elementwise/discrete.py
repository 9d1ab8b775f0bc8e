"""Maps of integers and truths: bits, indices, masks."""

from kernels.families.elementwise.maps import entry

INTEGERS = (
    entry("pack_bytes join_bytes", "high:I:0:256 low:I:0:256", "packed = high << 8 | low"),
    entry("unpack_bytes split_word", "word:I:0:65536", "low = word & 255; high = word >> 8", "", "low high"),
    entry("gray_code to_gray", "x:I:0:65536", "code = x ^ x >> 1"),
    entry(
        "bit_parity parity",
        "x:I:0:65536",
        "folded = x ^ x >> 8; nibble = folded ^ folded >> 4; pair = nibble ^ nibble >> 2; odd = (pair ^ pair >> 1) & 1",
    ),
    entry("swap_bytes byte_swap", "word:I:0:65536", "swapped = (word & 255) << 8 | word >> 8"),
    entry("cell_hash hash_cells", "cx:I:0:400 cy:I:0:400", "mixed = cx * 73 ^ cy * 19; slot = mixed % 97"),
    entry("lcg_next lcg_step", "state:I:0:800", "next = (state * 1103 + 12345) % 4096; bit = next >> 4 & 1", "", "next bit"),
    entry("saturating_add add_clamped", "a:I:0:256 b:I:0:256", "total = min(a + b, 255)"),
    entry("fixed_point_blend blend_bytes", "a:I:0:256 b:I:0:256 alpha:I:0:257", "mixed = a * alpha + b * (256 - alpha) >> 8"),
    entry("integer_luma luma_bytes", "r:I:0:256 g:I:0:256 b:I:0:256", "luma = r * 77 + g * 150 + b * 29 >> 8"),
    entry(
        "manhattan_distance grid_distance",
        "x0:I:0:100 y0:I:0:100 x1:I:0:100 y1:I:0:100",
        "dx = abs(x1 - x0); dy = abs(y1 - y0); steps = dx + dy; reach = max(dx, dy)",
        "",
        "steps reach",
    ),
    entry("leap_years is_leap", "year:I:1600:2400", "leap = year % 4 == 0 and year % 100 != 0 or year % 400 == 0"),
    entry(
        "block_coordinates split_index",
        "index:I:0:10000",
        "block = index // 32; lane = index % 32; offset = block * 33 + lane",
        "",
        "block lane offset",
    ),
    entry("bit_field extract_field", "word:I:0:65536 shift:I:0:8", "field = word >> shift & 15"),
    entry("day_time clock_parts", "second:I:0:86400", "hour = second // 3600; minute = second // 60 % 60", "", "hour minute"),
    entry("flag_update set_flags", "flags:I:0:256 bits:I:0:256 clear:I:0:256", "kept = flags & (255 - clear); updated = kept | bits"),
    entry("triangle_wave fold_index", "tick:I:0:2000", "phase = tick % 64; wave = 32 - abs(phase - 32)"),
    entry("checker_cells parity_cells", "u:I:0:500 v:I:0:500", "tile = u // 8 + v // 8; odd = tile % 2 == 1"),
)

MASKS = (
    entry("inside_sphere sphere_mask", "p:V:-1:1", "distance = length(p); inside = distance < radius", "radius:0.5:1.2"),
    entry("band_mask in_range", "x:R:-1:1", "inside = x > lower and x < upper", "lower:-0.6:-0.1 upper:0.1:0.6"),
    entry("mask_difference subtract_mask", "a:B:0:1 b:B:0:1", "only = a and not b"),
    entry(
        "outlier_mask find_outliers",
        "x:R:-2:2 mean:R:-0.5:0.5 sigma:R:0.2:1",
        "deviation = abs(x - mean); outlier = deviation > factor * sigma",
        "factor:0.8:2",
    ),
    entry("select_masked choose", "a:R:-1:1 b:R:-1:1 pick:B:0:1", "chosen = where(pick, a, b)"),
    entry(
        "inside_box box_mask",
        "p:V:-1:1",
        "near_x = abs(p[0]) < extent; near_y = abs(p[1]) < extent; inside = near_x and near_y and p[2] > floor_height",
        "extent:0.3:0.8 floor_height:-0.5:0.5",
    ),
    entry("active_cells is_active", "level:I:0:9 valid:B:0:1", "active = valid and level > 3"),
    entry("facing_camera front_faces", "n:V:-1:1 view:V:-1:1", "facing = dot(n, view); front = facing > 0.0"),
    entry("masked_error valid_error", "a:R:-1:1 b:R:-1:1 valid:B:0:1", "error = abs(a - b); kept = where(valid, error, 0.0)"),
    entry(
        "hysteresis schmitt_trigger",
        "x:R:-1:1 was_on:B:0:1",
        "threshold = where(was_on, release, trigger); on = x > threshold",
        "release:-0.5:-0.1 trigger:0.1:0.5",
    ),
    entry("any_flag merge_masks", "a:B:0:1 b:B:0:1 c:B:0:1", "merged = a or b and not c"),
)
