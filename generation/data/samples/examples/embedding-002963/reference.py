import numpy as np

f32 = np.float32


def reference(input_ids, weight, dim_size, scale):
    ids_all = input_ids
    element = scale * weight.reshape(-1, dim_size)[ids_all]
    return {"hidden": element}
