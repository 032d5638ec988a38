"""Renders training scenes: pictures with exact inverse depth and the subject's mask.

    render.py OUT --scenes 4000 --seed 1 --photographs PHOTOGRAPHS.pkl --stamps FOLDER [--standing 0.6]

PHOTOGRAPHS.pkl comes from minions/training/photographs.py, FOLDER is Debian's tuxpaint-stamps-default, unpacked. Writes OUT.rgb.npy (uint8),
OUT.depth.npy (float16, 1 is the 99th percentile, 0 is the sky), OUT.mask.npy (uint8: 0 is a backdrop, 1 to 127 a part of the subject, from 128 on
another object) and OUT.count, which grows while it runs, so that training may begin.
"""
import argparse
import time

import cv2
import numpy as np

import scenes
import shapes
from masks import OTHERS
from textures import SIZE as TEXTURE
from textures import Wardrobe, colour, noise

SIZE = 192


class Frame:
    """What each pixel sees."""

    def __init__(self, scene):
        self.focus = SIZE / 2 / np.tan(scene.field / 2)
        self.axis = ((np.arange(SIZE) + 0.5 - SIZE / 2) / self.focus).astype(np.float32)
        pitch, roll = scene.pitch, scene.roll
        forward, down = np.array([0, -np.sin(pitch), np.cos(pitch)]), np.array([0, -np.cos(pitch), -np.sin(pitch)])
        right = np.array([1.0, 0, 0])
        self.view = np.stack(
            [right * np.cos(roll) + down * np.sin(roll), -right * np.sin(roll) + down * np.cos(roll), forward])  # world to camera
        self.depth = np.full((SIZE, SIZE), np.inf, np.float32)
        self.index = np.full((SIZE, SIZE), -1)
        self.normal = np.zeros((SIZE, SIZE, 3), np.float32)
        self.surface = np.zeros((SIZE, SIZE, 2), np.float32)
        for i, thing in enumerate(scene.things):
            self.draw(i, thing)

    def draw(self, i, thing):
        turn, centre = self.view @ thing.turn, self.view @ thing.centre
        rows, columns = self.extent(thing, turn, centre)
        if rows is None:
            return
        x, y = self.axis[None, columns], self.axis[rows, None]
        origin, rays = local(thing, turn, centre)
        directions = [rays[k, 0] * x + rays[k, 1] * y + rays[k, 2] for k in range(3)]
        t, normal, u, v = thing.shape(origin, directions)
        seen = (t < self.depth[rows, columns]) & (t > 0.08)
        if thing.mask is not None:
            seen &= thing.mask[texel(-v), texel(u)]
        if not seen.any():
            return
        back = (turn / thing.size).astype(np.float32)
        self.depth[rows, columns][seen] = t[seen]
        self.index[rows, columns][seen] = i
        self.normal[rows, columns][seen] = np.stack([sum(back[k, j] * normal[j] for j in range(3)) for k in range(3)], -1)[seen]
        scale = thing.size[[0, 1]] if thing.shape is not shapes.ground else np.ones(2)
        self.surface[rows, columns][seen] = np.stack([u * scale[0], v * scale[1]], -1)[seen]

    def extent(self, thing, turn, centre):
        """The rows and columns that a bounded thing can touch."""
        if thing.shape in (shapes.ground, shapes.room):
            return slice(0, SIZE), slice(0, SIZE)
        corners = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) * thing.size
        corners = corners @ turn.T + centre
        if corners[:, 2].max() < 0.05:
            return None, None
        if corners[:, 2].min() < 0.05:
            return slice(0, SIZE), slice(0, SIZE)
        at = corners[:, :2] / corners[:, 2:] * self.focus + SIZE / 2
        (left, top), (right, bottom) = np.clip(at.min(0), 0, SIZE).astype(int), np.clip(at.max(0) + 2, 0, SIZE).astype(int)
        return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else (None, None)


def local(thing, turn, centre):
    """The camera's place and its rays, in the thing's own space."""
    return (-(turn.T @ centre) / thing.size).astype(np.float32), (turn.T / thing.size[:, None]).astype(np.float32)


def texel(x):
    return np.clip((x * 0.5 + 0.5) * TEXTURE, 0, TEXTURE - 1).astype(np.uint8)


