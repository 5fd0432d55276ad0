"""Trains a multilayer perceptron with PyTorch on the CPU and prints the end of each epoch.

With a penalty each hidden unit has a filter, whose sum enters the loss, and units whose filter is not
positive after an epoch are masked: the way to shrink a network where its arrays keep their size.

The fastest loop that a competent user writes: data in memory as one tensor, no loader, indexing by a
permutation, gradients set to None, the fused Adam where the release has it.

    python training-peer.py FOLDER WIDTH BATCH EPOCHS THREADS [PENALTY]

FOLDER holds the four files of MNIST. Each line printed is `epoch SECONDS TEST_ACCURACY UNITS`.
"""
import gzip
import inspect
import os
import struct
import sys
import time

import numpy as np
import torch


def idx(folder, name):
    path = os.path.join(folder, name)
    with (gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb")) as file:
        data = file.read()
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def part(folder, name):
    images = idx(folder, f"{name}-images-idx3-ubyte").reshape(-1, 784)
    inputs = (torch.from_numpy(images.astype(np.float32) / 255) - 0.1307) / 0.3081
    labels = torch.from_numpy(idx(folder, f"{name}-labels-idx1-ubyte").astype(np.int64))
    return inputs, labels


class Filter(torch.nn.Module):
    """Multiplies each unit by its filter, or by 0 where that was masked."""

    def __init__(self, width):
        super().__init__()
        self.filter = torch.nn.Parameter(torch.ones(width))
        self.register_buffer("mask", torch.ones(width))

    def forward(self, x):
        return x * (self.filter * self.mask)

    def penalty(self):
        return (self.filter * self.mask).abs().sum()

    @torch.no_grad()
    def prune(self):
        self.mask *= self.filter > 0


def main():
    folder, (width, batch, epochs, threads) = sys.argv[1], map(int, sys.argv[2:6])
    strength = float(sys.argv[6]) if len(sys.argv) > 6 else 0
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    x, y = part(folder, "train")
    tx, ty = part(folder, "t10k")
    gates = [Filter(width)] if strength else []
    model = torch.nn.Sequential(
        torch.nn.Linear(784, width), torch.nn.ReLU(), *gates, torch.nn.Linear(width, 10))
    fused = "fused" in inspect.signature(torch.optim.Adam).parameters and \
        not torch.__version__.startswith("1.")
    optimizer = torch.optim.Adam(
        model.parameters(), lr=0.001, **({"fused": True} if fused else {"foreach": False}))
    loss = torch.nn.CrossEntropyLoss()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads", file=sys.stderr)
    start = time.perf_counter()
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch):
            part_of = order[i:i + batch]
            optimizer.zero_grad(set_to_none=True)
            value = loss(model(x[part_of]), y[part_of])
            if gates:
                value = value + strength * gates[0].penalty()
            value.backward()
            optimizer.step()
        for gate in gates:
            gate.prune()
        with torch.no_grad():
            correct = sum(
                int((model(tx[i:i + 512]).argmax(1) == ty[i:i + 512]).sum())
                for i in range(0, len(tx), 512))
        now = time.perf_counter()
        units = int(gates[0].mask.sum()) if gates else width
        print(f"epoch {now - start:.4f} {correct / len(tx):.4f} {units}", flush=True)
        start = now


main()
