#!/usr/bin/env python3
"""Networks whose recorded layers do, or do not, tell how one follows from another.

    python3 wiring.py          writes ../wiring/*.h5

Three layers of six neurons, labels being what the network answers: with all components of any layer, the
accuracy after reconstruction is 1.  In `complete`, `named` (no index, names in the order of execution),
`float16`, `bfloat16` (mixed precision) and `only-pre` (no post) all of that can be told from the file.  In the others something is missing
or another way through the network exists, and no accuracy may be given for the layers that the tests name.
Needs h5py and NumPy.
"""
import os

import h5py
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "wiring")
SAMPLES, WIDTH = 80, 6


def bfloat16(x):
    """Rounded to the nearest bfloat16, ties to even, as float32."""
    bits = np.asarray(x, "f4").view("u4")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype("u4").view("f4")


def relu(x):
    return np.maximum(x, 0)


def network(rng, first=np.tanh, skips=False):
    weights = [rng.normal(size=(WIDTH, WIDTH)) for _ in range(3)]
    biases = [rng.normal(size=WIDTH) * 0.1 for _ in range(3)]
    pre1 = rng.normal(size=(SAMPLES, WIDTH)) @ weights[0].T + biases[0]
    post1 = first(pre1)
    pre2 = post1 @ weights[1].T + biases[1]
    post2 = relu(pre2) + (post1 if skips else 0)
    pre3 = post2 @ weights[2].T + biases[2]
    names = {np.tanh: "tanh", relu: "relu"}
    return [
        {"pre": p, "post": q, "weight": w, "bias": b, "activation": a}
        for p, q, w, b, a in zip((pre1, pre2, pre3), (post1, post2, pre3), weights, biases,
                                 (names[first], "relu", "identity"))
    ]


def mixed(rng):
    """As mixed precision computes: products of what is rounded to bfloat16, and their sums rounded again."""
    layers = network(rng)
    x = bfloat16(layers[0]["pre"])
    for index, layer in enumerate(layers):
        if index > 0:
            x = bfloat16(x @ bfloat16(layer["weight"]).T + bfloat16(layer["bias"]))
        layer["pre"] = x
        x = bfloat16({"tanh": np.tanh, "relu": relu, "identity": np.array}[layer["activation"]](x))
        layer["post"] = x
    return layers


def write(name, layers, names=("a", "b", "c"), indexed=True, without=(), dtype="f8"):
    """`without` holds (position, key) of what is not stored."""
    with h5py.File(os.path.join(OUT, name + ".h5"), "w", libver=("earliest", "v110")) as f:
        f.attrs["format"], f.attrs["version"] = "lamina-run", 1
        f.create_dataset("labels", data=np.argmax(layers[-1]["post"], axis=1), track_times=False)
        for index, (layer, label) in enumerate(zip(layers, names)):
            g = f.create_group(f"layers/{label}")
            if indexed:
                g.attrs["index"] = index
            for key, value in layer.items():
                if (index, key) in without:
                    continue
                if key == "activation":
                    g.attrs[key] = value
                else:
                    g.create_dataset(key, data=value.astype(dtype), track_times=False)


def main():
    os.makedirs(OUT, exist_ok=True)
    rng = np.random.default_rng(21)
    layers = network(rng)
    write("complete", layers)
    write("named", layers, indexed=False)
    write("float16", layers, dtype="f2")
    write("only-pre", layers, without=[(i, "post") for i in range(3)])
    write("other-names", layers, names=("encoder", "decoder", "head"), indexed=False)
    write("no-activation", layers, without=[(i, "activation") for i in range(3)])
    write("no-bias", layers, without=[(1, "bias")])
    write("no-outputs", layers, without=[(2, "pre"), (2, "post")])
    write("skips", network(rng, relu, skips=True))
    # Computed in bfloat16 from weights in single precision, in which everything is stored.
    layers16 = mixed(rng)
    write("bfloat16", layers16, dtype="f4")
    write("bfloat16-no-bias", layers16, without=[(1, "bias")], dtype="f4")
    # The last layer is recorded before its nonlinearity, which nothing names.
    write("open-end", layers, without=[(2, "activation"), (2, "post")])


if __name__ == "__main__":
    main()