def albedo(frame, scene, hit, facing):
    wardrobe = scene.wardrobe
    colours = np.zeros((SIZE, SIZE, 3), np.float32)
    for i in np.unique(frame.index[hit]):
        thing, where = scene.things[i], frame.index == i
        u, v = frame.surface[where].T
        if thing.picture is not None:
            colours[where] = thing.picture[texel(-v / thing.size[1]), texel(u / thing.size[0])]
            continue
        # Mirrored at its edges; what is finer than a pixel becomes the mean.
        column, row = ((np.abs((coordinate * thing.repeat * 0.5 + 1000) % 2 - 1) * (TEXTURE - 1)).astype(np.uint8) for coordinate in (u, v))
        sample, mean = wardrobe.textures[thing.texture][row, column], wardrobe.means[thing.texture]
        pixel = frame.depth[where] / frame.focus / np.maximum(facing[where], 0.12) * thing.repeat * TEXTURE / 4
        blur = np.clip(pixel / 6, 0, 1)[:, None]
        colours[where] = (sample * (1 - blur) + mean * blur) * thing.tint
    return np.clip(colours, 0, 1.3) ** 1.8


def shadow(frame, scene, hit, light):
    """1 where the light falls; at half the resolution, softened."""
    rng, step = scene.rng, 2
    depth, lit = frame.depth[::step, ::step], np.ones((SIZE // step, SIZE // step), np.float32)
    some = hit[::step, ::step]
    rays = np.stack(np.broadcast_arrays(frame.axis[None, ::step], frame.axis[::step, None], np.float32(1)), -1)[some]
    points, free = rays * (depth[some] * 0.995)[:, None], np.ones(some.sum(), bool)
    for thing in scene.things:
        if thing.shape in (shapes.ground, shapes.room) or (thing.shape is shapes.card and thing.size[0] > 3):
            continue
        turn, centre = frame.view @ thing.turn, frame.view @ thing.centre
        origins = ((points - centre) @ turn / thing.size).astype(np.float32)
        direction = ((turn.T @ light) / thing.size).astype(np.float32)
        near = np.sum((origins - (origins @ direction / (direction @ direction))[:, None] * direction) ** 2, 1) < 3
        if not near.any():
            continue
        t, _, u, v = thing.shape(origins[near].T, [np.full(near.sum(), d, np.float32) for d in direction])
        blocked = np.isfinite(t) & (t > 0.02)
        if thing.mask is not None:
            blocked &= thing.mask[texel(-v), texel(u)]
        free[near] &= ~blocked
    lit[some] = free
    lit = cv2.resize(lit, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.7, 4))


def sky(scene, frame):
    rng = scene.rng
    if rng.random() < 0.3:
        pictures = scene.wardrobe.pictures
        picture = cv2.resize(pictures[rng.integers(len(pictures))][1], (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, 10))
    height = np.clip(0.5 - frame.axis[:, None, None] * rng.uniform(0.6, 1.6), 0, 1)
    top = np.array([0.35, 0.55, 0.95]) * rng.uniform(0.5, 1) if rng.random() < 0.6 else colour(rng)
    made = np.broadcast_to(top * height + (1 - height) * rng.uniform(0.6, 1), (SIZE, SIZE, 3)).astype(np.float32)
    cloud = cv2.resize(np.clip((noise(rng) - rng.uniform(0.3, 0.8)) * 3, 0, 1), (SIZE, SIZE))[..., None]
    return made * (1 - cloud) + cloud * rng.uniform(0.6, 1)


def shade(frame, scene, hit):
    rng = scene.rng
    rays = np.stack(np.broadcast_arrays(frame.axis[None], frame.axis[:, None], np.float32(1)), -1)
    normal = frame.normal / (np.linalg.norm(frame.normal, axis=2, keepdims=True) + 1e-9)
    facing = -np.sum(rays * normal, 2) / np.linalg.norm(rays, axis=2)
    normal[facing < 0] *= -1
    facing = np.abs(facing)
    light = frame.view @ np.array([rng.normal(), abs(rng.normal()) + 0.3, rng.normal() - 0.3])
    light /= np.linalg.norm(light)
    sun = np.maximum(normal @ light, 0) * (shadow(frame, scene, hit, light) if rng.random() < 0.8 else 1)
    ambient = rng.uniform(0.15, 0.8)
    above = 0.7 + 0.3 * normal @ (frame.view @ scenes.UP)
    lit = ambient * above[..., None] * rng.normal(1, 0.1, 3) + (1 - ambient) * 1.4 * sun[..., None] * rng.normal(1, 0.1, 3)
    near = 1 / np.where(hit, frame.depth, np.inf)
    if rng.random() < 0.15:  # flash
        lit = lit + rng.uniform(0.2, 1) * (facing * np.minimum((near / np.median(near[hit])) ** 2, 4))[..., None]
    if rng.random() < 0.7:  # corners and contacts are darker
        relative = (near / np.percentile(near, 95)).astype(np.float32)
        for radius in (2, 7):
            lit = lit * np.exp(-np.clip(cv2.GaussianBlur(relative, (0, 0), radius) - relative, 0, 0.5) * rng.uniform(0.5, 3))[..., None]
    picture = np.where(hit[..., None], albedo(frame, scene, hit, facing) * lit, sky(scene, frame) if not hit.all() else 0)
    if rng.random() < (0.35 if scene.sky else 0.05):  # haze
        haze = 1 - np.exp(-np.where(hit, frame.depth, 1e3) / np.median(frame.depth[hit]) * rng.uniform(0.03, 0.35))[..., None]
        picture = picture * (1 - haze) + haze * rng.uniform(0.5, 1)
    return picture.astype(np.float32), near


def defocus(rng, picture, near):
    """What is not at the subject's distance gets blurred, in layers."""
    circle = np.abs(near - np.percentile(near, rng.uniform(60, 95))) * rng.uniform(1, 6) / max(np.percentile(near, 95), 1e-6)
    circle = cv2.GaussianBlur(circle.astype(np.float32), (0, 0), 1)
    made, last = picture, 0
    for radius in (1, 2, 4):
        share = np.clip((circle - last) / (radius - last), 0, 1)[..., None]
        made, last = made * (1 - share) + cv2.GaussianBlur(picture, (0, 0), radius) * share, radius
    return made


def develop(rng, picture):
    """Exposure, tone, colour cast, blur, grain, JPEG."""
    picture = np.clip(picture * rng.uniform(0.18, 0.5) / (picture.mean() + 1e-6), 0, None)
    if rng.random() < 0.5:
        picture = 1 - np.exp(-picture * 1.2)
    picture = np.clip(picture, 0, 1) ** (1 / rng.uniform(1.6, 2.4)) * rng.normal(1, 0.05, 3)
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.35, 0.8) if rng.random() < 0.85 else rng.uniform(0.8, 1.4))
    if rng.random() < 0.4:
        picture = picture + rng.normal(0, 1, picture.shape) * rng.uniform(0, 0.03)
    picture = (np.clip(picture, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.5:
        picture = cv2.imdecode(cv2.imencode('.jpg', picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(40, 95))])[1], 1)
    return picture


