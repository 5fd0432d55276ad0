"""Loads what `train export` wrote into PyTorch, or NumPy where torch is missing, and checks it.

    python load_export.py network.safetensors [run.h5]

Prints the architecture. With the run file the network is applied to what the run recorded: from the
post-activations of the first layer on, all further layers are computed from the exported tensors and
compared with the recorded outputs; the largest difference must not exceed 1e-5 of the largest output.

The file needs no library: eight bytes with the length of a JSON header, the header, the elements.
`safetensors.torch.load_file` reads it as well.
"""
import json
import sys

import numpy as np

try:
    import torch
except ImportError:
    torch = None

TOLERANCE = 1e-5


def load(path):
    """The tensors by name and the metadata of a safetensors file."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        body = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}"
        first, last = entry["data_offsets"]
        tensors[name] = np.frombuffer(body[first:last], "<f4").reshape(entry["shape"])
    return tensors, metadata


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "identity": lambda x: x,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def apply_numpy(tensors, architecture, x, first):
    """The outputs of the layers from number `first` on."""
    for index in range(first, len(architecture)):
        weight, bias = tensors[f"layers.{index}.weight"], tensors[f"layers.{index}.bias"]
        x = ACTIVATIONS[architecture[index]["activation"]](x @ weight.T + bias)
    return x


def apply_torch(tensors, architecture, x, first):
    """The same by a module with the names of the file."""

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(
                torch.nn.Linear(layer["shape"][1], layer["shape"][0]) for layer in architecture)

        def forward(self, x, first=0):
            for layer, description in zip(self.layers[first:], architecture[first:]):
                x = layer(x)
                name = description["activation"]
                x = x if name == "identity" else getattr(torch, name)(x)
            return x

    network = Network()
    network.load_state_dict({name: torch.tensor(value) for name, value in tensors.items()})
    with torch.no_grad():
        return network(torch.tensor(x), first).numpy()


def main(path, run=None):
    tensors, metadata = load(path)
    architecture = json.loads(metadata["architecture"])
    for index, layer in enumerate(architecture):
        print(f"layers.{index}: {layer['kind']} {layer['shape']}, {layer['activation']}")
    if run is None:
        return
    import h5py

    with h5py.File(run) as file:
        layers = sorted(file["layers"].values(), key=lambda layer: layer.attrs["index"])
        assert all(layer["kind"] == "linear" for layer in architecture), "linear layers only"
        start, first = layers[0]["post"][:].astype(np.float32), 1
        # The exported weights behind a gate hold it: they read activations without it.
        if "filter" in layers[0]:
            pre = layers[0]["pre"][:].astype(np.float32)
            start = ACTIVATIONS[architecture[0]["activation"]](pre)
        expected = layers[-1]["post"][:]
    apply = apply_numpy if torch is None else apply_torch
    outputs = apply(tensors, architecture, start, first)
    error = np.abs(outputs - expected).max() / np.abs(expected).max()
    by = "NumPy" if torch is None else "PyTorch"
    print(f"{len(expected)} recorded samples by {by}: largest difference {error:.2g} of the largest output")
    if not error <= TOLERANCE:
        sys.exit(f"error: it exceeds {TOLERANCE}")


main(*sys.argv[1:])
