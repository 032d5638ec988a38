#!/usr/bin/env python3
"""Makes the pictures in this folder: one motif, 60 × 40, in every kind of file that the preprocessor takes or must refuse.

The motif has four quadrants: red, green / blue, pale. Needs ImageMagick 6 with its WebP, HEIF and TIFF delegates. The files are committed;
run this only to change them: ./make.py
"""
import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, HEIGHT = 60, 40
RED, GREEN, BLUE, PALE = (210, 40, 40), (40, 170, 60), (40, 60, 200), (230, 230, 220)


def motif(depth=8, change=lambda rgb: rgb):
    """The pixels as a binary PPM."""
    top = (RED, GREEN)
    bottom = (BLUE, PALE)
    limit = 255 if depth == 8 else 65535
    rows = bytearray()
    for y in range(HEIGHT):
        for x in range(WIDTH):
            rgb = change((top if y < HEIGHT // 2 else bottom)[x * 2 // WIDTH])
            for value in rgb:
                rows += struct.pack(">B" if depth == 8 else ">H", round(value / 255 * limit))
    return b"P6 %d %d %d\n" % (WIDTH, HEIGHT, limit) + bytes(rows)


def convert(name, *options, pixels=None, source="ppm:-"):
    subprocess.run(
        ["convert-im6.q16", source, "-strip", *options, os.path.join(HERE, name)], input=pixels or motif(), check=True)


# A small ICC profile: three colourants and a curve (ICC.1:2004-10, 7 to 10).
def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in values)


def profile(red, green, blue):
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(
        fixed(value) for value in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67)
    copyright_ = b"text\0\0\0\0none\0"
    white = (0.9642, 1.0, 0.8249)
    tags = [(b"desc", text), (b"cprt", copyright_), (b"wtpt", xyz(white)), (b"rXYZ", xyz(red)), (b"gXYZ", xyz(green)), (b"bXYZ", xyz(blue)),
            (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve)]
    table, content = b"", b""
    begin = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", begin + len(content), len(data))
        content += data
    size = begin + len(content)
    header = struct.pack(">I4sI4s4s4s12s4s4sIIIQI", size, b"none", 0x04200000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp", b"\0\0\0\0",
                         0, 0, 0, 0, 0) + b"".join(fixed(value) for value in white) + bytes(48)
    assert len(header) == 128, len(header)
    return header + struct.pack(">I", len(tags)) + table + content


# sRGB's and Display P3's colourants, adapted to D50 (IEC 61966-2-1; SMPTE EG 432-1; Bradford).
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def to_p3(rgb):
    """The same colour in Display P3's numbers."""
    linear = [value / 255 / 12.92 if value / 255 <= 0.04045 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in rgb]
    target = [sum(linear[c] * SRGB[c][i] for c in range(3)) for i in range(3)]
    # Cramer's rule on the three colourants.
    det = lambda a, b, c: (a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1]))
    whole = det(*P3)
    parts = [det(target, P3[1], P3[2]) / whole, det(P3[0], target, P3[2]) / whole, det(P3[0], P3[1], target) / whole]
    encode = lambda v: 12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055
    return tuple(255 * encode(min(1, max(0, value))) for value in parts)


def with_profile(name, icc, pixels, *options):
    with tempfile.NamedTemporaryFile(suffix=".icc") as file:
        file.write(icc)
        file.flush()
        subprocess.run(["convert-im6.q16", "ppm:-", "-profile", file.name, "+set", "date:create", "+set", "date:modify", *options, os.path.join(HERE, name)], input=pixels, check=True)


def main():
    convert("plain.jpg", "-quality", "95", "-sampling-factor", "1x1")
    convert("progressive.jpg", "-quality", "95", "-interlace", "JPEG")
    convert("gray.jpg", "-colorspace", "Gray", "-quality", "95")
    convert("cmyk.jpg", "-colorspace", "CMYK", "-quality", "95")
    convert("plain.png", "-define", "png:color-type=2")
    convert("interlaced.png", "-interlace", "PNG", "-define", "png:color-type=2")
    convert("deep.png", "-depth", "16", "-define", "png:bit-depth=16", "-define", "png:color-type=2", pixels=motif(16))
    convert("deepgray.png", "-colorspace", "Gray", "-depth", "16", "-define", "png:bit-depth=16", "-define", "png:color-type=0", pixels=motif(16))
    convert("palette.png", "-type", "Palette", "-define", "png:color-type=3")
    convert("bilevel.png", "-threshold", "50%", "-define", "png:bit-depth=1", "-define", "png:color-type=0")
    # Green is half transparent, blue wholly.
    half = ["-alpha", "set", "-region", "30x20+30+0", "-channel", "A", "-evaluate", "set", "50%", "+region",
            "-region", "30x20+0+20", "-channel", "A", "-evaluate", "set", "0", "+region", "+channel"]
    convert("alpha.png", *half, "-define", "png:color-type=6")
    convert("alpha.webp", *half, "-define", "webp:lossless=true")
    convert("plain.webp", "-quality", "95")
    convert("lossless.webp", "-define", "webp:lossless=true")
    convert("plain.avif", "-quality", "95")
    convert("plain.heic", "-quality", "90")
    convert("plain.tif", "-compress", "LZW")
    convert("deep.tif", "-depth", "16", "-compress", "None", pixels=motif(16))
    convert("plain.bmp")
    convert("plain.gif")
    black = os.path.join(HERE, "black.ppm")
    with open(black, "wb") as file:
        file.write(motif(change=lambda rgb: (0, 0, 0)))
    subprocess.run(["convert-im6.q16", "-delay", "10", "ppm:-", black, black, "-loop", "0", os.path.join(HERE, "animated.gif")], input=motif(), check=True)
    subprocess.run(["convert-im6.q16", "-delay", "10", "ppm:-", black, black, "-loop", "0", os.path.join(HERE, "animated.webp")], input=motif(), check=True)
    os.remove(black)
    with open(os.path.join(HERE, "animated.webp"), "r+b") as file:  # ImageMagick 6 writes the first frame once more behind the animation
        file.truncate(struct.unpack("<I", file.read(8)[4:])[0] + 8)
    # Red and blue change places in the numbers and in the profile, so the colours are the motif's.
    with_profile("swapped.png", profile(SRGB[2], SRGB[1], SRGB[0]), motif(change=lambda rgb: rgb[::-1]), "-define", "png:color-type=2")
    with_profile("p3.jpg", profile(*P3), motif(change=to_p3), "-quality", "97", "-sampling-factor", "1x1")
    with_profile("p3.webp", profile(*P3), motif(change=to_p3), "-define", "webp:lossless=true")
    with_profile("deepp3.png", profile(*P3), motif(16, to_p3), "-depth", "16", "-define", "png:bit-depth=16", "-define", "png:color-type=2")


if __name__ == "__main__":
    main()
