"""Scenes: one subject (or none) that stands, hangs or is cut off by the frame, before ground, walls, clutter or the far distance.

Lengths are in units of the subject's distance; y is up, z is away from the camera, which stands at the origin.
"""
import dataclasses

import cv2
import numpy as np

import shapes

UP = np.array([0.0, 1, 0])


@dataclasses.dataclass
class Thing:
    shape: object
    centre: np.ndarray
    size: np.ndarray
    turn: np.ndarray
    texture: int
    repeat: float = 1.0
    tint: np.ndarray = None
    mask: np.ndarray = None      # of a card
    picture: np.ndarray = None   # of a stamp
    subject: bool = False
    group: int = 0               # what belongs together: all parts of one object


def rotation(axis, angle):
    return cv2.Rodrigues(np.asarray(axis, float) / np.linalg.norm(axis) * angle)[0]


class Scene:
    def __init__(self, rng, wardrobe, standing):
        self.rng, self.wardrobe, self.standing, self.things = rng, wardrobe, standing, []
        self.field = np.radians(rng.uniform(35, 75))
        self.pitch, self.roll = np.radians(rng.normal(9, 8)), np.radians(rng.normal(0, 3))
        self.sky, self.group = False, 0

    def add(self, shape, centre, size, turn=None, like=None, subject=False, **look):
        rng = self.rng
        if like is None:
            like = {
                'texture': int(rng.integers(len(self.wardrobe.textures))), 'repeat': 2 ** rng.uniform(-1.5, 2.5),
                'tint': rng.uniform(0.4, 1.2) * rng.normal(1, 0.12, 3).clip(0.6, 1.4) if rng.random() < 0.5 else np.ones(3)}
        self.things.append(Thing(
            shape, np.asarray(centre, float), np.asarray(size, float) * np.ones(3), np.eye(3) if turn is None else turn, subject=subject,
            group=self.group, **(like | look)))
        return like

    def yaw(self):
        return rotation(UP, self.rng.uniform(0, 2 * np.pi))

    def any_turn(self, most=np.pi):
        return rotation(self.rng.standard_normal(3), self.rng.uniform(0, most))

    def stamp(self, x, y, z, height, subject=False):
        """A cut-out standing at y."""
        self.group += 1
        picture, mask, aspect = self.wardrobe.stamps[self.rng.integers(len(self.wardrobe.stamps))]
        height = height / max(1, aspect / 1.3)
        self.add(
            shapes.card, (x, y + height / 2, z), (height / 2 * aspect, height / 2, 1), rotation(UP, self.rng.uniform(-0.6, 0.6)), mask=mask,
            picture=picture, subject=subject)

    def scrap(self, x, y, z, radius, subject=False, like=None):
        self.group += 1
        mask = self.wardrobe.outlines[self.rng.integers(len(self.wardrobe.outlines))]
        return self.add(
            shapes.card, (x, y, z), (radius * self.rng.uniform(0.7, 1.4), radius, 1), self.any_turn(0.7), like=like, mask=mask, subject=subject)

    def plant(self, x, y, z, height, subject=False):
        """A pot with leaves in all directions."""
        self.group += 1
        rng, green = self.rng, None
        pot = height * rng.uniform(0.12, 0.22)
        self.add(rng.choice([shapes.cylinder, shapes.box]), (x, y + pot, z), (pot * rng.uniform(0.7, 1.2), pot, pot), self.yaw(), subject=subject)
        for _ in range(rng.integers(6, 18)):
            lean = rotation(UP, rng.uniform(0, 2 * np.pi)) @ rotation([1, 0, 0], rng.uniform(0.1, 1.5)) @ rotation(UP, rng.uniform(-1, 1))
            length = (height - 2 * pot) * rng.uniform(0.4, 1) / 2 + 0.02
            mask = self.wardrobe.leaves[rng.integers(len(self.wardrobe.leaves))]
            green = self.add(
                shapes.card, np.array([x, y + 1.8 * pot, z]) + lean @ np.array([0, length, 0]), (length * rng.uniform(0.3, 0.7), length, 1), lean,
                like=green, subject=subject, mask=mask)

    def person(self, x, y, z, height, subject=False):
        self.group += 1
        rng, h = self.rng, height
        cloth = self.add(shapes.sphere, (x, y + h * 0.64, z), (h * rng.uniform(0.1, 0.16), h * 0.2, h * 0.09), self.yaw(), subject=subject)
        self.add(shapes.sphere, (x, y + h * 0.92, z), (h * 0.065, h * 0.085, h * 0.07), subject=subject)
        for side in (-1, 1):
            self.add(shapes.cylinder, (x + side * h * 0.06, y + h * 0.23, z + rng.uniform(-0.1, 0.1) * h), (h * 0.05, h * 0.24, h * 0.05), subject=subject)
            self.add(
                shapes.cylinder, (x + side * h * 0.15, y + h * 0.62, z - h * rng.uniform(0, 0.1)), (h * 0.03, h * 0.18, h * 0.03),
                rotation([0, 0, 1], side * rng.uniform(0, 0.6)), like=cloth, subject=subject)

    def bust(self, x, y, z, height, subject=False):
        """Head and shoulders; y is the middle of the head."""
        self.group += 1
        rng, h = self.rng, height
        self.add(shapes.sphere, (x, y, z), (h * 0.36, h * 0.5, h * 0.42), self.any_turn(0.4), subject=subject)
        self.add(shapes.cylinder, (x, y - h * 0.6, z + h * 0.05), (h * 0.2, h * 0.25, h * 0.2), subject=subject)
        self.add(shapes.sphere, (x, y - h * 1.5, z + h * 0.1), (h * 0.95, h * 0.85, h * 0.5), subject=subject)
        if rng.random() < 0.6:
            self.add(shapes.sphere, (x, y + h * 0.12, z + h * 0.1), (h * 0.42, h * 0.5, h * 0.45), self.any_turn(0.3), subject=subject)

    def vehicle(self, x, y, z, height, subject=False):
        """Two wheels, a body between them, some rods."""
        self.group += 1
        rng, h = self.rng, height
        turn, wheel = rotation(UP, rng.uniform(-1.2, 1.2)), h * rng.uniform(0.2, 0.32)
        across = rotation([1, 0, 0], np.pi / 2)
        place = lambda a, b, c: np.array([x, y, z]) + turn @ np.array([a, b, c])  # noqa: E731
        dark = None
        for side in (-1, 1):
            dark = self.add(shapes.cylinder, place(side * h * 0.6, wheel, 0), (wheel, h * 0.05, wheel), turn @ across, like=dark, subject=subject)
        for _ in range(rng.integers(2, 5)):
            self.add(
                rng.choice([shapes.box, shapes.sphere, shapes.cylinder]), place(h * rng.uniform(-0.5, 0.5), h * rng.uniform(0.35, 0.75), 0),
                h * rng.uniform(0.06, 0.22, 3), turn @ self.any_turn(0.4), subject=subject)
        for _ in range(rng.integers(2, 7)):
            self.add(
                shapes.box, place(h * rng.uniform(-0.6, 0.6), h * rng.uniform(0.3, 0.9), h * rng.uniform(-0.2, 0.2)),
                (h * 0.03, h * rng.uniform(0.15, 0.4), h * 0.03), self.any_turn(1), subject=subject)

    def object(self, x, y, z, height, subject=False, afloat=False):
        self.group += 1
        rng, half = self.rng, height / 2
        turn = self.any_turn() if afloat or rng.random() < 0.15 else self.yaw()
        kind = rng.random()
        if kind < 0.5:
            shape = rng.choice([shapes.box, shapes.box, shapes.sphere, shapes.cylinder, shapes.cone])
            self.add(shape, (x, y + half, z), (half * rng.uniform(0.3, 1.4), half, half * rng.uniform(0.3, 1.4)), turn, subject=subject)
        elif kind < 0.68:
            self.stamp(x, y, z, height, subject)
        elif kind < 0.78:
            self.scrap(x, y + half, z, half, subject)
        elif kind < 0.9:  # a stack
            for _ in range(rng.integers(2, 5)):
                part = height * rng.uniform(0.1, 0.3)
                self.add(
                    rng.choice([shapes.box, shapes.cylinder, shapes.sphere]), (x, y + part, z),
                    (part * rng.uniform(0.6, 1.8), part, part * rng.uniform(0.6, 1.8)), self.yaw(), subject=subject)
                y += 2 * part
        else:  # a table
            width, depth, top = height * rng.uniform(0.5, 1.2), height * rng.uniform(0.4, 0.8), self.yaw()
            wood = self.add(shapes.box, (x, y + height, z), (width, height * 0.04, depth), top, subject=subject)
            for a in (-1, 1):
                for b in (-1, 1):
                    leg = np.array([x, y + half, z]) + top @ np.array([a * width * 0.9, 0, b * depth * 0.9])
                    self.add(shapes.cylinder, leg, (height * 0.04, half, height * 0.04), like=wood, subject=subject)

    def subject(self, x, y, z, height):
        """One of each kind, or a small group."""
        kind = self.rng.choice(['stamp', 'plant', 'person', 'vehicle', 'object', 'group'], p=(0.25, 0.2, 0.1, 0.15, 0.15, 0.15))
        if kind != 'group':
            getattr(self, kind)(x, y, z, height, subject=True)
            return
        for _ in range(self.rng.integers(2, 5)):
            beside = x + height * self.rng.uniform(-0.6, 0.6)
            self.object(beside, y, z + height * self.rng.uniform(-0.35, 0.35), height * self.rng.uniform(0.4, 1), subject=True)


