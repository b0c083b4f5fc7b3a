"""Compares a program's tokens with open_clip's on random and mutated texts.

    pip install open_clip_torch
    cargo build --release --bench tokens
    python tests/golden/tokenizer_fuzz.py --count 200000 target/release/deps/tokens-…
    python tests/golden/tokenizer_fuzz.py --count 200000 --compare text target/release/deps/tokens-… text

PROGRAM reads one JSON string a line and answers each with one JSON line: the caption's tokens without start, end and
padding, or, under --compare text, the cleaned text. Texts with characters that this Python does not know (it lags
behind Unicode) are left out. Ends with status 1 when anything differs.
"""

import argparse
import html
import html.entities
import json
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

import ftfy.badness
import ftfy.chardata
import open_clip.tokenizer

SENTENCES = [
    "a photo of a cat on the sofa, taken in 2016",
    "All human beings are born free and equal in dignity and rights.",
    "Tous les êtres humains naissent libres et égaux en dignité et en droits",
    "Ça va où? Là-bas, près de l’hôtel « Élysée » — 25 € l’entrée…",
    "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Straße, „Grüße“, ÄÖÜ",
    "Todos los seres humanos nacen libres e iguales en dignidad. ¿Qué? ¡Sí, señor! años",
    "Todos os seres humanos nascem livres; às vezes àquela hora, coração, São João",
    "Tutti gli esseri umani nascono liberi ed eguali, perché così è più bello: à la carte",
    "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności: zażółć gęślą jaźń",
    "Všichni lidé rodí se svobodní a sobě rovní: příliš žluťoučký kůň úpěl ďábelské ódy",
    "Minden emberi lény szabadon születik: árvíztűrő tükörfúrógép ŐŰ",
    "Toate ființele umane se nasc libere: ăâîșț ĂÂÎȘȚ",
    "Bütün insanlar hür, haysiyet bakımından eşit doğarlar: İstanbul, ışık, ĞÜŞ",
    "Visi cilvēki piedzimst brīvi: āčēģīķļņšūž ĀČĒĢĪĶĻŅŠŪŽ",
    "Visi žmonės gimsta laisvi: ąčęėįšųūž",
    "Alla människor är födda fria: Åland, smörgåsbord, blåbær, Ærø, œuvre",
    "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι: ΟΔΥΣΣΕΥΣ, Σίσυφος, ΑΣ ΣΑΣ",
    "Все люди рождаются свободными и равными в своём достоинстве и правах: кошка № 5",
    "Всі люди народжуються вільними: їжак, ґанок, Київ",
    "Сва људска бића рађају се слободна: ђак, џеп, љубав",
    "כל בני אדם נולדו בני חורין ושווים בערכם ובזכויותיהם",
    "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق: صورة قطة ٢٠١٦",
    "تمام انسان‌ها آزاد به دنیا می‌آیند",
    "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है",
    "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা নিয়ে জন্মগ্রহণ করে",
    "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்",
    "ทุกคนเกิดมาอิสระ แมวบนโซฟา",
    "Tất cả mọi người sinh ra đều được tự do: ảnh con mèo, Việt Nam, Đà Nẵng",
    "すべての人間は、生まれながらにして自由であり。カタカナ ｶﾞｷﾞﾊﾟ ＡＢＣ１２３　「猫」",
    "人人生而自由,在尊严和权利上一律平等。一张猫的照片，二〇一六年",
    "모든 인간은 태어날 때부터 자유로우며 고양이 사진 ﾡﾢ ￦",
    "ყველა ადამიანი იბადება თავისუფალი Ⴀ Ა",
    "Բոլոր մարդիկ ծնվում են ազատ և հավասար",
    "ሁሉም ሰው ነጻና እኩል ሆኖ ተወልዷል",
    "😀😃 grinning 👩🏽‍🚀 astronaut 🇨🇭 flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿 Wales ❤️ ☺ ✔ ™ © ®",
    "I'll can't they've you're he'd I'm it's ROCK'N'ROLL 'S 'ſ 'T",
    "“curly” ‘quotes’ ‚low‘ „low“ ʼn ‛rev‟ «fr» ‹s› ´acute` ′prime″",
    "ﬁne oﬃce ﬂuﬀ ŉ Ĳsland ǆ Ǆ ǅ ﬅ ﬆ ½ ² Ⅷ ① ㎏ ｶ ﾞ ￣ ﬓ",
    "e\u0301 a\u0308 \u1100\u1161\u11a8 A\u030a \u0345 \u03b1\u0345 q\u0307\u0323 \u0958 \u2126 \u212b K",
    "http://example.com/a?b=c&d=e&copy=1&amp;x&lt;3#f",
    "AT&T &amp;amp; Q&A &eacute;t&eacute; &EACUTE; &SZLIG; &notit; &hellip &#8217;s &#x2019; &#0; &#146; 5 &lt; 6",
    "<b>bold</b> &lt;i&gt; 1 < 2 &amp; 3 > 2",
    "\x1b[36;44mblue\x1b[0m \x07bell\x00 \x1c\x1d\x1e\x1f \x85 \x0b\x0c\r\n tab\tend\u2028line\u2029par",
    "Broken text&hellip; it&#x2019;s ﬂubberiﬁc! (ã\x83\x84) âœ” voilÃ le travail Ã la mode â€œ like this â€�",
    "ÒÓÔ ¯\\_(ツ)_/¯ °˖✧◝(⁰▿⁰)◜✧˖° ლ(ಠ益ಠლ)",
    "<start_of_text> <END_OF_TEXT>!<end_of_text> <ſtart_of_text><start_of_text> start_of_text <|endoftext|>",
    "x^2 + y^2 = z^2 ≠ ∞ ∑ √2 ≈ 1,41 ± 0.01 £5 ¥6 ¢7 §8 ¶9 10° ±1 µm",
    "│┌┐└┘├┤┬┴┼─═║ ▀▄█▌▐░▒▓ · •",
    "####!!!! ---- ____ ... ?! aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]

CODECS = """latin-1 sloppy-windows-1252 sloppy-windows-1251 sloppy-windows-1250 sloppy-windows-1253
    sloppy-windows-1254 sloppy-windows-1257 iso-8859-2 macroman cp437 latin-1 sloppy-windows-1252 windows-1252
    sloppy-windows-1255 sloppy-windows-1256 sloppy-windows-1258 cp850 koi8-r gbk shift-jis""".split()

WITHOUT_CLEANING = open_clip.tokenizer.SimpleTokenizer()
WITHOUT_CLEANING.clean_fn = str

NAMES = sorted(html.entities.html5)


def members(classes):
    """The characters in the inside of a regular expression's brackets."""
    pattern = re.compile("[" + classes + "]")
    return [chr(code) for code in range(0x10000) if pattern.match(chr(code))]


SUSPICIOUS = members("".join(ftfy.badness.MOJIBAKE_CATEGORIES.values()))
CLUES = members("".join(ftfy.chardata.UTF8_CLUES.values()))
ODD = "\x00\x07\x09\x0a\x0b\x0c\x0d\x1a\x1b\x1c\x1f\x7f\x80\x85"
ODD += "\x8d\x91\x9d\x9f\xa0\xad\u0130\u0131\u017f\u0345\u03a3\u03c2\u1e9e"
ODD += "\u200b\u200d\u2019\u2028\u2029\u202e\u206a\u206f\u212a"
ODD += "\u3000\ufeff\ufff9\ufffc\ufffd\uffff\uff02\uff07\uff3b\uffe3&<#;'? "


def sentence(rng):
    text = rng.choice(SENTENCES)
    if rng.random() < 0.5:
        start = rng.randrange(len(text))
        text = text[start : start + rng.randrange(1, 40)]
    return text


def any_characters(rng):
    kinds = [
        lambda: chr(rng.randrange(0x20, 0x7F)),
        lambda: chr(rng.randrange(0x80, 0x250)),
        lambda: chr(rng.randrange(0x250, 0x3000)),
        lambda: chr(rng.randrange(0x110000)),
        lambda: chr(rng.randrange(0xF900, 0x10000)),
        lambda: chr(rng.randrange(0x1D100, 0x1FC00)),
        lambda: rng.choice(SUSPICIOUS),
        lambda: rng.choice(CLUES),
        lambda: rng.choice(ODD),
    ]
    kinds = rng.sample(kinds, rng.randrange(1, 4))
    return "".join(rng.choice(kinds)() for _ in range(rng.randrange(1, 30)))


def mojibake(rng, text):
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3])):
        data = text.encode("utf-8", "surrogatepass" if rng.random() < 0.5 else "replace")
        if rng.random() < 0.1:
            data = cesu(text)
        text = data.decode(rng.choice(CODECS), rng.choice(["ignore", "replace", "replace"]))
    return text


