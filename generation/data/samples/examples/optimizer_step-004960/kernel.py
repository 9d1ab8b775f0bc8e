import warp as wp


@wp.kernel
def average_models(client_params: wp.array2d[float], merged_params: wp.array[float]):
    tid = wp.tid()
    acc = float(0.0)
    for model in range(3):
        acc += client_params[model, tid]
    mean_value = acc / 3.0
    merged_params[tid] = mean_value
