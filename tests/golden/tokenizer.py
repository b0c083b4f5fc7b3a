"""Writes tokenizer.json: open_clip's tokens of some captions, without start, end and padding.

    pip install open_clip_torch
    python tests/golden/tokenizer.py
"""

import json
import pathlib

import open_clip

CAPTIONS = [
    "a photo of a cat",
    "waving hand: medium-light skin tone",
    "kiss: woman, man, light skin tone, medium-dark skin tone",
    "flag: Côte d'Ivoire",
    "flag: Åland Islands",
    "keycap: 5",
    "Japanese “acceptable” button",
    "ON! arrow",
    "I'll can't they've you're he'd I'm it's",
    "2014 2015, 12.8B pairs!",
    "日本語の写真",
    "фотография кошки",
    "صورة قطة",
    "नमस्ते दुनिया",
    "😀😃 grinning faces 👩🏽‍🚀",
    "naïve café São Paulo",
    "don’t “quote” – dash… ™",
    "tab\tand\nnewline   spaces",
    "UPPER lower MiXeD",
    "http://example.com/a?b=c&d=e#f",
    "x^2 + y^2 = z^2 ≠ ∞",
    "한국어 사진",
    "ﬁ ligature ½ ² Ⅷ",
    "hello🙂world",
    "zero\u200bwidth",
    "🇨🇭 flag",
    "####!!!! ---- ____",
    "antidisestablishmentarianism",
]

if __name__ == "__main__":
    tokenize = open_clip.get_tokenizer("ViT-B-32")
    golden = []
    for caption in CAPTIONS:
        ids = tokenize(caption)[0].tolist()
        golden.append([caption, ids[1 : ids.index(49407)]])
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in golden) + "\n]\n", encoding="utf-8")
