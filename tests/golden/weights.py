"""Small files of weights as PyTorch and open_clip leave them, beside this script in `weights/`.

    python weights.py        (open_clip_torch 3.3.0, torch 2.15.0)

Every file but the last holds the model of `open_clip_config.json` filled by the formula of clip.py. `commands.pt` is a
checkpoint that would run a command if it were unpickled.
"""

import json
import os
import pathlib

import open_clip.model
import torch

import clip

CONFIG = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 8, "patch_size": 4, "width": 8, "layers": 1, "head_width": 4},
    "text_cfg": {"context_length": 6, "vocab_size": 40, "width": 8, "heads": 2, "layers": 1},
}
HERE = pathlib.Path(__file__).parent / "weights"


class Command:
    def __reduce__(self):
        return os.system, ("touch commands-were-run",)


def main():
    HERE.mkdir(exist_ok=True)
    model = open_clip.model.CLIP(**CONFIG)
    clip.fill(model)
    weights = model.state_dict()
    torch.save(weights, HERE / "state_dict.pt")
    torch.save(weights, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    optimizer = torch.optim.AdamW(model.parameters())
    optimizer.step()
    parallel = {f"module.{name}": value.bfloat16() for name, value in weights.items()}
    checkpoint = {"epoch": 3, "name": "run", "state_dict": parallel, "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, HERE / "epoch_3.pt")
    torch.save({name: value.half() for name, value in weights.items()}, HERE / "half.pt")
    del weights["visual.proj"]
    weights["visual.head"] = torch.zeros(2)
    weights["ln_final.bias"] = torch.zeros(3)
    torch.save(weights, HERE / "wrong.pt")
    torch.save(Command(), HERE / "commands.pt")
    text = json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}, indent=2)
    (HERE / "open_clip_config.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
