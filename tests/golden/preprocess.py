"""Writes preprocess/ and preprocess.json beside itself: small images of all formats, and what Pillow, torchvision and
open_clip make of them.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0 pillow==13.0.0 scikit-image
    peer/bin/python tests/golden/preprocess.py

The photographs come with scikit-image: "astronaut" (Eileen Collins, NASA, public domain) and "coffee" (Rachel Michetti,
CC0). For each file the JSON has the SHA-256 of its RGB pixels, and the bytes of the prepared image before they are
normalised; a file that Pillow refuses has neither.
"""

import base64
import hashlib
import io
import json
import pathlib
import shutil
import struct
import sys
import zlib

import numpy as np
from open_clip.transform import image_transform
from PIL import Image

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "preprocess"
SIDE = 20


def photographs():
    """The two photographs, cut down to 75 × 51 and 41 × 90 pixels."""
    if len(sys.argv) > 1:  # a folder with astronaut.png and coffee.png
        source = pathlib.Path(sys.argv[1])
    else:
        import skimage

        source = pathlib.Path(skimage.__file__).parent / "data"
    wide = Image.open(source / "coffee.png").convert("RGB").crop((100, 60, 500, 332)).resize((75, 51))
    high = Image.open(source / "astronaut.png").convert("RGB").crop((130, 0, 330, 440)).resize((41, 90))
    return wide, high


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(array, depth, colour, interlaced=False, extra=()):
    """A PNG file of any depth and colour type, which Pillow cannot write all of."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]

    def packed(part):
        rows = part.reshape(part.shape[0], -1)
        if depth == 16:
            rows = [row.astype(">u2").tobytes() for row in rows]
        else:
            bits = [np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :] for row in rows]
            rows = [np.packbits(row.reshape(-1)).tobytes() for row in bits]
        return b"".join(b"\0" + row for row in rows)

    assert array.size == array.shape[0] * array.shape[1] * channels
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [array[y::down, x::across] for x, y, across, down in passes]
    data = b"".join(packed(part) for part in parts if part.size)
    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], depth, colour, 0, 0, interlaced)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", zlib.compress(data, 9)), (b"IEND", b"")]
    pack = lambda name, content: struct.pack(">I", len(content)) + name + content + struct.pack(
        ">I", zlib.crc32(name + content)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(pack(*chunk) for chunk in chunks)


def with_adobe(file, transform):
    """A JPEG file that claims to be of that Adobe transform."""
    at = file.find(b"\xff\xee")
    if at >= 0:
        file = file[:at] + file[at + 16 :]
    return file[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]) + file[2:]


def jpegs(wide, high):
    for name, image in (("wide", wide), ("high", high)):
        for sampling in (0, 1, 2):
            for progressive in (False, True):
                file = saved(image, "JPEG", quality=85, subsampling=sampling, progressive=progressive, optimize=True)
                yield f"{name}-{sampling}{'-progressive' if progressive else ''}.jpg", file
    yield "restarts.jpg", saved(wide, "JPEG", quality=80, restart_marker_blocks=3)
    yield "restarts-progressive.jpg", saved(wide, "JPEG", quality=80, restart_marker_blocks=3, progressive=True)
    yield "coarse.jpg", saved(wide, "JPEG", quality=15)
    yield "fine.jpg", saved(wide.crop((0, 0, 33, 31)), "JPEG", quality=100)
    yield "grey.jpg", saved(wide.convert("L"), "JPEG")
    yield "grey-progressive.jpg", saved(wide.convert("L"), "JPEG", progressive=True)
    cmyk = saved(wide.convert("CMYK"), "JPEG")
    yield "cmyk.jpg", cmyk
    yield "ycck.jpg", with_adobe(cmyk, 2)
    yield "rgb.jpg", saved(wide, "JPEG", keep_rgb=True)
    turned = Image.Exif()
    turned[0x112] = 6
    yield "orientation.jpg", saved(wide, "JPEG", exif=turned)
    for width, height in ((1, 1), (2, 3), (3, 2), (8, 8), (16, 17), (5, 60), (70, 4)):
        image = wide.resize((80, 60)).crop((3, 3, 3 + width, 3 + height)) if height < 57 else high.crop((9, 9, 14, 69))
        yield f"size-{width}x{height}.jpg", saved(image, "JPEG", quality=90)


def pngs(wide, rgba):
    small = wide.resize((31, 22))
    rgb, grey = np.asarray(small), np.asarray(small.convert("L"))
    alpha = np.asarray(rgba.resize((31, 22)))
    deep = grey.astype(np.uint16) * 250 + 17
    palette = small.quantize(16)
    colours = (b"PLTE", bytes(palette.getpalette()[:48]))
    for interlaced in (False, True):
        end = "-interlaced.png" if interlaced else ".png"
        yield "rgb" + end, png(rgb, 8, 2, interlaced)
        yield "rgb16" + end, png(rgb.astype(np.uint16) * 257 - 40 * (rgb > 0), 16, 2, interlaced)
        yield "rgba" + end, png(alpha, 8, 6, interlaced)
        yield "rgba16" + end, png(alpha.astype(np.uint16) * 200 + 55, 16, 6, interlaced)
        yield "grey16" + end, png(deep, 16, 0, interlaced)
        yield "grey-alpha" + end, png(np.stack([grey, grey[::-1]], -1), 8, 4, interlaced)
        yield "grey-alpha16" + end, png(np.stack([deep, deep[::-1]], -1), 16, 4, interlaced)
        for depth in (1, 2, 4, 8):
            yield f"grey{depth}" + end, png(grey >> (8 - depth), depth, 0, interlaced)
        yield "palette" + end, png(np.asarray(palette), 4, 3, interlaced, [colours])
    yield "grey16-dark.png", png(deep // 200, 16, 0)
    yield "palette-transparent.png", png(np.asarray(palette), 4, 3, False, [colours, (b"tRNS", bytes(range(0, 256, 16)))])
    yield "rgb-transparent.png", png(rgb, 8, 2, False, [(b"tRNS", bytes([0, rgb[0, 0, 0], 0, rgb[0, 0, 1], 0, rgb[0, 0, 2]]))])
    yield "animated.png", saved(small, "PNG", save_all=True, append_images=[small.rotate(90)])


def others(wide, rgba):
    small, clear = wide.resize((31, 22)), rgba.resize((31, 22))
    turned = small.rotate(90)
    yield "lossy.webp", saved(wide, "WEBP", quality=70)
    yield "lossless.webp", saved(small, "WEBP", lossless=True)
    yield "alpha.webp", saved(clear, "WEBP", quality=80)
    yield "alpha-lossless.webp", saved(clear, "WEBP", lossless=True, exact=True)
    yield "animated.webp", saved(small, "WEBP", save_all=True, append_images=[turned])
    yield "rgb.gif", saved(small, "GIF")
    yield "transparent.gif", saved(clear, "GIF")
    yield "animated.gif", saved(small, "GIF", save_all=True, append_images=[turned])
    yield "interlaced.gif", saved(small.quantize(32), "GIF", interlace=1)
    frame = bytearray(saved(small.quantize(32), "GIF"))
    struct.pack_into("<HH", frame, 6, 50, 40)
    struct.pack_into("<HH", frame, frame.find(b"\x2c") + 1, 7, 9)
    yield "small-frame.gif", bytes(frame)
    for mode in ("RGB", "RGBA", "L", "1", "P"):
        yield f"{mode.lower()}.bmp", saved((clear if mode == "RGBA" else small).convert(mode), "BMP")
    for mode, packing in (("RGB", "tiff_lzw"), ("RGBA", "tiff_adobe_deflate"), ("L", "packbits"), ("1", None)):
        yield f"{mode.lower()}.tif", saved((clear if mode == "RGBA" else small).convert(mode), "TIFF", compression=packing)
    yield "cmyk.tif", saved(small.convert("CMYK"), "TIFF", compression="tiff_adobe_deflate")
    yield "orientation.tif", saved(small, "TIFF", compression="tiff_adobe_deflate", tiffinfo={0x112: 6})
    deep = Image.fromarray(np.asarray(small.convert("L")).astype(np.uint16) * 3)
    yield "grey16.tif", saved(deep, "TIFF", compression="tiff_adobe_deflate")


def damaged(files):
    """Files that Pillow refuses, and files that it reads although they are broken."""
    plain, parts = files["wide-2.jpg"], files["restarts.jpg"]
    marks = [at for at in range(len(parts) - 1) if parts[at] == 0xFF and 0xD0 <= parts[at + 1] <= 0xD7]
    yield "end-missing.jpg", plain[:-2]
    yield "half.jpg", plain[: len(plain) // 2]
    yield "half-with-end.jpg", plain[: len(plain) // 2] + b"\xff\xd9"
    yield "more-behind.jpg", plain + b"more" * 9
    yield "zeros-inside.jpg", plain[:-200] + bytes(60) + plain[-140:]
    yield "restart-missing.jpg", parts[: marks[3]] + parts[marks[3] + 2 :]
    yield "interval-missing.jpg", parts[: marks[3]] + parts[marks[4] :]
    yield "interval-twice.jpg", parts[: marks[4]] + parts[marks[3] :]
    yield "progressive-half.jpg", files["wide-2-progressive.jpg"][:-300]
    for name in ("rgb.png", "lossy.webp", "rgb.gif", "rgb.bmp", "l.tif"):
        stem, kind = name.split(".")
        yield f"half-{stem}.{kind}", files[name][: len(files[name]) // 2]
    yield "end-missing.png", files["rgb.png"][:-12]


def prepared(image, mode, interpolation):
    """The bytes of each channel before they are normalised."""
    transform = image_transform(
        SIDE, False, mean=(0, 0, 0), std=(1, 1, 1), resize_mode=mode, interpolation=interpolation, fill_color=40
    )
    values = (transform(image).numpy() * 255).round().astype(np.uint8)
    return base64.b64encode(values.tobytes()).decode()


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    wide, high = photographs()
    rgba = wide.copy()
    rgba.putalpha(Image.linear_gradient("L").resize(wide.size))
    files = dict([*jpegs(wide, high), *pngs(wide, rgba), *others(wide, rgba)])
    files.update(dict(damaged(files)))
    cases = []
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
        case = {"file": name}
        try:
            image = Image.open(io.BytesIO(content)).convert("RGB")
        except Exception:
            cases.append(case)
            continue
        case["size"] = image.size
        case["sha256"] = hashlib.sha256(image.tobytes()).hexdigest()
        ways = [("shortest", "bicubic")]
        if name.startswith(("wide-2", "high-2", "size-5x60", "rgb.png")):
            ways = [(m, i) for m in ("shortest", "longest", "squash") for i in ("bicubic", "bilinear")]
        case["prepared"] = [dict(mode=m, interpolation=i, pixels=prepared(image, m, i)) for m, i in ways]
        cases.append(case)
    (HERE / "preprocess.json").write_text(json.dumps({"side": SIDE, "cases": cases}, indent=0) + "\n")


main()
