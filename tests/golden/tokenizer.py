"""Writes open_clip's results: tokenizer.json, tokens of captions; cleaning.json, what text is before it is split.

    pip install open_clip_torch
    python tests/golden/tokenizer.py

Tokens come without start, end and padding.
"""

import html.entities
import json
import pathlib
import random
import re

import ftfy
import ftfy.badness
import ftfy.chardata
import open_clip
import tokenizer_fuzz

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
    "ROCK'N'ROLL it'S 'ſ x'ſt don'tell 'reel",
    "<start_of_text> !<end_of_text> <END_OF_TEXT>! <ſtart_of_text> <|endoftext|>",
    "ΟΔΥΣΣΕΥΣ İstanbul ΑΣ. ẞ ǅ",
    "\u0345 !\u0345! α\u0345 ٣³Ⅷ一 ⓐⒶ",
    "cafÃ© â€œlike thisâ€\x9d &amp;amp; &eacute;t&EACUTE;",
    "a\x1cb\x85c\u2028d\u3000e &#28; &#x1f;f",
    "ＡＢＣ１２３　ｶﾞ ﬃ Ǆ ŉ \x1b[1mbold\x1b[0m",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ############################",
]

# Each for a rule or an oddity of it.
TEXTS = [
    # html's escapes, as ftfy and as Python resolve them.
    "&lt;b&gt; &amp;amp;lt; &amp;amp;amp;amp;lt;",
    "1 < 2 &amp;amp;amp; &EACUTE; &eacute &#59; &#x3b;",
    "&EACUTE;\n<\n&EACUTE; &eacute;",
    "&EACUTE; &SZLIG; &NTILDE; &nTILDE; &FRAC12; &GTDOT; &NAPOS; &FFLIG; &LT; &Lt; &AMP; &HELLIP;",
    "&notit; &notin; &hellip &hellip; &copyé &ampamp; &am &a; &; && &&amp; &AMPere &CounterClockwiseContourIntegral;",
    "&CounterClockwiseContourIntegralx; &abcdefghijklmnopqrstuvwxyzabcdefghij; &not\tit &not&not;<&not",
    "&#65;&#65&#x41;&#X41&#x41g &#; &#x; &#xg; &#12ab; &#0; &#00; &#13;. &#10;. &#9;.",
    "&#128;&#129;&#130;&#131;&#133;&#141;&#145;&#150;&#157;&#159;&#160;&#x80&#x9F",
    "a&#1;b&#8;c&#11;d&#14;e&#31;f&#127;g&#xfdd0;h&#xfdef;i&#xfffe;j&#xffff;k&#x1ffff;l&#x10fffe;m",
    "a&#xd800;b&#xdfff;c&#x110000;d&#99999999999999999999999;"
    "e&#999999999999999999999999999999;f&#000000000000000000000065;g",
    "&#x00000000000000000000000041; &#x0000000000000000000000000041; &amp;#146; &amp;#amp;",
    "&Tab;a&NewLine;b&nbsp;c&ensp;d&zwj;e &fjlig; &bne; &nvlt; &ThickSpace;.",
    # Terminals, control characters, line ends, spaces.
    "\x1b[36;44mblue\x1b[0m \x1b[m \x1b[12 \x1b[٣m \x1b［3m \x1b[1\x001m \x1b\x1b[0m[0m",
    "a\x00b\x08c\x0bd\x0ce\x0ef\x1fg\x7fh\u206ai\u206fj\ufeffk\ufff9l\ufffcm\ufffdn\u200bo\u200ep\u202eq",
    "a\r\nb\rc\n\rd\u2028e\u2029f\x85g\r\x1b[0m\nh",
    "\x1c\x1d a\x1c&#28;b\x1d\x1e\x1fc \xa0\u1680\u2000\u200a\u202f\u205f\u3000d\u180ee\u200b",
    # Characters.
    "".join(map(chr, ftfy.chardata.LIGATURES)) + "ﬓæœĿ",
    "".join(map(chr, range(0xFF00, 0xFFF0))) + "\u3000",
    "ʼ‘’‚‛“”„‟′″‹›«»`´",
    "".join(map(chr, range(0x80, 0xA0))) + "日",
    "e\u0301 \u212b \u2126 \u1100\u1161\u11a8 \u0958 q\u0307\u0323 \u0344 \u0374 \u037e \u2f800 \u1e9b\u0323 ｶ\uff9e",
    "ΑΣ ΑΣΑ Σ ΑΣ. ΑΣ’Α Α\u0301Σ\u0301 AΣ\u00adB ὈΔΥΣΣΕΎΣ İIıi ẞß ǅ Ⅷ Ⓐ Ǳ K Å Ω ᾼ \u1c80 Ა",
    # Mojibake with losses and other damage.
    "Ø´Ø·Ø\xad", "du≈°an", "itГўВЂВ™s", "Hi!Â ok", "«x»Â y", "×²×³", "2×³", "kā€™s",
    "itâ?™s", "itâ\ufffd™s", "ð?˜€", "ðŸ\ufffd€", "ð\ufffd˜€", "ðŸ?€ ðŸ˜?",
    "voilÃ le travail, Ã la mode, Ã s vezes Ã quela hora Ã quele Ã quilo Ã quel",
    "Ã\xa0 Â Ã Ã© Ã¢â‚¬ cafÃ? â€œ like this â€\ufffd â€? ðŸ˜\ufffd ð\ufffd\ufffd€ Ã\ufffd",
    "\x1aÃ© Ã©\ufffd", "a Ã©\ufffd\x1a", "Ã©\xed\xa0\xbd\xed\xb8\x8d", "Ã©\xed\xa0?\xed\xb8\x8d",
    "í\xa0½í¸\ufffd x â€œ",
    "Ã©À\x80", "Ã©À", "Ã©À\n", "Ã©À\nb", "Ã©í\xa0½í¸\n", "Ã©í\xa0½í¸\n\n", "Ã©í\xa0½í\n", "Ã©í\n", "íœ\x9cêµ\xadì–´",
    "日本 cafÃ© â€¢ Ã¢â‚¬Å“", "œÃ© Œ日本Ã©", "¢Ã© 日本", "日Ã©Ã¨â‚¬Ã", "it\x92s 日本 \x81", "it\x92s", "it\x92s \x81",
    "Ã ", "a Ã ", "aÂ b", "Â b", "xÂ °", "Å¡ Å  Î  Ð  Ù ", "à¤¹à¤¿à¤¨à¥\x8dà¤¦à¥€", "ã\x82 ã ¤ â  â€  ð Ÿ˜",
    "ð  ˜€ ðŸ ˜ ðŸ˜ ",
    "MacRoman √© ‚Äî ‚Äôs ‚Äú √† la ¬© – √±", "├⌐ ΓÇô ΓÇ£ ┬⌐", "вЂњ РїСЂРёРІРµС‚ В© ГўВЂВ™s", "β€™ Ξ± Ξ’Ξ Ξ‘",
    "ā€™ ā€œ", "â€™ Ä±ÅŸÄ±k",
    "ÒÓÔ ¯\\_(ツ)_/¯ °˖✧◝(⁰▿⁰)◜✧˖° ლ(ಠ益ಠლ) (°□°) Ö¿Ö", "Ø´Ø§ ÙˆØ§ Ø§ÙŽ", "RÃ¤ksmÃ¶rgÃ¥s Ã–", "Â«Ã‰lysÃ©eÂ» 25 â‚¬",
    "2Â½ 10Â° Â£5 Â§3 Â¿QuÃ©?", "10° ±2 «Où?» São João Åland œuvre № 5 Ã la carte", "aÂ\x80b", "Ą¦Ę", "×²", "║╣Ã©",
    "™®", "“Ä“",
]


