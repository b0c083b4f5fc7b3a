"""Writes open_clip's results with tokenizers of one's own: tokenizer_files.json, and tokenizer_files/, the tokenizers.

    pip install open_clip_torch transformers tokenizers==0.22.2
    python tests/golden/tokenizer_files.py

bytes.json and words/tokenizer.json are Hugging Face tokenizers of the texts below: one of merged bytes, with special
tokens around a caption and padding named in the file, and one of words, in lower case, cut and padded on the left, which
is said beside it. merges.txt.gz is a small merge table, with a line break at its end. Cases are file, context, the number
of tokens, and captions with their tokens. Then come padding and sides said in several places.
"""

import gzip
import json
import pathlib
import tempfile

from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "a photo of a cat", "a photo of a dog in the garden", "The garden of a small house, seen from the shore.",
    "Two dogs & a cat", "Zürich in 2019", "naïve café in São Paulo", "日本語の写真", "don't stop, it's a dog's life",
    "a sailing boat, seen from the shore", "a red tulip in the garden", "a photo of the sea", "waving hand: 👋",
]
CAPTIONS = [
    "a photo of a cat",
    "A Photo of THE Garden",
    "",
    "  two   dogs\t&amp;\n a cat  ",
    "&lt;b&gt;bold&lt;/b&gt; &amp;amp;eacute; &eacute;t&eacute;",
    "naïve café in São Paulo, Zürich 2019",
    "cafÃ© â€œquotesâ€\x9d don’t",
    "日本語の写真 фотография",
    "👋🏽 waving 👩🏽‍🚀 😀",
    "</s> a <pad> photo <s>",
    "supercalifragilisticexpialidocious",
    "a red tulip in the garden of a small house, seen from the shore, and two dogs that wave at a sailing boat " * 3,
    "x",
]
SPECIAL = ["<pad>", "<s>", "</s>"]
FOLDER = pathlib.Path(__file__).with_name("tokenizer_files")


def bytes_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=SPECIAL, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    surround(tokenizer)
    tokenizer.enable_padding(pad_id=0, pad_token="<pad>")
    return tokenizer


def words_tokenizer():
    letters = sorted(set("".join(CORPUS).lower()) - {" "})
    words = sorted({word.strip(",.:") for text in CORPUS for word in text.lower().split()} - set(letters))
    texts = ["[UNK]", *SPECIAL, *letters, *(f"##{letter}" for letter in letters), "##ing", "##s", *words]
    vocabulary = {text: at for at, text in enumerate(dict.fromkeys(texts))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[UNK]", *SPECIAL])
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    surround(tokenizer)
    return tokenizer


def surround(tokenizer):
    ends = [(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)


def merge_table():
    """Merges of words, as CLIP's are; the first merge that ends a word makes "a cat" differ from "acat"."""
    merges = ["p h", "ph o", "pho t", "phot o</w>", "c a", "ca t</w>", "d o", "do g", "dog s</w>", "do g</w>", "t h",
              "th e</w>", "g a", "ga r", "Ã ©</w>", "Ã ©", "o f</w>", "i n</w>", "ga t", "c a"]
    return "a table of our own\n" + "\n".join(merges) + "\n"


def case(name, tokenize, context, size):
    rows = tokenize(CAPTIONS, context_length=context).tolist()
    return [name, context, size, list(zip(CAPTIONS, rows))]


def beside(tokenizer, config, special_map, padding, truncation):
    """Tokens of short and long captions when padding and sides are said in several places."""
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.no_padding()
    if padding:
        tokenizer.enable_padding(**padding)
    if truncation:
        tokenizer.enable_truncation(**truncation)
    with tempfile.TemporaryDirectory() as folder:
        files = {"tokenizer.json": tokenizer.to_str(), "open_clip_config.json": "{}"}
        files |= {"tokenizer_config.json": json.dumps(config)} if config is not None else {}
        files |= {"special_tokens_map.json": json.dumps(special_map)} if special_map is not None else {}
        for name, text in files.items():
            pathlib.Path(folder, name).write_text(text)
        captions = ["a cat", "a photo of a dog in the garden"]
        rows = HFTokenizer(folder)(captions, context_length=8).tolist()
    said = json.loads(tokenizer.to_str())
    said = {"config": config, "special_map": special_map} | {name: said[name] for name in ("padding", "truncation")}
    return said | {"captions": captions, "tokens": rows}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "words").mkdir(exist_ok=True)
    bytes_tokenizer().save(str(FOLDER / "bytes.json"), pretty=False)
    words_tokenizer().save(str(FOLDER / "words" / "tokenizer.json"), pretty=False)
    pad = {"__type": "AddedToken", "content": "<pad>", "normalized": False}
    pad |= {"lstrip": False, "rstrip": False, "single_word": False}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": pad}
    config |= {"padding_side": "left", "truncation_side": "left", "model_max_length": 5}
    (FOLDER / "words" / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
    (FOLDER / "merges.txt.gz").write_bytes(gzip.compress(merge_table().encode(), mtime=0))

    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "tokenizer.json").write_bytes((FOLDER / "bytes.json").read_bytes())
        pathlib.Path(folder, "open_clip_config.json").write_text("{}")
        of_bytes = HFTokenizer(folder)
    of_words = HFTokenizer(str(FOLDER / "words"))
    table = SimpleTokenizer(str(FOLDER / "merges.txt.gz"))
    cases = [
        case("bytes.json", of_bytes, 24, len(of_bytes.tokenizer)),
        case("bytes.json", of_bytes, 2, len(of_bytes.tokenizer)),
        case("words/tokenizer.json", of_words, 16, len(of_words.tokenizer)),
        case("merges.txt.gz", table, 32, table.eot_token_id + 1),
    ]
    pad, other = {"pad_id": 0, "pad_token": "<pad>"}, {"pad_token": "</s>"}
    left, right = [{"padding_side": side, "truncation_side": side} for side in ("left", "right")]
    class_ = {"tokenizer_class": "PreTrainedTokenizerFast"}
    small = bytes_tokenizer()
    said = [
        (None, None, pad, None),
        (class_ | other, None, pad, None),
        (class_, other, pad, None),
        (class_ | {"pad_token": "<pad>"}, other, None, None),
        (None, other, None, None),
        (class_, None, pad | {"direction": "left"}, {"max_length": 5, "direction": "left", "stride": 2}),
        (class_ | right, None, pad | {"direction": "left"}, {"max_length": 5, "direction": "left"}),
        (class_ | left | other, None, None, None),
        (class_, None, {"pad_id": 7, "pad_token": "</s>", "pad_to_multiple_of": 5, "length": 3}, {"max_length": 3}),
    ]
    places = [beside(small, *places) for places in said]
    text = json.dumps({"cases": cases, "places": places}, ensure_ascii=True)
    pathlib.Path(__file__).with_name("tokenizer_files.json").write_text(text.replace("], [\"", "],\n[\"") + "\n")
