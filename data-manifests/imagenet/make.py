"""Writes synsets.tsv: the 1000 ImageNet classes and every WordNet 3.0 synset above them.

    apt-get install wordnet-base
    python data-manifests/imagenet/make.py /usr/share/wordnet/data.noun

`classes.txt`, one wnid a line in the order of class ids, is ILSVRC 2012's order; it was copied from
`timm/data/_info/imagenet_synsets.txt` in the Python package timm 1.0.31. A wnid is "n" and the place of the synset's
line in data.noun of WordNet 3.0. Other versions have other places, so they are refused.

A row of synsets.tsv is a synset: class id (empty above the classes), wnid, lemmas and hypernyms (those of instances
too), both separated by spaces. Classes come first, in order; what is above them follows by wnid. Glosses are left out.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
HEADER = "class\twnid\tlemmas\thypernyms"


def synsets(path):
    """Lemmas and hypernyms by wnid."""
    lines = path.read_text(encoding="utf-8").split("\n")
    licence = [line for line in lines if line.startswith("  ")]
    versions = re.findall(r"WordNet (\S+) Copyright", "\n".join(licence))
    if versions != ["3.0"]:
        found = f"WordNet {versions[0]}" if versions else "no WordNet that says its version"
        sys.exit(f"{path}: this is {found}; ImageNet's ids are places in the data.noun of WordNet 3.0")
    found = {}
    for line in lines[len(licence):]:
        if not line:
            continue
        fields = line.split(" | ")[0].split()
        lemmas_end = 4 + 2 * int(fields[3], 16)
        lemmas = fields[4:lemmas_end:2]
        pointers = fields[lemmas_end + 1:]
        kinds, targets = pointers[0::4], pointers[1::4]
        hypernyms = [f"n{target}" for kind, target in zip(kinds, targets) if kind in ("@", "@i")]
        found["n" + fields[0]] = (lemmas, hypernyms)
    return found


def above(classes, noun):
    """The wnids above the classes, sorted."""
    found, queue = set(), list(classes)
    while queue:
        for hypernym in noun[queue.pop()][1]:
            if hypernym not in found:
                found.add(hypernym)
                queue.append(hypernym)
    return sorted(found - set(classes))


def main():
    if len(sys.argv) != 2:
        sys.exit("call: make.py DATA_NOUN")
    noun = synsets(pathlib.Path(sys.argv[1]))
    classes = (HERE / "classes.txt").read_text().split()
    ids = {wnid: str(at) for at, wnid in enumerate(classes)}
    rows = [HEADER]
    for wnid in classes + above(classes, noun):
        lemmas, hypernyms = noun[wnid]
        rows.append("\t".join([ids.get(wnid, ""), wnid, " ".join(lemmas), " ".join(hypernyms)]))
    (HERE / "synsets.tsv").write_text("\n".join(rows) + "\n")


main()
