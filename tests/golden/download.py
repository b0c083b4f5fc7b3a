"""Writes download/ and download.json beside itself: small images, and what img2dataset's Resizer and OpenCV make of them.

    python -m venv peer && peer/bin/pip install img2dataset==1.47.0 opencv-python-headless==4.14.0.94 scikit-image pillow
    peer/bin/python -W ignore tests/golden/download.py

The photographs come with scikit-image: "astronaut" (Eileen Collins, NASA, public domain) and "coffee" (Rachel Michetti,
CC0). "sizes" has the size of the stored image for each mode and size of image. "images" has, for each file and way of
resizing, the pixels before they are encoded (Resizer with PNG). "kept" says which files are stored byte by byte when
encoding is skipped where possible. "refused" are files that OpenCV does not read.
"""

import base64
import io
import json
import pathlib
import shutil
import sys

import cv2
import numpy as np
from img2dataset.blurrer import BoundingBoxBlurrer
from img2dataset.resizer import Resizer
from PIL import Image

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "download"
MODES = ["no", "border", "keep_ratio", "keep_ratio_largest", "center_crop"]
BOXES = [[0.3, 0.2, 0.6, 0.7], [0.55, 0.6, 1.2, 0.9]]
SIDE = 24
ALL_WAYS = ["wide.jpg", "small.png", "grey.png", "alpha.png"]


def photographs():
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if source is None:
        import skimage

        source = pathlib.Path(skimage.__file__).parent / "data"
    wide = Image.open(source / "coffee.png").convert("RGB").crop((100, 60, 500, 332)).resize((75, 51))
    high = Image.open(source / "astronaut.png").convert("RGB").crop((130, 0, 330, 440)).resize((41, 90))
    return wide, high


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def files():
    wide, high = photographs()
    alpha = high.copy()
    alpha.putalpha(wide.convert("L").resize(high.size))
    small = wide.resize((17, 13))
    rotated = Image.Exif()
    rotated[0x112] = 6
    jpeg = saved(wide, "JPEG", quality=90)
    return {
        "wide.jpg": jpeg,
        "wide-422.jpg": saved(wide, "JPEG", quality=95, subsampling=1),
        "wide-444.jpg": saved(wide, "JPEG", quality=95, subsampling=0),
        "wide-cmyk.jpg": saved(wide.convert("CMYK"), "JPEG", quality=95),
        "high.jpg": saved(high, "JPEG", quality=85, exif=rotated),
        "high-progressive.jpg": saved(high, "JPEG", quality=85, progressive=True),
        "grey.jpg": saved(high.convert("L"), "JPEG", quality=90),
        "small.jpg": saved(small, "JPEG", quality=95),
        "small.png": saved(small, "PNG"),
        "square.jpg": saved(wide.resize((SIDE, SIDE)), "JPEG", quality=95),
        "grey.png": saved(wide.convert("L"), "PNG"),
        "alpha.png": saved(alpha, "PNG"),
        "grey-alpha.png": saved(alpha.convert("LA"), "PNG"),
        "palette.png": saved(wide.convert("P"), "PNG"),
        "wide.webp": saved(wide, "WEBP", quality=90),
        "alpha.webp": saved(alpha, "WEBP", lossless=True),
        "wide.gif": saved(wide, "GIF"),
        "wide.bmp": saved(wide, "BMP"),
        "wide.tif": saved(wide, "TIFF"),
        "truncated.jpg": jpeg[: len(jpeg) * 2 // 3],
        "truncated.png": saved(wide, "PNG")[:-600],
        "truncated.webp": saved(wide, "WEBP")[:-200],
        "page.html": b"<!DOCTYPE html><html><body>Not found</body></html>",
        "empty.jpg": b"",
    }


def ways():
    for mode in MODES:
        yield {"mode": mode, "upscale": "lanczos", "downscale": "area"}
    for how in ["nearest", "linear", "cubic", "lanczos"]:
        yield {"mode": "keep_ratio", "upscale": how, "downscale": how}
    yield {"mode": "keep_ratio", "upscale": "area", "downscale": "area"}
    yield {"mode": "no", "upscale": "lanczos", "downscale": "area", "boxes": BOXES}
    yield {"mode": "center_crop", "upscale": "lanczos", "downscale": "area", "boxes": BOXES}


def resized(file, way):
    blurrer = BoundingBoxBlurrer() if "boxes" in way else None
    resizer = Resizer(
        SIDE, way["mode"], False, way["upscale"], way["downscale"], 3, "png", blurrer=blurrer
    )
    result, width, height, original_width, original_height, error = resizer(io.BytesIO(file), way.get("boxes"))
    if error is not None:
        return None
    image = cv2.imdecode(np.frombuffer(result, np.uint8), cv2.IMREAD_UNCHANGED)
    grey = image.ndim == 2
    pixels = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB)
    return {
        **way,
        "size": [width, height],
        "original": [original_width, original_height],
        "grey": grey,
        "pixels": base64.b64encode(pixels.tobytes()).decode(),
    }


def sizes():
    for width, height in [(75, 51), (51, 75), (24, 31), (31, 24), (24, 24), (25, 37), (48, 25), (9, 4), (97, 1), (7, 23)]:
        file = saved(Image.new("RGB", (width, height)), "PNG")
        for mode in MODES:
            for bigger in [False, True]:
                result = Resizer(SIDE, mode, bigger)(io.BytesIO(file))
                assert result[5] is None
                yield {"image": [width, height], "mode": mode, "only_if_bigger": bigger, "size": result[1:3]}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    images, kept, refused = [], {}, []
    for name, file in files().items():
        (FOLDER / name).write_bytes(file)
        results = [resized(file, way) for way in ways()]
        if results[0] is None:
            refused.append(name)
            continue
        # All ways for some files only, to keep this file small.
        some = [results[2], results[-1]]
        images.append({"file": name, "results": results if name in ALL_WAYS else some})
        kept[name] = {}
        for format in ["jpg", "png", "webp"]:
            quality = 3 if format == "png" else 95
            resizer = Resizer(SIDE, "keep_ratio", True, encode_quality=quality, encode_format=format, skip_reencode=True)
            kept[name][format] = resizer(io.BytesIO(file))[0] == file
    text = {"side": SIDE, "sizes": list(sizes()), "images": images, "kept": kept, "refused": refused}
    (HERE / "download.json").write_text(json.dumps(text, indent=0))


main()