def mojibake_of_every_byte():
    """For each encoding, the characters of its upper half, in sequences of UTF-8 of two and three bytes."""
    for encoding in ftfy.chardata.CHARMAP_ENCODINGS:
        for lead in range(0xC2, 0xE0):
            last = lead * 8 % 64
            text = bytes(byte for at in range(8) for byte in (lead, 0x80 + (last + at * 7) % 64)).decode(encoding)
            yield text
        for lead in range(0xE1, 0xF0):
            yield bytes([lead, 0x80 + lead % 32, 0x80 + lead % 64, lead, 0x9F, 0xBF]).decode(encoding)


def mojibake_for_each_suspicion(rng):
    """For each combination of characters that makes ftfy suspicious, texts that change for that combination alone."""
    combinations = re.split(r"\n\s*\|\s*\n", ftfy.badness.BADNESS_RE.pattern)
    combinations = [re.compile(combination, re.VERBOSE) for combination in combinations]
    found = [0] * len(combinations)
    for _ in range(60_000):
        codes = [rng.randrange(0xA0, 0x500), rng.randrange(0x2000, 0x2300), rng.randrange(0x10000)]
        letters = [chr(rng.choice(codes))]
        letters += rng.choice(["", "a", " ", "A", "é", "»", "–"])
        rng.shuffle(letters)
        data = rng.choice(["", "a", " "]).encode() + "".join(letters).encode("utf-8", "replace")
        text = data.decode(rng.choice(ftfy.chardata.CHARMAP_ENCODINGS)).replace("\xa0", rng.choice("\xa0 "))
        reasons = [at for at, combination in enumerate(combinations) if combination.search(text)]
        if len(reasons) == 1 and found[reasons[0]] < 4 and ftfy.fix_encoding(text) != text:
            found[reasons[0]] += 1
            yield text


def random_texts(rng, count):
    """Short texts that cleaning changes."""
    while count:
        text = tokenizer_fuzz.random_text(rng)[:70]
        if clean(text) != text.lower():
            yield text
            count -= 1


def write(name, rows, ascii_only):
    lines = (json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    path = pathlib.Path(__file__).with_name(name)
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


clean = open_clip.tokenizer.get_clean_fn("lower")

if __name__ == "__main__":
    tokenize = open_clip.get_tokenizer("ViT-B-32")
    tokens = [tokenize.encode(caption) for caption in CAPTIONS]
    write("tokenizer.json", zip(CAPTIONS, tokens), ascii_only=False)
    rng = random.Random(0)
    texts = TEXTS + tokenizer_fuzz.SENTENCES + list(mojibake_of_every_byte()) + list(mojibake_for_each_suspicion(rng))
    texts += random_texts(rng, 220)
    texts = [text for text in dict.fromkeys(texts) if tokenizer_fuzz.is_known(text + clean(text))]
    write("cleaning.json", ([text, clean(text)] for text in texts), ascii_only=True)