def part(i, thing):
    if thing.subject:
        return 1 + i % (OTHERS - 1)
    backdrop = thing.shape in (shapes.ground, shapes.room) or (thing.shape is shapes.card and thing.mask is None)
    return 0 if backdrop else OTHERS + thing.group % (256 - OTHERS)


def render(rng, wardrobe, standing):
    """Picture, inverse depth, mask of parts; None: nothing worth looking at."""
    scene = scenes.build(rng, wardrobe, standing)
    frame = Frame(scene)
    hit = frame.index >= 0
    if hit.mean() < 0.3:
        return None
    parts = np.array([part(i, thing) for i, thing in enumerate(scene.things)])
    mask = np.where(hit, parts[frame.index], 0)
    if any(thing.subject for thing in scene.things) and not 0.04 < ((mask > 0) & (mask < OTHERS)).mean() < 0.75:
        return None
    picture, near = shade(frame, scene, hit)
    top = np.percentile(near, 99)
    if top / max(np.percentile(near, 5), top * 0.02) < 1.15:
        return None  # a wall
    if rng.random() < 0.25:
        picture = defocus(rng, picture, near)
    return develop(rng, picture), np.minimum(near / top, 4), mask


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('out')
    parser.add_argument('--scenes', type=int, required=True)
    parser.add_argument('--seed', type=int, required=True)
    parser.add_argument('--standing', type=float, default=0.9, help='share of clutter that stands on the floor')
    parser.add_argument('--photographs', required=True)
    parser.add_argument('--stamps', required=True)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(arguments.seed)
    wardrobe = Wardrobe(rng, arguments.photographs, arguments.stamps)
    open_array = lambda kind, dtype, *shape: np.lib.format.open_memmap(  # noqa: E731
        f'{arguments.out}.{kind}.npy', 'w+', dtype, (arguments.scenes, SIZE, SIZE, *shape))
    pictures, depths, masks = open_array('rgb', np.uint8, 3), open_array('depth', np.float16), open_array('mask', np.uint8)
    done, start = 0, time.process_time()
    while done < arguments.scenes:
        made = render(rng, wardrobe, arguments.standing)
        if made is None:
            continue
        pictures[done], depths[done], masks[done] = made
        done += 1
        if done % 50 == 0 or done == arguments.scenes:
            with open(f'{arguments.out}.count', 'w') as file:
                file.write(str(done))
            print(f'{done} scenes, {(time.process_time() - start) / done:.3f} s each', flush=True)


if __name__ == '__main__':
    main()