def cesu(text):
    """The text's UTF-16 halves, each as UTF-8, and a null of two bytes, as Java writes them."""
    units = text.encode("utf-16-le", "surrogatepass")
    halves = [chr(units[at] | units[at + 1] << 8) for at in range(0, len(units), 2)]
    return b"".join(b"\xc0\x80" if half == "\0" else half.encode("utf-8", "surrogatepass") for half in halves)


def lossy(rng, text):
    return "".join(rng.choice("\ufffd? ?\x1a") if rng.random() < 0.05 else letter for letter in text)


def spaces_for_hard_ones(rng, text):
    return text.replace("\xa0", " ").replace("†", " ")


def cut_and_join(rng, text):
    letters = list(text)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(letters) + 1)
        action = rng.randrange(4)
        if action == 0:
            del letters[at : at + rng.randrange(1, 4)]
        elif action == 1:
            letters[at:at] = any_characters(rng)[:4]
        elif action == 2:
            letters[at:at] = rng.choice(ODD)
        else:
            letters[at:at] = letters[rng.randrange(len(letters) + 1) :][:5]
    return "".join(letters)


def with_entities(rng, text):
    return "".join(entity(rng, letter) if rng.random() < 0.15 else letter for letter in text)


def entity(rng, letter):
    name = rng.choice(NAMES)
    numbers = [ord(letter), rng.randrange(0x180), rng.randrange(0x120000), rng.choice([0xD800, 0xFDD0, 0xFFFF])]
    number = rng.choice(numbers)
    return rng.choice(
        [
            f"&#{number};",
            f"&#{number}",
            f"&#x{number:x};",
            f"&#X{number:X}",
            f"&#{number}{letter};",
            f"&{name}",
            f"&{name};",
            f"&{name.upper()}",
            f"&{name.rstrip(';')}{letter}",
            f"&{name[: rng.randrange(len(name)) + 1]}",
            f"&amp;{name}",
            f"&amp;#{number};",
            "&amp;" + "amp;" * rng.randrange(6) + letter,
            html.escape(letter),
            "&",
            "&#",
            "&#x;",
            f"&{letter * rng.randrange(40)};",
        ]
    )


