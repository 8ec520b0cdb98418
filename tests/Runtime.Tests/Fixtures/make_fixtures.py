#!/usr/bin/env python3
"""Writes the images of this folder, and expected.json: the pixels that Pillow reads from them.

Debian 12:  apt-get install python3-pil python3-torchvision  &&  /usr/bin/python3 make_fixtures.py

An image is read as torchvision does it: the first frame, upright, as RGB, resized so that the shorter side fits, cut from the centre.
Where "resize" is given, torchvision itself resizes the shorter side to it and cuts the centre out.
What Pillow cannot write (16-bit colours, interlacing) is written byte by byte, after the PNG specification.
"""
import base64
import io
import json
import random
import struct
import zlib

from PIL import Image, ImageOps
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional

WIDTH, HEIGHT = 16, 12
expected = []


def scene(width=WIDTH, height=HEIGHT):
    """Smooth colours, which JPEG keeps, and no symmetry, so that each of EXIF's orientations is another image."""
    image = Image.new("RGB", (width, height))
    image.putdata([(40 + 200 * x // width, 30 + 150 * y // height, 220 - 90 * (x + y) // (width + height)) for y in range(height) for x in range(width)])
    return image


def noise(width, height, seed):
    """Every value from 0 to 255, next to any other: rounding shows."""
    numbers = random.Random(seed)
    image = Image.new("RGB", (width, height))
    image.putdata([tuple(numbers.randrange(256) for _ in range(3)) for _ in range(width * height)])
    return image


def alpha():
    """Transparent, half transparent and opaque columns."""
    image = Image.new("L", (WIDTH, HEIGHT))
    image.putdata([(0, 128, 255)[x % 3] for _ in range(HEIGHT) for x in range(WIDTH)])
    return image


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, width, height, depth, color, rows, interlaced=0):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    open(name, "wb").write(data)


def fit(image, width, height):
    scale = max(width / image.width, height / image.height)
    whole = (max(width, round(image.width * scale)), max(height, round(image.height * scale)))
    image = image.resize(whole, Image.BILINEAR)
    left, top = (whole[0] - width) // 2, (whole[1] - height) // 2
    return image.crop((left, top, left + width, top + height))


def expect(name, size=None, image=None):
    image = ImageOps.exif_transpose(Image.open(name)).convert("RGB") if image is None else image
    width, height = size or image.size
    pixels = base64.b64encode(fit(image, width, height).tobytes()).decode()
    expected.append({"file": name, "width": width, "height": height, "pixels": pixels})


def expect_centre(name, size, resize, bicubic):
    """For a square size, torchvision's Resize and CenterCrop. It has no other sizes, which are enlarged to the shorter side and covered."""
    image = ImageOps.exif_transpose(Image.open(name)).convert("RGB")
    width, height = size
    whole = resize
    if width != height:
        across, down = width * resize // min(size), height * resize // min(size)
        fits_across = across * image.height >= down * image.width
        whole = (across * image.height // image.width, across) if fits_across else (down, down * image.width // image.height)
    mode = InterpolationMode.BICUBIC if bicubic else InterpolationMode.BILINEAR
    image = functional.center_crop(functional.resize(image, whole, mode), (height, width))
    pixels = base64.b64encode(image.tobytes()).decode()
    expected.append({"file": name, "width": width, "height": height, "resize": resize, "bicubic": bicubic, "pixels": pixels})


def save(name, image, **options):
    image.save(name, **options)
    expect(name)


def truncate(name, missing):
    kind = name.split(".")[-1]
    open(f"truncated.{kind}", "wb").write(open(name, "rb").read()[:-missing])
    expected.append({"file": f"truncated.{kind}", "width": WIDTH, "height": HEIGHT, "pixels": None})


rgb = scene()
rgba = scene()
rgba.putalpha(alpha())

save("rgb.png", rgb)
save("gray.png", rgb.convert("L"))
save("gray_alpha.png", rgba.convert("LA"))
save("transparent.png", rgba)
save("palette.png", rgb.quantize(13))
save("palette_transparent.png", rgb.quantize(13), transparency=bytes(20 * i for i in range(13)))
save("one_bit.png", rgb.convert("1"))

# 16 bits: Pillow takes the upper 8 bits of a colour. Of gray it makes white wherever the value is above 255, so the upper bits are
# expected here, too.
values = [tuple(257 * c for c in p) for p in rgb.getdata()]
rows = b"".join(b"\0" + b"".join(struct.pack(">3H", *p) for p in values[WIDTH * y:WIDTH * (y + 1)]) for y in range(HEIGHT))
png("rgb16.png", WIDTH, HEIGHT, 16, 2, rows)
expect("rgb16.png")
rows = b"".join(b"\0" + b"".join(struct.pack(">H", p[0]) for p in values[WIDTH * y:WIDTH * (y + 1)]) for y in range(HEIGHT))
png("gray16.png", WIDTH, HEIGHT, 16, 0, rows)
expect("gray16.png", image=rgb.getchannel(0).convert("RGB"))

# Adam7: start and step of columns and rows.
passes = [(0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2)]
rows = b"".join(
    b"\0" + b"".join(bytes(rgb.getpixel((x, y))) for x in range(left, WIDTH, across)) for left, across, top, down in passes for y in range(top, HEIGHT, down))
png("interlaced.png", WIDTH, HEIGHT, 8, 2, rows, interlaced=1)
expect("interlaced.png")

save("rgb.jpg", rgb, quality=90, subsampling=0)
save("subsampled.jpg", rgb, quality=90, subsampling=2)
save("progressive.jpg", rgb, quality=90, subsampling=0, progressive=True)
save("gray.jpg", rgb.convert("L"), quality=90)
save("cmyk.jpg", rgb.convert("CMYK"), quality=90)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(f"rotated_{orientation}.jpg", rgb, quality=90, subsampling=0, exif=exif)

save("lossy.webp", rgb, quality=90)
save("transparent.webp", rgba, lossless=True, exact=True)
save("animated.webp", rgb, save_all=True, append_images=[ImageOps.mirror(rgb)], lossless=True, duration=100)
save("rgb.bmp", rgb)
save("palette.bmp", rgb.quantize(13))
save("animated.gif", rgb.quantize(13), save_all=True, append_images=[ImageOps.mirror(rgb).quantize(13)], duration=100)

# Transparent pixels of a GIF have no colour other than an unused entry of the palette, so black is expected.
rgb.quantize(13).save("transparent.gif", transparency=5)
seen = Image.open("transparent.gif").convert("RGBA")
black = Image.new("RGB", seen.size)
black.paste(seen.convert("RGB"), mask=seen.getchannel("A"))
expect("transparent.gif", image=black)

# The name says JPEG, the bytes are a PNG.
buffer = io.BytesIO()
rgb.save(buffer, "PNG")
open("png_inside.jpg", "wb").write(buffer.getvalue())
expect("png_inside.jpg")

# The end of the pixels is missing.
truncate("rgb.jpg", 60)
truncate("rgb.png", 40)
truncate("lossy.webp", 25)
truncate("rgb.bmp", 100)
truncate("transparent.gif", 40)

# Resized: smaller, larger, other aspects, and so long that the centre is a small part.
noise(19, 13, 1).save("noise.png")
for size in ((8, 8), (19, 13), (13, 19), (7, 3), (24, 24), (33, 16), (1, 1)):
    expect("noise.png", size)
noise(3, 90, 2).save("tall.png")
noise(91, 3, 3).save("wide.png")
for name in ("tall.png", "wide.png"):
    for size in ((2, 2), (3, 3), (7, 7), (16, 12)):
        expect(name, size)

# Resized to more than is cut out: landscape, portrait, tiny and extreme; shrunk, enlarged and of the same size; with odd rests.
noise(13, 19, 4).save("portrait.png")
noise(1, 1, 5).save("dot.png")
noise(120, 90, 6).save("large.png")
for bicubic in (False, True):
    for name in ("noise.png", "portrait.png", "dot.png", "tall.png", "wide.png"):
        for size, resize in ((8, 9), (7, 10), (7, 7), (13, 13), (16, 18), (1, 3)):
            expect_centre(name, (size, size), resize, bicubic)
    expect_centre("large.png", (14, 14), 16, bicubic)
    expect_centre("large.png", (20, 20), 23, bicubic)
    for size, resize in (((12, 8), 9), ((8, 12), 9), ((5, 7), 8)):
        for name in ("noise.png", "portrait.png"):
            expect_centre(name, size, resize, bicubic)
    for orientation in (2, 3, 4):
        expect_centre(f"rotated_{orientation}.jpg", (7, 7), 12, bicubic)

json.dump(expected, open("expected.json", "w"), indent=1)
open("expected.json", "a").write("\n")
