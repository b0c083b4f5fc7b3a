"""Writes captions.json: captions of YFCC as the released preparation of TiC-YFCC makes them.

    pip install ftfy==6.3.1
    python tests/golden/captions.py

Title, description and tags are joined by ". ", read as the text of a url, repaired, freed from tags and cut, in this
order. A title is given as texts and how often each is repeated, so that long ones are short in the file.
"""

import json
import pathlib
import random
import re
import urllib.parse

import ftfy

TITLES = [
    # Escapes of urls, good and broken.
    "", "a+cat", "a%20cat", "caf%C3%A9", "caf%c3%a9", "100%25", "100%", "100%+sure", "%", "%%", "%%%41", "%2", "%zz",
    "%4", "%C3", "%C3%", "%C3%zz", "%C3é", "é%A9", "%C3é%A9", "%FF%FE", "%E2%82", "%E2%82%AC", "%F0%9F%98%80",
    "%F0%9F%98", "%F0%9F%98x", "%ED%A0%BD%ED%B8%80", "%ED%A0%BD", "%C0%80", "%F5%80%80%80", "%00", "a%00b", "%0A",
    "line%0Abreak", "line%0D%0Abreak", "line%0Dbreak", "tab%09tab", "%2B%2b+", "%252B", "%2525", "%25%32%35", "%u00e9",
    "%E9t%E9", "%A9+%AE", "+++", "+a+", "%20a%20", "%C2%A0a%C2%A0", "%E3%80%80x", "%EF%BB%BFx", "%E2%80%A8x%E2%80%A9y",
    # Tags.
    "<b>bold</b>", "<b>", "</b>", "<>", "< >", "<<b>>", "<b<i>x</i>", "a < b", "a > b", "a < b > c", "1 <2 and 3> 2",
    "<a href=\"http://x.example/?a=b>c\">x</a>", "<a\nhref=x>y</a>", "<a%0Ahref=x>y</a>", "<", ">", "<<<<", ">>>>",
    "<script>alert(1)</script>cat", "<!-- comment -->cat", "<!-- a > b -->cat", "<img src=x onerror=alert(1)>",
    "%3Cb%3Ebold%3C/b%3E", "%253Cb%253E", "<b>unclosed", "<b unclosed", "x<br/>y<br>z", "<3 cats <3", "I <3 cats>dogs",
    "<b></b><i></i>", "<b> </b>", "\u2039b\u203a", "＜b＞full width＜/b＞", "<é>x</é>", "<😀>x",
    # Escapes of HTML.
    "&lt;b&gt;bold&lt;/b&gt;", "&lt;b&gt; <i>x</i>", "&amp;lt;b&amp;gt;", "&amp;", "&amp", "R&amp;B", "&#60;b&#62;x",
    "&#x3c;b&#x3e;x", "&eacute;t&EACUTE;", "&nbsp;x&nbsp;", "&quot;cat&quot;", "&hearts; &copy; &reg;", "&notit;", "&#0;",
    "&#10;x", "a&#10;<b>x</b>", "<b>x</b>%0A&lt;i&gt;y&lt;/i&gt;", "&lt;i&gt;y&lt;/i&gt;%0A<b>x</b>",
    "%26lt%3Bb%26gt%3B", "&%23233;", "&lt;b", "b&gt;", "&lt;%0A&gt;",
    # Mojibake and other mishaps.
    "cafÃ©", "caf%C3%83%C2%A9", "cafÃƒÂ©", "â€œquotedâ€\x9d", "itâ€™s", "it%E2%80%99s", "“curly” ‘quotes’",
    "ï»¿x", "РєРѕС€РєР°", "ﬁne ﬂat oﬃce", "ＡＢＣ１２３", "e\u0301t\u00e9", "\u212b", "x\u0085y", "x\u0092s", "\u200bx",
    "\x1b[1mbold\x1b[0m", "\x07bell", "nul\x00nul", "\ufeffx", "\ufffd", "�%EF%BF%BD", "a\u2028b", "a\rb", "a\r\nb",
    # Scripts and pictures.
    "日本語+の+写真", "%E6%97%A5%E6%9C%AC", "фотография+кошки", "صورة+قطة", "%D8%B5%D9%88%D8%B1%D8%A9", "נוף+יפה",
    "\u202ertl\u202c", "\u200fx\u200e", "नमस्ते", "한국어+사진", "👩🏽‍🚀+🇨🇭", "%F0%9F%91%A9%F0%9F%8F%BD", "😀😀😀", "\U0001f600%20x",
    # What looks like something else.
    "nan", "NA", "None", "null", "0", "-1", "http://example.com/a?b=c&d=e", "C:\\path", "a,b;c", "\"quoted\"", "'x'",
    ".", "..", ". .", "a.", "...a", "a. b. c",
]

LONG = [
    [["a", 600]], [["é", 600]], [["😀", 600]], [["%C3%A9", 600]], [["a ", 300]], [[" ", 600], ["x", 1]], [["+", 499], ["xy", 1]],
    [["<b>", 1_000], ["x", 600]], [["<", 5_000]], [["<b>", 300_000], ["cat", 1]], [["a", 1_000_000]],
    [["&amp;", 1_000]], [["Ã©", 2_000]], [["%", 100_000]], [["%41", 300_000]], [["x\n", 10_000]], [["<\n", 10_000], [">", 1]],
    [["word ", 99], ["<i>last</i> more", 1]], [["a", 498], ["e\u0301x", 1]], [["日", 499], ["%0A%0Ax", 1]],
]

OTHERS = [
    ("", ""), ("a dog", "dog,cat"), ("", "tag,tag2"), ("x", ""), ("<i>i</i>", "a+b,c%20d"), ("&lt;u&gt;", "t"),
    ("<unclosed", "a>b"), ("line%0Aline", "ta%C3%B1"),
]

PIECES = [
    "%", "%4", "%41", "%C3", "%A9", "%C3%A9", "%E2%82%AC", "%3C", "%3E", "%26", "%0A", "%00", "+", " ", "<", ">", "<b>",
    "</b>", "&lt;", "&gt;", "&amp;", "&eacute;", "&", ";", "é", "Ã©", "â€™", "’", "日本", "кот", "😀", "cat", "Dog", ".",
    "\n", "\r", "\t", "%25", "\u200b", "ﬁ", "Ａ",
]


def caption(title, description, usertags):
    joined = f"{title}. {description}. {usertags}"
    return re.sub("<.*?>", "", ftfy.fix_text(urllib.parse.unquote_plus(joined)))[:500]


def random_titles(rng, count):
    for _ in range(count):
        yield "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 14)))


def rows():
    rng = random.Random(0)
    titles = [[[title, 1]] for title in [*TITLES, *random_titles(rng, 250)]] + LONG
    for at, title in enumerate(titles):
        whole = "".join(text * times for text, times in title)
        description, usertags = OTHERS[0] if at % 3 == 0 else rng.choice(OTHERS)
        yield {
            "title": title,
            "description": description,
            "usertags": usertags,
            "caption": caption(whole, description, usertags),
        }


if __name__ == "__main__":
    assert ftfy.__version__ == "6.3.1", ftfy.__version__
    lines = ",\n".join(json.dumps(row) for row in rows())
    pathlib.Path(__file__).with_name("captions.json").write_text(f"[\n{lines}\n]\n")