def build(rng, wardrobe, standing):
    """`standing`: the share of clutter that stands on the floor; the rest hangs or floats."""
    scene = Scene(rng, wardrobe, standing)
    kind = rng.choice(['standing', 'table', 'portrait', 'clutter', 'outdoors', 'interior'], p=(0.36, 0.2, 0.1, 0.14, 0.08, 0.12))
    globals()[kind](scene, rng)
    if rng.random() < 0.08:
        scene.pitch, scene.roll = np.radians(rng.uniform(-30, 50)), np.radians(rng.uniform(-25, 25))
    return scene


def standing(scene, rng):
    """On a floor, before a wall, a room, or the open."""
    half = np.tan(scene.field / 2)
    height = half * rng.uniform(0.7, 2)
    floor = -half * rng.uniform(0.3, 0.9) - np.tan(scene.pitch) * 0.6
    behind = rng.choice(['wall', 'room', 'open'], p=(0.5, 0.25, 0.25))
    scene.add(shapes.ground, (0, floor, 0), 1, repeat=2 ** rng.uniform(-2, 2.5))
    back = 2 ** rng.uniform(0.2, 2.5)
    if behind == 'wall':
        scene.add(shapes.card, (0, 0, back), (back * 5, back * 5, 1), rotation(UP, rng.normal() * 0.25), repeat=2 ** rng.uniform(-1, 2.5))
    elif behind == 'room':
        scene.add(
            shapes.room, (rng.uniform(-0.5, 0.5), floor + 1.3, back / 2 - 0.3), (rng.uniform(1.2, 3), 1.3, back / 2 + 0.5),
            rotation(UP, rng.uniform(-0.3, 0.3)))
    else:
        scene.sky = True
    scene.subject(half * rng.uniform(-0.45, 0.45), floor, 1, height)
    far = back if behind != 'open' else 8
    for _ in range(rng.integers(0, 14)):
        z = 1 + (far - 1) * rng.uniform(0.1, 1)
        scene.object(z * half * rng.uniform(-1.2, 1.2), floor, z, z * half * 2 ** rng.normal(-1, 0.6))
    for _ in range(rng.integers(0, 8) if behind != 'open' else 0):  # things on the wall
        scene.group += 1
        scene.add(
            shapes.box, (back * half * rng.uniform(-1, 1), back * half * rng.uniform(-0.3, 1), back), (*(back * half * rng.uniform(0.05, 0.3, 2)), 0.03))


