"""How far numbers are from what they should be."""
import numpy as np


class Deviations:
    """The largest deviation of each quantity, and what was never checked."""

    def __init__(self):
        self.worst, self.unchecked = {}, set()

    def add(self, quantity, deviation, tolerance):
        deviation = float(np.max(np.atleast_1d(deviation))) if np.size(deviation) else 0.0
        if np.isnan(deviation):
            deviation = np.inf
        before = self.worst.get(quantity, (0.0, tolerance))[0]
        self.worst[quantity] = (max(before, deviation), tolerance)

    def relative(self, quantity, ours, truth, tolerance):
        ours, truth = numbers(ours), numbers(truth)
        if ours.shape != truth.shape:
            return self.add(quantity, np.inf, tolerance)
        same = (ours == truth) | (np.isnan(ours) & np.isnan(truth))
        scale = np.where(truth == 0, 1, np.abs(truth))
        self.add(quantity, np.where(same, 0, np.abs(ours - truth) / scale), tolerance)

    def equal(self, quantity, ours, truth):
        self.add(quantity, 0.0 if ours == truth else np.inf, 0.0)

    def report(self):
        width = max(map(len, self.worst))
        missed = bool(self.unchecked)
        print(f"{'quantity':{width}}  largest deviation  tolerance")
        for quantity, (worst, tolerance) in self.worst.items():
            bad = not worst <= tolerance
            missed |= bad
            print(f"{quantity:{width}}  {worst:17.3g}  {tolerance:9.1g}{'  MISSED' if bad else ''}")
        for quantity in sorted(self.unchecked):
            print(f"{quantity}: not checked")
        return missed


def numbers(x):
    """An array in which null is NaN."""
    return np.array([np.nan if v is None else v for v in np.atleast_1d(np.asarray(x, object)).tolist()], float)
