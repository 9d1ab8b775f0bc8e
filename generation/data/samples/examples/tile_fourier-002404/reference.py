import numpy as np

f32 = np.float32


def dft(z, sign):
    n = z.shape[-2]
    angles = 2.0 * np.pi * np.arange(n) / n
    cosines, sines = (np.where(np.abs(part) < 1e-9, 0.0, part) for part in (np.cos(angles), sign * np.sin(angles)))
    roots = cosines + 1.0j * sines
    if z.itemsize == 4:
        roots = np.cumprod(np.where(np.arange(n) > 0, roots[1], 1.0).astype(np.complex64))
    table = roots[np.outer(np.arange(n), np.arange(n)) % n]
    real, imaginary = z[..., 0], z[..., 1]
    return np.stack((real @ table.real - imaginary @ table.imag, real @ table.imag + imaginary @ table.real), axis=-1)


def reference(field_in):
    field = field_in
    field = dft(field, -1.0)
    result = field
    return {"result": result}