def table(scene, rng):
    """A close view down on a surface with a subject on it."""
    half = np.tan(scene.field / 2)
    scene.pitch = np.radians(rng.uniform(-2, 45))
    floor = -np.tan(scene.pitch + scene.field * rng.uniform(0, 0.32))
    scene.add(shapes.ground, (0, floor, 0), 1, rotation([0, 0, 1], rng.normal() * 0.03), repeat=2 ** rng.uniform(-1, 3))
    if rng.random() < 0.8:
        back = 1 + 2 ** rng.uniform(-2.2, 1.5)
        scene.add(
            shapes.card, (0, floor, back), (back * 4, back * 4, 1), rotation(UP, rng.normal() * 0.2) @ rotation([1, 0, 0], rng.normal() * 0.1),
            repeat=2 ** rng.uniform(-1, 2.5))
    else:
        scene.sky = True
    scene.subject(half * rng.uniform(-0.4, 0.4), floor, 1, half * rng.uniform(0.7, 2.1) / max(0.5, np.cos(scene.pitch)))
    for _ in range(rng.integers(0, 8)):
        z = rng.uniform(0.8, 2)
        scene.object(z * half * rng.uniform(-1.1, 1.1), floor, z, half * 2 ** rng.normal(-1.6, 0.6))


def portrait(scene, rng):
    """Cut off by the frame's lower edge, or afloat, before a far background."""
    half = np.tan(scene.field / 2)
    back = 2 ** rng.uniform(0.5, 4)
    scene.sky = rng.random() < 0.4
    if not scene.sky:
        scene.add(shapes.card, (0, 0, back), (back * 5, back * 5, 1), rotation(UP, rng.normal() * 0.3), repeat=2 ** rng.uniform(-0.5, 3))
    if rng.random() < 0.4:
        scene.add(shapes.ground, (0, -rng.uniform(0.8, 1.8), 0), 1, repeat=2 ** rng.uniform(-3, 0))
    for _ in range(rng.integers(0, 10)):
        z = rng.uniform(1.4, max(1.5, min(back, 6)))
        scene.object(z * half * rng.uniform(-1.2, 1.2), z * half * rng.uniform(-1.2, 0.6), z, z * half * 2 ** rng.normal(-0.8, 0.6), afloat=rng.random() < 0.3)
    x, y = half * rng.uniform(-0.5, 0.5), half * rng.uniform(-0.2, 0.5) - np.tan(scene.pitch)
    kind = rng.random()
    if kind < 0.45:
        scene.bust(x, y, 1, half * rng.uniform(0.6, 1.5), subject=True)
    elif kind < 0.7:
        height = half * rng.uniform(0.9, 2)
        scene.stamp(x, y - height / 2, 1, height, subject=True)
    else:
        like = None
        for _ in range(rng.integers(1, 6)):
            away = rng.normal(size=3) * half * 0.3
            like = scene.scrap(x + away[0], y + away[1], 1 + away[2], half * rng.uniform(0.2, 0.6), subject=True, like=like)


