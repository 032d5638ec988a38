"""A training picture in another light."""
import numpy as np


def in_another_light(rng, picture):
    """0 to 1, height × width × 3: another exposure, another white, now and then grey or with its colours exchanged."""
    if rng.random() < 0.45:
        picture = picture ** np.float32(rng.uniform(0.6, 1.6))
    if rng.random() < 0.7:
        picture = picture * rng.uniform(0.7, 1.3, (1, 1, 3)).astype(np.float32)
    if rng.random() < 0.1:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.12:
        picture = picture[:, :, rng.permutation(3)]
    return np.clip(picture, 0, 1)