def other_case(rng, text):
    return rng.choice([str.upper, str.title, str.swapcase])(text)


def decomposed(rng, text):
    return unicodedata.normalize(rng.choice(["NFD", "NFKD", "NFC", "NFKC"]), text)


def coloured(rng, text):
    at = rng.randrange(len(text) + 1)
    code = rng.choice(["\x1b[0m", "\x1b[1;31m", "\x1b[", "\x1b[٣m", "\x1b[12", "\x1b［3m", "\x1b[\x00m", "\r\x1b[0m\n"])
    return text[:at] + code + text[at:]


def in_lines(rng, text):
    return text + rng.choice(["\n", "\r\n", "\r", "\x85", " \n ", "<\n", "\u2028"]) + sentence(rng)


def ended(rng, text):
    return text + rng.choice(["À", "í", "í\xa0½í¸", "À\x80", "í\xa0½í¸\x80", "é"]) + rng.choice(["", "\n", "\n\n"])


MUTATIONS = [mojibake, mojibake, mojibake, mojibake, lossy, spaces_for_hard_ones, cut_and_join, cut_and_join]
MUTATIONS += [with_entities, with_entities, other_case, decomposed, coloured, in_lines, ended]


def random_text(rng):
    text = rng.choice([sentence, sentence, sentence, any_characters])(rng)
    for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4])):
        text = rng.choice(MUTATIONS)(rng, text)
        if rng.random() < 0.15:
            text += rng.choice(["", " "]) + rng.choice([sentence, any_characters])(rng)
    return text[:600]


def is_known(text):
    """Whether this Python knows every character, before and after html's escapes are resolved."""
    categories = {unicodedata.category(letter) for letter in text + html.unescape(html.unescape(text))}
    return "Cn" not in categories and "Cs" not in categories


def answers(program, texts):
    """What the program writes for the texts; they pass through files, so that no pipe fills up."""
    with tempfile.TemporaryFile("w+") as questions, tempfile.TemporaryFile("w+") as replies:
        questions.writelines(json.dumps(text) + "\n" for text in texts)
        questions.flush()
        questions.seek(0)
        subprocess.run(program, stdin=questions, stdout=replies, check=True)
        replies.seek(0)
        return [json.loads(line) for line in replies]


def expected(text, compare):
    """open_clip's answer, or None for text with characters that come out unknown to this Python."""
    cleaned = open_clip.tokenizer.get_clean_fn("lower")(text)
    if not is_known(cleaned):
        return None
    return cleaned if compare == "text" else WITHOUT_CLEANING.encode(cleaned)


def shown(answer):
    return ascii(answer) if isinstance(answer, str) else answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compare", choices=["tokens", "text"], default="tokens")
    parser.add_argument("--show", type=int, default=20, help="how many differences to print")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    compared = differing = 0
    while compared < options.count:
        texts = [text for text in (random_text(rng) for _ in range(20_000)) if is_known(text)]
        texts = texts[: options.count - compared]
        replies = answers(options.program, texts)
        if len(replies) != len(texts):
            sys.exit(f"{len(replies)} answers to {len(texts)} texts")
        for text, reply in zip(texts, replies):
            wanted = expected(text, options.compare)
            if wanted is not None and wanted != reply:
                differing += 1
                if differing <= options.show:
                    print(f"text    {ascii(text)}\n  wanted {shown(wanted)}\n  got    {shown(reply)}", flush=True)
        compared += len(texts)
    print(f"{compared} texts compared, {differing} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