def clutter(scene, rng):
    """Things all over before a slanted wall; no subject."""
    half, back = np.tan(scene.field / 2), rng.uniform(1.6, 4.5)
    scene.pitch = np.radians(rng.uniform(-15, 40))
    scene.add(
        shapes.card, (0, 0, back), (back * 4, back * 4, 1), rotation(UP, rng.normal() * 0.35) @ rotation([1, 0, 0], rng.normal() * 0.2),
        repeat=2 ** rng.uniform(-1, 2.5))
    floor = -rng.uniform(0.3, 1)
    if rng.random() < scene.standing:
        scene.add(shapes.ground, (0, floor, 0), 1, repeat=2 ** rng.uniform(-1, 2))
    for _ in range(rng.integers(5, 20)):
        z = rng.uniform(0.7, back)
        scene.object(
            z * half * rng.uniform(-1.1, 1.1), floor if rng.random() < scene.standing else z * half * rng.uniform(-1, 0.6), z,
            z * half * 2 ** rng.normal(-1.1, 0.6))


def outdoors(scene, rng):
    """Wide ground, things near and far; no subject."""
    half, eye = np.tan(scene.field / 2), 2 ** rng.uniform(-2, 0.8)
    scene.sky = True
    scene.add(shapes.ground, (0, -eye, 0), 1, repeat=2 ** rng.uniform(-3, 1))
    for _ in range(rng.integers(4, 16)):
        z = max(eye, 0.4) * 2 ** rng.uniform(0.5, 5)
        x, height = z * half * rng.uniform(-1.2, 1.2), max(eye, 0.4) * 2 ** rng.normal(0, 0.8)
        (scene.person if rng.random() < 0.2 else scene.plant if rng.random() < 0.2 else scene.object)(x, -eye, z, height)
    for _ in range(rng.integers(0, 4)):  # hills
        z = rng.uniform(20, 70)
        scene.add(shapes.sphere, (rng.uniform(-1, 1) * z, -eye - z * 0.1, z), z * np.array([rng.uniform(0.3, 1.2), rng.uniform(0.12, 0.45), 0.4]))


def interior(scene, rng):
    """A room or a corridor with furniture along its walls; no subject."""
    half, eye = np.tan(scene.field / 2), rng.uniform(0.9, 1.6)
    width, length, turn = rng.uniform(0.7, 2.5), rng.uniform(2, 9), rotation(UP, rng.normal() * 0.35)
    scene.pitch = np.radians(rng.normal(8, 8))
    place = lambda x, y, z: turn @ np.array([x, y, z])  # noqa: E731
    side = rng.uniform(-0.6, 0.6) * width  # the room's middle, from the camera
    scene.add(shapes.room, place(side, 1.3 - eye, length / 2 - 0.4), (width, 1.3, length / 2 + 0.4), turn, repeat=2 ** rng.uniform(-1, 2))
    if rng.random() < 0.7:  # walls and floor are seldom of one stuff
        scene.add(shapes.ground, (0, 0.002 - eye, 0), 1, turn, repeat=2 ** rng.uniform(-1, 2))
    for _ in range(rng.integers(1, 9)):  # cupboards, doors, boxes
        scene.group += 1
        deep, tall, long = rng.uniform(0.02, 0.5), rng.uniform(0.2, 1.2), rng.uniform(0.15, 0.8)
        wall, z = rng.choice([-1, 1]), rng.uniform(0.3, 1) * length
        up = tall - eye if rng.random() < 0.75 else rng.uniform(tall, max(tall, 2.6 - tall)) - eye
        scene.add(shapes.box, place(side + wall * (width - deep / 2), up, z), (deep / 2, tall, long), turn)
    for _ in range(rng.integers(0, 7)):
        x, z = rng.uniform(-0.9, 0.9) * width + side, rng.uniform(0.15, 0.95) * length
        (scene.person if rng.random() < 0.1 else scene.object)(*place(x, -eye, z), rng.uniform(0.3, 1.3))
