import numpy as np

f32 = np.float32


def reference(models):
    mean_value = np.mean(models, axis=0)
    return {"averaged": mean_value}
