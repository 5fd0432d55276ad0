"""Reference numbers for Tests/TrainingTests/ReferenceNetworkTests.swift, by PyTorch in float64.

A network of 5 inputs, hidden layers of 16 and 9 neurons and 3 outputs takes three steps on
minibatches of 6 of 18 samples, with each optimizer, activation and loss below. Inputs and first weights are sines, so that the Swift test makes the
same ones. Writes networks.json: the mean loss of the three batches and all parameters after them.

    python3 networks.py > networks.json
"""

import json
import math

import torch

torch.set_default_dtype(torch.float64)

# Order of the samples: SeededGenerator(seed: 7, stream: 1).permutation(of: 18), which
# seeded_generator.py and Tests/LinearAlgebraTests check.
ORDER = [0, 12, 16, 2, 6, 3, 5, 10, 11, 13, 15, 8, 1, 14, 9, 7, 4, 17]
SIZES = [5, 16, 9, 3]


def wave(count, first, scale):
    """scale · sin(first + 0.7 i) for i below count; at arguments where every libm agrees to 1e-16."""
    return torch.tensor([scale * math.sin(first + 0.7 * i) for i in range(count)])


def run(activation, loss, make):
    layers = [torch.nn.Linear(a, b) for a, b in zip(SIZES, SIZES[1:])]
    with torch.no_grad():
        for k, layer in enumerate(layers):
            layer.weight.copy_(wave(layer.weight.numel(), k + 1, 0.5).reshape(layer.weight.shape))
            layer.bias.copy_(wave(layer.bias.numel(), k + 10, 0.1))
    x = wave(18 * 5, 0.3, 1.0).reshape(18, 5)
    labels = torch.tensor([(5 * i) % 3 for i in range(18)])
    targets = wave(18 * 3, 4.0, 2.0).reshape(18, 3)
    weights = [layer.weight for layer in layers]
    biases = [layer.bias for layer in layers]
    optimizer = make(weights, biases)
    total = 0.0
    for start in range(0, 18, 6):
        index = ORDER[start : start + 6]
        h = x[index]
        for layer in layers[:-1]:
            h = activation(layer(h))
        z = layers[-1](h)
        if loss == "cross-entropy":
            value = torch.nn.functional.cross_entropy(z, labels[index])
        else:
            value = torch.nn.functional.mse_loss(z, targets[index])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        total += value.item()
    values = [p.detach().flatten().tolist() for layer in layers for p in (layer.weight, layer.bias)]
    return {"meanLoss": total / 3, "parameters": [v for part in values for v in part]}


def groups(weights, biases):
    return [
        {"params": weights, "weight_decay": 0.1},
        {"params": biases, "weight_decay": 0.0, "lr": 0.03},
    ]


CASES = {
    "sgd": lambda w, b: torch.optim.SGD(w + b, lr=0.1),
    "momentum": lambda w, b: torch.optim.SGD(w + b, lr=0.05, momentum=0.9, weight_decay=0.01),
    "adam": lambda w, b: torch.optim.Adam(w + b, lr=0.01),
    "adam-groups": lambda w, b: torch.optim.Adam(groups(w, b), lr=0.01),
    "adam-constants": lambda w, b: torch.optim.Adam(w + b, lr=0.1, betas=(0.8, 0.9), eps=0.01),
    "adamax": lambda w, b: torch.optim.Adamax(w + b, lr=0.02, weight_decay=0.05),
}

if __name__ == "__main__":
    result = {"torch": torch.__version__, "order": ORDER, "cases": []}
    runs = [(name, "relu", "cross-entropy") for name in CASES]
    runs += [("adam", a, "squared-error") for a in ("relu", "tanh", "sigmoid")]
    for name, activation, loss in runs:
        case = {"optimizer": name, "activation": activation, "loss": loss}
        case |= run(getattr(torch, activation), loss, CASES[name])
        result["cases"].append(case)
    print(json.dumps(result))
