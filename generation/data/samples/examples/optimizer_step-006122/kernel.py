import warp as wp


@wp.kernel
def average_models(models: wp.array2d[wp.float64], averaged: wp.array[wp.float64]):
    tid = wp.tid()
    clients = models.shape[0]
    acc = wp.float64(0.0)
    for model in range(clients):
        acc += models[model, tid]
    mean_value = acc / wp.float64(clients)
    averaged[tid] = mean_value
