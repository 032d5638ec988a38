"""Rays against unit shapes. Each takes origins and directions in the shape's own space (arrays that broadcast) and gives
distance (infinite: no hit), normal (three arrays) and surface coordinates u, v."""
import numpy as np


def divide(a, b):
    with np.errstate(divide='ignore', invalid='ignore'):
        return a / b


def box(o, d, inside=False):
    ranges = []
    for origin, direction in zip(o, d):
        one, other = divide(-1 - origin, direction), divide(1 - origin, direction)
        ranges.append((np.minimum(one, other), np.maximum(one, other)))
    (lx, hx), (ly, hy), (lz, hz) = ranges
    if inside:  # a room, seen from within
        t = np.minimum(np.minimum(hx, hy), hz)
        on_x, on_y, hit = hx <= t, hy <= t, t > 1e-3
    else:
        t = np.maximum(np.maximum(lx, ly), lz)
        on_x, on_y, hit = lx >= t, ly >= t, (t <= np.minimum(np.minimum(hx, hy), hz)) & (t > 1e-3)
    on_y &= ~on_x
    t = np.where(hit, t, np.inf)
    x, y, z = at(o, d, t)
    on_z = ~(on_x | on_y)
    normal = [np.where(on, -np.sign(direction), 0) for on, direction in zip((on_x, on_y, on_z), d)]
    return t, normal, np.where(on_x, z, x), np.where(on_y, z, y)


def room(o, d):
    return box(o, d, inside=True)


def card(o, d):
    t = divide(-o[2], d[2])
    x, y, _ = at(o, d, np.where(t > 1e-3, t, np.inf))
    t = np.where((t > 1e-3) & (np.abs(x) <= 1) & (np.abs(y) <= 1), t, np.inf)
    return t, [x * 0, x * 0, -np.sign(d[2]) + x * 0], x, y


def ground(o, d):
    t = divide(-o[1], d[1])
    t = np.where((t > 1e-3) & (t < 1e4), t, np.inf)
    x, _, z = at(o, d, t)
    return t, [x * 0, -np.sign(d[1]) + x * 0, x * 0], x, z


def sphere(o, d):
    a, b, c = sum(i * i for i in d), sum(i * j for i, j in zip(o, d)), sum(i * i for i in o) - 1
    square = b * b - a * c
    t = (-b - np.sqrt(np.maximum(square, 0))) / a
    t = np.where((square > 0) & (t > 1e-3), t, np.inf)
    x, y, z = at(o, d, t)
    return t, [x, y, z], np.arctan2(x, z) * 0.8, np.arcsin(np.clip(y, -1, 1))


def cylinder(o, d):
    return turned(o, d, 0.0)


def cone(o, d):
    return turned(o, d, 0.5)


def turned(o, d, taper):
    """A body of radius 1 - taper (1 + y): upright, from y = -1 to 1, with its lids."""
    radius, shrink = 1 - taper * (1 + o[1]), -taper * d[1]
    a = d[0] * d[0] + d[2] * d[2] - shrink * shrink
    b = o[0] * d[0] + o[2] * d[2] - radius * shrink
    c = o[0] * o[0] + o[2] * o[2] - radius * radius
    a = np.where(np.abs(a) < 1e-9, 1e-9, a)
    square = b * b - a * c
    root = np.sqrt(np.maximum(square, 0))
    side = np.full(np.shape(square), np.inf)
    for t in (np.maximum((-b - root) / a, (-b + root) / a), np.minimum((-b - root) / a, (-b + root) / a)):
        side = np.where((square > 0) & (t > 1e-3) & (np.abs(o[1] + t * d[1]) <= 1), t, side)
    lid = divide(np.where(d[1] > 0, -1, 1) - o[1], d[1])
    x, y, z = at(o, d, np.where(np.isfinite(lid), lid, np.inf))
    lid = np.where((lid > 1e-3) & (x * x + z * z <= (1 - taper * (1 + y)) ** 2), lid, np.inf)
    on_lid = lid < side
    t = np.minimum(side, lid)
    x, y, z = at(o, d, t)
    normal = [np.where(on_lid, 0, x), np.where(on_lid, -np.sign(d[1]), taper * 0.6), np.where(on_lid, 0, z)]
    return t, normal, np.where(on_lid, x, np.arctan2(x, z) * 0.8), np.where(on_lid, z, y)


def at(o, d, t):
    t = np.where(np.isfinite(t), t, 0)
    return [origin + t * direction for origin, direction in zip(o, d)]
