"""Writes src/tokenizer/repair/entities.txt: HTML's named characters as Python's html.unescape knows them.

    python tests/golden/entities.py

A line is a name and the code points it stands for, in hexadecimal; lines are in the order of their bytes.
"""

import html.entities
import pathlib

if __name__ == "__main__":
    root = pathlib.Path(__file__).parents[2]
    lines = [
        " ".join([name, *(f"{ord(letter):x}" for letter in letters)]) + "\n"
        for name, letters in sorted(html.entities.html5.items())
    ]
    (root / "src/tokenizer/repair/entities.txt").write_text("".join(lines), encoding="ascii")
