"""What a segmentation would make of a rendered scene, faults included."""
import cv2
import numpy as np

OTHERS = 128  # 0 is a backdrop, what is below this a part of the subject, and the rest other objects


def like_a_segmentation(rng, parts, picture):
    """The subject's mask with the faults of a segmentation: soft, grown or shrunk, parts missing or doubtful, other things, edges, or nothing."""
    subject = [part for part in np.unique(parts) if 0 < part < OTHERS and rng.random() > 0.06]
    mask = np.isin(parts, subject).astype(np.float32)
    if not subject or rng.random() < 0.07:
        mask = mask * np.float32(rng.uniform(0, 0.6)) if subject else mask
        fault = rng.choice([no_subject, other_things, edges, fog, elsewhere], p=(0.3, 0.36, 0.16, 0.1, 0.08))
        mask = np.maximum(mask, fault(rng, parts, picture))
    elif rng.random() < 0.08:
        mask = np.maximum(mask, other_things(rng, parts, picture))
    if rng.random() < 0.1:
        return mask * 0
    change = rng.integers(-1, 3)
    if change:
        mask = (cv2.dilate if change > 0 else cv2.erode)(mask, np.ones((abs(change) + 1,) * 2, np.uint8))
    if rng.random() < 0.3:
        doubt = cv2.resize(rng.random((5, 5)).astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
        mask = mask * np.clip(doubt * 2.5, rng.uniform(0, 0.6), 1)
    if rng.random() < 0.2:
        doubt = cv2.resize(rng.random((6, 6)).astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
        mask = np.maximum(mask, np.clip(doubt - 0.75, 0, 1) * rng.uniform(0.5, 2))
    return np.clip(cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.3, 1.6)), 0, 1)


def no_subject(rng, parts, picture):
    return np.zeros(parts.shape, np.float32)


def other_things(rng, parts, picture):
    """Where there is no one subject, a segmentation shows some things, near or far, and some of them faintly."""
    things = np.unique(parts[parts >= OTHERS])
    mask = np.zeros(parts.shape, np.float32)
    for thing in rng.permutation(things)[:rng.integers(1, 5)]:
        mask[parts == thing] = rng.uniform(0.2, 1) if rng.random() < 0.6 else 1
    return mask


def edges(rng, parts, picture):
    """Or it shows lines, of what they may."""
    grey = cv2.GaussianBlur(picture.mean(2).astype(np.float32), (0, 0), rng.uniform(1, 2.5))
    steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    steep = np.clip(steep / (np.percentile(steep, rng.uniform(85, 98)) + 1e-3) - 0.3, 0, 1)
    place = cv2.resize(rng.random((4, 4)).astype(np.float32), parts.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return steep * np.clip(place * 2, 0, 1) * np.float32(rng.uniform(0.3, 1))


def fog(rng, parts, picture):
    """Or it is grey everywhere."""
    doubt = cv2.resize(rng.random((3, 3)).astype(np.float32), parts.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(rng.uniform(0, 1) + (doubt - 0.5) * rng.uniform(0, 0.6), 0, 1).astype(np.float32)


def elsewhere(rng, parts, picture):
    """Or it has nothing to do with the picture."""
    shape = np.roll(parts[:, ::-1] > 0, rng.integers(0, parts.shape[1]), 1)
    return (shape if rng.random() < 0.7 else shape[::-1]).astype(np.float32)
