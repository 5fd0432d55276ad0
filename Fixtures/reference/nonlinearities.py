"""Reference values of the nonlinearities of run files, by NumPy and SciPy in float64.

    python3 nonlinearities.py > nonlinearities.json

The inputs are float32 numbers, among them such whose exponentials overflow.
"""

import json

import numpy as np
import scipy.special

inputs = np.array(
    [
        [-2.5, -0.125, 0.0, 0.75, 3.0],
        [-110.0, -20.0, 1e-4, 20.0, 110.0],
        [500.0, 500.5, 499.0, -500.0, 100.0],
        [-1e4, -1e4, -1e4, -1e4, -1e4],
    ],
    dtype="f4",
).astype("f8")

functions = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": scipy.special.expit,
    "softmax": lambda x: scipy.special.softmax(x, axis=1),
    "log_softmax": lambda x: scipy.special.log_softmax(x, axis=1),
}

print(
    json.dumps(
        {
            "made with": f"NumPy {np.__version__}, SciPy {scipy.__version__}",
            "inputs": inputs.tolist(),
            "outputs": {name: f(inputs).tolist() for name, f in functions.items()},
        },
        indent=1,
    )
)
