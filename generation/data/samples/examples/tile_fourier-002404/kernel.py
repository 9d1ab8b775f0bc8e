import warp as wp


@wp.kernel
def transform_tiled(field_in: wp.array4d[wp.vec2], result: wp.array4d[wp.vec2]):
    i, j = wp.tid()
    field = wp.tile_load(field_in[i, j], shape=(3, 32))
    wp.tile_fft(field)
    wp.tile_store(result[i, j], field)
