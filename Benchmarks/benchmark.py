"""Times `analyze` and its Python peers side by side and writes RESULTS.md; see `run`.

Every figure is the median of several processes. Tool and peers take turns, so that whatever else
the machine does meets all of them alike, and before each process with large files the machine rests,
so that none of them lives on memory that the one before has just left; a ratio is the median of those
within the turns, with the least and the largest beside it. "process" is the wall time of the whole process with start-up and
imports, "inside" what the peer measures after its imports.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Seconds after which a hypervisor has taken back the memory of the process before.
REST = 3


class Run:
    """One finished process."""

    def __init__(self, seconds, cpu, megabytes, text):
        self.seconds, self.cpu, self.megabytes, self.text = seconds, cpu, megabytes, text


def execute(command, threads=2):
    environment = dict(
        os.environ, OPENBLAS_NUM_THREADS=str(threads), OMP_NUM_THREADS=str(threads))
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {errors.read().strip()[-500:]}")
        return Run(
            seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.read())


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def spread(ratios, digits=3):
    """The median, and between which numbers the others lie."""
    least, middle, largest = min(ratios), statistics.median(ratios), max(ratios)
    return f"{middle:.{digits}f} ({least:.{digits}f} to {largest:.{digits}f})"


class Benchmarks:
    def __init__(self, analyze, kernels, data, repetitions):
        self.analyze, self.kernels, self.data = analyze, kernels, data
        self.repetitions = repetitions
        self.lines = []

    def path(self, name):
        return os.path.join(self.data, name)

    def tool(self, *arguments):
        return [self.analyze, *arguments]

    def peer(self, *arguments):
        return [sys.executable, os.path.join(HERE, "peers.py"), *arguments]

    def say(self, line=""):
        print(line, flush=True)
        self.lines.append(line)

    def warm(self, *names):
        for name in names:
            with open(self.path(name), "rb") as f:
                while f.read(1 << 24):
                    pass

    def alternate(self, commands, repetitions=None, threads=2, files=()):
        """Runs of each command (or of what it returns), taking turns, each of which finds `files`
        in the page cache and, if there are any, a machine at rest."""
        runs = {name: [] for name in commands}
        for _ in range(repetitions or self.repetitions):
            for name, command in commands.items():
                self.warm(*files)
                if files:
                    time.sleep(REST)
                command = command() if callable(command) else command
                runs[name].append(execute(command, threads))
        return runs

    def table(
            self, title, commands, goals, repetitions=None, note=None, threads=2, files=()):
        """A table of one case; `goals` maps a peer to the ratio that is aimed at."""
        runs = self.alternate(commands, repetitions, threads, files)
        self.say(f"\n### {title}\n")
        self.say("| | process, s | CPU, s | inside, s | peak, MB | analyze / this | aim |")
        self.say("|---|---|---|---|---|---|---|")
        for name, finished in runs.items():
            inside = "-"
            if name != "analyze":
                found = [json.loads(run.text).get("inside") for run in finished]
                if found[0] is not None:
                    inside = f"{statistics.median(found):.3f}"
            ratio = "" if name == "analyze" else spread(
                [ours.seconds / run.seconds for ours, run in zip(runs["analyze"], finished)])
            aim = f"{goals[name]}" if name in goals else ""
            self.say(
                f"| {name} | {median(finished, 'seconds'):.3f} | {median(finished, 'cpu'):.3f} | "
                f"{inside} | {median(finished, 'megabytes'):.0f} | {ratio} | {aim} |")
        if note:
            self.say("\n" + note)
        return runs

    # The cases.

    def limits(self):
        self.warm("big.h5", "big-gzip.h5")
        found = [
            json.loads(execute(
                [sys.executable, os.path.join(HERE, "limits.py"), self.path("big.h5"),
                 self.path("big-gzip.h5")]).text)
            for _ in range(self.repetitions)]
        self.say("\n### Limits of the machine (median over processes of the best of 3)\n")
        self.say("| | |")
        self.say("|---|---|")
        for name in found[0]:
            value = statistics.median(one[name] or 0 for one in found)
            self.say(f"| {name} | {value:.1f} |")

    def start(self):
        commands = {
            "analyze": self.tool("--help"),
            "dead, one file of 2,000 x 256": self.tool("dead", self.path("one.h5")),
            "all, one file of 2,000 x 256": self.tool("all", self.path("one.h5")),
        }
        runs = self.alternate(commands, 3 * self.repetitions)
        self.say("\n### Start-up\n")
        self.say("| | process, ms | CPU, ms | peak, MB |")
        self.say("|---|---|---|---|")
        for name, finished in runs.items():
            self.say(
                f"| {name.replace('analyze', '--help')} | {1e3 * median(finished, 'seconds'):.1f} | "
                f"{1e3 * median(finished, 'cpu'):.1f} | {median(finished, 'megabytes'):.0f} |")

    def one(self):
        self.table(
            "One file of 2,000 x 256, all metrics",
            {"analyze": self.tool("all", self.path("one.h5")),
             "lean": self.peer("analyze", self.path("one.h5"), "lean"),
             "scikit-learn": self.peer("analyze", self.path("one.h5"), "sklearn")},
            {"lean": 0.03})

    def all(self):
        self.table(
            "`analyze all`, 60,000 x 2,048, contiguous",
            {"analyze": self.tool("all", self.path("big.h5")),
             "lean": self.peer("analyze", self.path("big.h5"), "lean"),
             "scikit-learn": self.peer("analyze", self.path("big.h5"), "sklearn")},
            {"lean": 0.55, "scikit-learn": 0.3}, files=["big.h5"],
            note="The lean peer answers less: the deviations of pre, from the diagonal of its product, "
                 "instead of those of post.")

    def gzip(self):
        self.table(
            "`analyze all`, 60,000 x 2,048, gzip 4 + shuffle",
            {"analyze": self.tool("all", self.path("big-gzip.h5")),
             "lean": self.peer("analyze", self.path("big-gzip.h5"), "lean")},
            {"lean": 0.35}, files=["big-gzip.h5"])

    def pca(self):
        runs = self.table(
            "`analyze pca`, 60,000 x 2,048",
            {"analyze": self.tool("pca", "--format", "json", self.path("big.h5")),
             "ssyrk + ssyevr": self.peer("pca", self.path("big.h5"), "ssyevr"),
             "ssyrk + eigvalsh": self.peer("pca", self.path("big.h5"), "eigvalsh"),
             "blocks in double": self.peer("pca", self.path("big.h5"), "blocks"),
             "scikit-learn": self.peer("pca", self.path("big.h5"), "sklearn")},
            {"ssyrk + ssyevr": 0.65}, files=["big.h5"])
        ratios, rates = [], []
        for _ in range(2 * self.repetitions):
            # In turn: the rate of the machine changes within minutes.
            peak = float(execute([sys.executable, os.path.join(HERE, "limits.py")]).text)
            text = execute([self.kernels, "gram", "20480", "2048"]).text
            seconds = float(text.split("\n")[1].split()[1])
            rates.append(20480 * 2048**2 / seconds / 1e9)
            ratios.append(rates[-1] / peak)
        self.say("\nGram phase on blocks in memory, centring included: "
                 f"{statistics.median(rates):.1f} GFLOP/s, {spread(ratios, 2)} of "
                 "ssyrk's rate in turn with it (aim 0.9)")
        self.accuracy(runs)

    def accuracy(self, runs):
        """Beside the speed: eigenvalues and variances against double precision."""
        truth = json.loads(execute(self.peer("reference", self.path("big.h5"))).text)
        spectrum = truth["explainedVariance"]

        def error(values):
            pairs = list(zip(values, spectrum))
            return (
                max(abs(a - b) for a, b in pairs) / spectrum[0],
                max(abs(a - b) / b for a, b in pairs if b > 1e-6 * spectrum[0]))

        self.say("\n### Accuracy: 2 % of the neurons constant at -5, 2 % with a bias of -5\n")
        self.say("| eigenvalues | error / largest | relative, above 1e-6 of the largest |")
        self.say("|---|---|---|")
        for name, finished in runs.items():
            result = json.loads(finished[0].text)
            values = (
                result["results"][0]["values"] if name == "analyze" else result)["explainedVariance"]
            first, second = error(values)
            self.say(f"| {name} | {first:.1e} | {second:.1e} |")
        def relative(values):
            return max(abs(a - b) / b for a, b in zip(values, truth["variance"]) if b > 1e-20)

        tool = json.loads(execute(self.tool(
            "variance", "--site", "pre", "--format", "json", self.path("big.h5"))).text)
        self.say("\n| variance of a neuron | largest relative error |")
        self.say("|---|---|")
        self.say(f"| analyze | {relative(tool['results'][0]['values']['variance']):.1e} |")
        for precision in ("float32", "float64"):
            found = json.loads(execute(self.peer("variance", self.path("big.h5"), precision)).text)
            self.say(f"| NumPy {precision} | {relative(found['variance']):.1e} |")

    def moments(self):
        path = self.path("big.h5")
        command = self.tool(
            "all", "--metrics", "variance,dead", "--site", "pre", "--site", "post", path)
        self.table(
            "`variance` and `dead` together, pre and post of 60,000 x 2,048",
            {"analyze": command,
             "NumPy, float64": self.peer("variance", path, "float64"),
             "NumPy, float32": self.peer("variance", path, "float32")},
            {"NumPy, float64": 0.25}, files=["big.h5"],
            note="The peer computes the variances of pre and the silent neurons of post only.")
        rates, shares = [], []
        for _ in range(2 * self.repetitions):
            # In turn, and the best of three on either side: the rate of the machine changes within
            # minutes.
            self.warm("big.h5")
            limits = execute([sys.executable, os.path.join(HERE, "limits.py"), path]).text.split()
            seconds = min(execute(command).seconds for _ in range(3))
            rates.append(2 * 60_000 * 2048 * 4 / seconds / 1e9)
            shares.append([rates[-1] / float(limit) for limit in limits])
        one, two = (spread(share, 2) for share in zip(*shares))
        self.say(f"\nWhole processes, the best of three, read at {statistics.median(rates):.1f} GB/s: "
                 f"{two} of the page cache's rate with two threads (aim 0.5), {one} of that with one, "
                 "the best of three too and measured in turn with it")

    def small(self):
        self.table(
            "10,000 x 512, all metrics",
            {"analyze": self.tool("all", self.path("small.h5")),
             "lean": self.peer("analyze", self.path("small.h5"), "lean"),
             "scikit-learn": self.peer("analyze", self.path("small.h5"), "sklearn")}, {})

    def brute(self):
        self.table(
            "The reconstruction error of every k, 10,000 x 512",
            {"analyze": self.tool("pca", self.path("small.h5")),
             "reconstructing k times": self.peer("brute", self.path("small.h5"))},
            {"reconstructing k times": 0.02}, repetitions=1)

    def long(self):
        self.table(
            "1,000,000 x 256, all metrics",
            {"analyze": self.tool("all", self.path("long.h5")),
             "lean": self.peer("analyze", self.path("long.h5"), "lean")}, {}, files=["long.h5"])

    def batch(self):
        runs = self.path("batch")
        count = len(os.listdir(runs))
        with tempfile.TemporaryDirectory(dir=self.data) as results:
            # Each call has a folder of its own: nothing is done already.
            number = iter(range(1_000_000))

            def ours(*metrics):
                return lambda: self.tool(
                    "batch", runs, *metrics, "--jobs", "2",
                    "--out", os.path.join(results, str(next(number))))

            self.table(f"{count} files of 2,000 x 256 by `batch`, all metrics",
                       {"analyze": ours(), "pool of 2": self.peer("batch", runs, "2", "fits")},
                       {"pool of 2": 0.2}, threads=1,
                       note="The peer runs a process on each core, with one BLAS thread each, and "
                            "the published fits of both mixtures.")
            self.table("The same without the mixtures",
                       {"analyze": ours("--metrics", "pca,dead,variance,shapiro-wilk"),
                        "pool of 2": self.peer("batch", runs, "2")},
                       {"pool of 2": 0.2}, threads=1)

    def fits(self):
        ours, theirs = [], []
        for _ in range(self.repetitions):
            ours.append({
                line.split()[0]: [float(x) for x in line.split()[1:]]
                for line in execute([self.kernels, "fits", self.path("values.h5")]).text.splitlines()})
            theirs.append(json.loads(execute(self.peer("fits", self.path("values.h5"))).text))
        self.say("\n### Fits and Shapiro-Wilk, calls inside a process\n")
        self.say("| values | analyze, ms | Python, ms | ratio | aim | log-likelihood a value, "
                 "analyze | Python |")
        self.say("|---|---|---|---|---|---|---|")
        for name in ours[0]:
            mine = statistics.median(one[name][0] for one in ours) * 1e3
            other = statistics.median(one[name][0] for one in theirs) * 1e3
            isTest = name.startswith("shapiro")
            likelihoods = (
                "W " if isTest else "") + f"{ours[0][name][2]:.8f} | {theirs[0][name][2]:.8f}"
            self.say(f"| {name} | {mine:.3f} | {other:.3f} | {mine / other:.3f} | "
                     f"{0.5 if isTest else 0.2} | {likelihoods} |")

    def growth(self):
        self.say("\n### Growth of time and memory with rows and columns\n")
        self.say("| rows x columns | MB | variance, s | MB peak | pca, s | MB peak |")
        self.say("|---|---|---|---|---|---|")
        for rows, columns in GROWTH:
            name = f"plain-{rows}x{columns}.h5"
            runs = self.alternate({
                "variance": self.tool("variance", self.path(name)),
                "pca": self.tool("pca", self.path(name))}, min(3, self.repetitions), files=[name])
            cells = " | ".join(
                f"{median(runs[metric], 'seconds'):.3f} | {median(runs[metric], 'megabytes'):.0f}"
                for metric in ("variance", "pca"))
            size = rows * columns * 4 / 1e6
            self.say(f"| {rows:,} x {columns:,} | {size:.0f} | {cells} |")


GROWTH = [(10**4, 64), (10**5, 64), (10**6, 64), (10**7, 64)] + [
    (10**4, columns) for columns in (256, 1024, 4096, 8192)]
CASES = {
    "limits": ["big.h5", "big-gzip.h5"], "start": ["one.h5"], "one": ["one.h5"],
    "all": ["big.h5"], "gzip": ["big-gzip.h5"], "pca": ["big.h5"], "moments": ["big.h5"],
    "small": ["small.h5"], "brute": ["small.h5"], "long": ["long.h5"], "batch": ["batch"],
    "fits": ["values.h5"],
    "growth": [f"plain-{rows}x{columns}.h5" for rows, columns in GROWTH]}
QUICK = ["limits", "start", "one", "small", "fits"]


def description(analyze):
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as f:
            names = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
        model = names[0] if names else model
    versions = execute([
        sys.executable, "-c", "import h5py, numpy, scipy, sklearn\n"
        "print(*(f'{m.__name__} {m.__version__}' for m in (numpy, scipy, sklearn, h5py)), sep=', ')",
    ]).text.strip()
    # With which kernels the tool multiplies; the peers' library chooses for itself.
    _, *tool = execute([analyze, "--version", "--verbose"]).text.splitlines()
    core = os.environ.get("OPENBLAS_CORETYPE")
    return (
        f"{os.cpu_count()} cores of {model}; {platform.system()} {platform.release()}; Python "
        f"{platform.python_version()}, {versions}; 2 BLAS threads; analyze: {', '.join(tool)}"
        + (f"; OpenBLAS kernels of both sides set to {core}" if core else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", default=",".join(CASES), help="some of: %(default)s")
    parser.add_argument("--quick", action="store_true", help="small data only, 3 repetitions")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--output", default=os.path.join(HERE, "RESULTS.md"))
    parser.add_argument("--data", required=True)
    parser.add_argument("--analyze", required=True)
    parser.add_argument("--kernels", required=True)
    options = parser.parse_args()
    cases = QUICK if options.quick else options.cases.split(",")
    unknown = [case for case in cases if case not in CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    names = {name for case in cases for name in CASES[case]}
    # Not in this process: a child's peak memory counts from that of its parent.
    subprocess.run(
        [sys.executable, os.path.join(HERE, "data.py"), options.data, *sorted(names)], check=True)
    benchmarks = Benchmarks(
        options.analyze, options.kernels, options.data,
        3 if options.quick else options.repetitions)
    benchmarks.say("# Results\n\nWritten by `Benchmarks/run`; what is measured and how is in "
                   "`benchmark.py`, the peers in `peers.py`.\n")
    benchmarks.say(f"{description(options.analyze)}; load average at the start {os.getloadavg()[0]:.1f}; "
                   f"medians of {benchmarks.repetitions}.")
    isWritten = set(cases) == set(CASES) or options.output != parser.get_default("output")
    for case in cases:
        getattr(benchmarks, case)()
        # After each case: an interrupted run keeps what it has.
        if isWritten:
            with open(options.output, "w") as f:
                f.write("\n".join(benchmarks.lines) + "\n")
    print(f"\nload average at the end {os.getloadavg()[0]:.1f}", file=sys.stderr)


if __name__ == "__main__":
    main()
