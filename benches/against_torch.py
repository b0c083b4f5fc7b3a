"""Training updates and image encoding, turn by turn with PyTorch and open_clip: prints times and their ratio.

    python -m venv peer && peer/bin/pip install open_clip_torch==3.3.0
    cargo build --release --bench clip
    peer/bin/python benches/against_torch.py target/release/deps/clip-* [--rows mini-update,…] [--rounds 9] [--threads 2]

Both sides have the same shapes, batch sizes and number of threads, random images, and captions of random length.
PyTorch's optimiser is its fused AdamW. A row's time is the median over the rounds; a round is one update, or one batch
encoded, on each side in turn. For bf16 PyTorch is timed in f32 and under bf16 autocast, and the faster one counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

MODELS = {
    "mini": dict(
        embed_dim=128,
        vision_cfg=dict(image_size=32, layers=4, width=128, head_width=32, patch_size=4),
        text_cfg=dict(context_length=32, vocab_size=2048, width=128, heads=4, layers=4),
    ),
    "ViT-B-32": dict(
        embed_dim=512,
        vision_cfg=dict(image_size=224, layers=12, width=768, head_width=64, patch_size=32),
        text_cfg=dict(context_length=77, vocab_size=49408, width=512, heads=8, layers=12),
    ),
}
ROWS = {
    "mini-update": ("mini", "update", 128),
    "mini-encode": ("mini", "encode", 256),
    "b32-update-8": ("ViT-B-32", "update", 8),
    "b32-update-32": ("ViT-B-32", "update", 32),
    "b32-encode": ("ViT-B-32", "encode", 32),
}


class Ours:
    def __init__(self, program, model, work, pairs, precision, threads):
        file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
        json.dump({"model_cfg": MODELS[model]}, file)
        file.close()
        env = dict(os.environ, RAYON_NUM_THREADS=str(threads))
        self.process = subprocess.Popen(
            [program, work, file.name, str(pairs), precision],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
        )

    def run(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def peak(self):
        """Largest resident set, in MB."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def serve_torch(model, work, pairs, precision, threads):
    """The other side of `Ours`, in a process of its own so that its memory is its own."""
    import torch
    import torch.nn.functional as F
    from open_clip.model import CLIP

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    config = MODELS[model]
    clip = CLIP(config["embed_dim"], config["vision_cfg"], config["text_cfg"])
    size, context = config["vision_cfg"]["image_size"], config["text_cfg"]["context_length"]
    end = config["text_cfg"]["vocab_size"] - 1
    images = torch.randn(pairs, 3, size, size)
    texts = torch.randint(1, end, (pairs, context))
    for row, length in zip(texts, torch.randint(4, context, (pairs,))):
        row[length] = end
        row[length + 1 :] = 0
    named = list(clip.named_parameters())
    plain = [p for n, p in named if p.ndim < 2]
    decayed = [p for n, p in named if p.ndim >= 2]
    optimizer = torch.optim.AdamW(
        [dict(params=plain, weight_decay=0.0), dict(params=decayed, weight_decay=0.2)],
        lr=1e-4, betas=(0.9, 0.98), eps=1e-6, fused=True,
    )
    labels = torch.arange(pairs)
    autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16")

    def update():
        with autocast:
            image = F.normalize(clip.encode_image(images), dim=-1)
            text = F.normalize(clip.encode_text(texts), dim=-1)
            logits = clip.logit_scale.exp() * image @ text.T
            loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            clip.logit_scale.clamp_(0, 4.6052)
        return loss.item()

    def encode():
        with torch.inference_mode(), autocast:
            return F.normalize(clip.encode_image(images), dim=-1)

    if work == "encode":
        clip.eval()
    run = {"update": update, "encode": encode}[work]
    for _ in sys.stdin:
        began = time.perf_counter()
        run()
        print(time.perf_counter() - began, flush=True)


class Torch(Ours):
    def __init__(self, model, work, pairs, precision, threads):
        env = dict(os.environ, OMP_NUM_THREADS=str(threads))
        words = ["--serve", model, work, str(pairs), precision, "--threads", str(threads)]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--serve", nargs=4)
    args = parser.parse_args()
    if args.serve:
        model, work, pairs, precision = args.serve
        return serve_torch(model, work, int(pairs), precision, args.threads)
    print(f"{'work':16} {'precision':9} {'ticclip':>10} {'PyTorch f32':>12} {'bf16':>10} {'ratio':>6}   peak memory")
    for row in args.rows.split(","):
        model, work, pairs = ROWS[row]
        for precision in args.precisions.split(","):
            sides = [Ours(args.program, model, work, pairs, precision, args.threads)]
            peers = ["f32", "bf16"] if precision == "bf16" else ["f32"]
            sides += [Torch(model, work, pairs, peer, args.threads) for peer in peers]
            for side in sides:
                side.run(), side.run()
            times = [[] for _ in sides]
            for _ in range(args.rounds):
                for side, taken in zip(sides, times):
                    taken.append(side.run())
            medians = [statistics.median(taken) * 1000 for taken in times]
            peaks = " : ".join(f"{side.peak():.0f} MB" for side in sides)
            for side in sides:
                side.close()
            bf16 = f"{medians[2]:7.1f} ms" if len(medians) > 2 else ""
            ratio = medians[0] / min(medians[1:])
            print(
                f"{row:16} {precision:9} {medians[0]:7.1f} ms {medians[1]:9.1f} ms {bf16:>10} {ratio:6.2f}   {peaks}",
                flush=True,
            )


main()
