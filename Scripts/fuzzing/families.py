"""The kinds of input that are damaged: valid originals, how they are changed, and the commands that read them."""
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import numpy as np

import hdf5_seeds
import mutations


class Tools:
    def __init__(self, folder):
        self.analyze = os.path.join(folder, "analyze")
        self.train = os.path.join(folder, "train")


def checked(words, folder):
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Runs:
    """HDF5 files."""

    weight = 60

    def __init__(self, folder, tools, seed):
        self.tools = tools
        self.paths = hdf5_seeds.make(folder, seed)
        self.good = self.paths[0]
        # Damage to what is refused anyway would try nothing.
        for path in self.paths:
            checked([tools.analyze, "variance", path], folder)
        self.originals = {path: open(path, "rb").read() for path in self.paths}

    def make(self, random, folder):
        path = random.choice(self.paths)
        data, words = mutations.hdf5(random, self.originals[path])
        write(os.path.join(folder, "run.h5"), data)
        shutil.copy(self.good, os.path.join(folder, "good.h5"))
        return f"{os.path.basename(path)}: {words}"

    def commands(self, random, folder):
        a = self.tools.analyze
        yield [a, "all", "run.h5", "--site", "pre", "--site", "post", "--format", "json"]
        yield [a, "inspect", "run.h5"]
        yield random.choice([
            [a, "validate", "run.h5"],
            [a, "variance", "run.h5", "good.h5", "--format", "csv"],
            [a, "batch", "run.h5", "good.h5", "--out", "results"],
            [a, "compare", "run.h5", "good.h5", "--fail-on", "dead.fraction > 0.9"],
            [a, "report", "run.h5", "good.h5", "-o", "page.html"],
            [a, "all", "run.h5"],
        ])


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


class Files:
    """One file among others: `original` is damaged by `change`, the rest of the folder is as it was."""

    def __init__(self, template, name, change):
        self.template, self.name, self.change = template, name, change
        self.original = open(os.path.join(template, name), "rb").read()

    def make(self, random, folder):
        shutil.copytree(self.template, folder, dirs_exist_ok=True)
        data = self.original
        while data == self.original:
            data, words = self.change(random, self.original)
        write(os.path.join(folder, self.name), data)
        return f"{self.name}: {words}"


class ResultJSON(Files):
    weight = 8

    def __init__(self, folder, tools, seed):
        self.tools = tools
        run = hdf5_seeds.make(os.path.join(folder), seed)[0]
        template = os.path.join(folder, "template")
        os.makedirs(template)
        for name in ("good.json", "damaged.json"):
            checked([tools.analyze, "all", run, "--format", "json", "--output", name], template)
        super().__init__(template, "damaged.json", mutations.text)

    def commands(self, random, folder):
        a = self.tools.analyze
        yield [a, "compare", "damaged.json", "good.json"]
        yield [a, "report", "damaged.json", "-o", "page.html"]


class ResultFolder(Files):
    weight = 8

    def __init__(self, folder, tools, seed):
        self.tools = tools
        template = os.path.join(folder, "template")
        os.makedirs(os.path.join(template, "runs"))
        paths = hdf5_seeds.make(folder, seed)
        for name in ("a", "b"):
            shutil.copy(paths[0], os.path.join(template, "runs", name + ".h5"))
        checked([tools.analyze, "batch", "runs", "--out", "results"], template)
        names = sorted(os.path.relpath(os.path.join(base, name), template)
                       for base, _, names in os.walk(os.path.join(template, "results")) for name in names)
        super().__init__(template, max(names, key=lambda name: os.path.getsize(os.path.join(template, name))),
                         lambda random, data: random.choice([mutations.text, mutations.plain_bytes])(random, data))

    def commands(self, random, folder):
        a = self.tools.analyze
        yield [a, "collect", "results", "--to", "store.sqlite"]
        yield [a, "compare", "results"]
        yield [a, "batch", "runs", "--out", "results"]


class Store(Files):
    weight = 6

    def __init__(self, folder, tools, seed):
        self.tools = tools
        self.template = os.path.join(folder, "template")
        os.makedirs(self.template)
        run = hdf5_seeds.make(folder, seed)[0]
        checked([tools.analyze, "batch", run, "--out", os.path.join(folder, "results")], folder)
        checked([tools.analyze, "collect", os.path.join(folder, "results"), "--to", "store.sqlite"], self.template)
        super().__init__(self.template, "store.sqlite", mutations.plain_bytes)

    def make(self, random, folder):
        if random.random() < 0.5:
            return super().make(random, folder)
        shutil.copytree(self.template, folder, dirs_exist_ok=True)
        return changed_table(random, os.path.join(folder, "store.sqlite"))

    def commands(self, random, folder):
        a = self.tools.analyze
        yield [a, "compare", "store.sqlite"]
        yield [a, "report", "store.sqlite", "-o", "page.html"]


def changed_table(random, path):
    """Puts a value of another type into a table, or a view without end in the place of one."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = OFF")
    tables = [name for name, in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    table = random.choice(tables)
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    column = random.choice(columns)
    if random.random() < 0.2:
        connection.execute(f'ALTER TABLE "{table}" RENAME TO kept')
        connection.execute(
            f'CREATE VIEW "{table}" AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) '
            f'SELECT {", ".join(f"x AS [{name}]" for name in columns)} FROM n')
        connection.commit()
        return f"{table} is a view without end"
    new = random.choice(["text", b"\xff\x00", None, -1, 1 << 62, 1e308, float("inf"), "", "x" * 1_000_000, "\x1b[2J", "[" * 10_000])
    try:
        connection.execute(f'UPDATE "{table}" SET "{column}" = ?', (new,))
        connection.commit()
    except sqlite3.Error as error:
        return f"unchanged: {error}"
    return f"{table}.{column} = {str(new)[:20]!r}"


class Checkpoint(Files):
    weight = 6

    def __init__(self, folder, tools, seed):
        self.tools = tools
        template = os.path.join(folder, "template")
        os.makedirs(template)
        self.words = [tools.train, "mlp", "--dataset", "synthetic-digits", "--train-samples", "200", "--test-samples", "50",
                      "--hidden", "4", "--epochs", "100000", "--output", "run.h5"]
        started = time.monotonic()
        process = subprocess.Popen(self.words, cwd=template, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = []
        while not found and time.monotonic() < started + 60:
            time.sleep(0.2)
            found = [name for name in os.listdir(template) if "checkpoint" in name and not name.endswith("partial")]
        process.send_signal(signal.SIGKILL)
        process.wait()
        super().__init__(template, found[0], mutations.plain_bytes)

    def commands(self, random, folder):
        # A checkpoint that was taken for whole would train on for hours: a short limit tells.
        yield ["timeout", "--signal=INT", "3"] + self.words + ["--resume"]


class Recorded:
    """Run files of `train`, which it reads again to use their networks."""

    weight = 8

    def __init__(self, folder, tools, seed):
        self.tools = tools
        generator = np.random.default_rng(seed)
        with open(os.path.join(folder, "table.csv"), "w") as table:
            table.write("a,b,kind\n")
            for a, b in generator.uniform(0, 9, (80, 2)):
                table.write(f"{a:.3f},{b:.3f},{'high' if a > b else 'low'}\n")
        checked([tools.train, "fit", "table.csv", "--target", "kind", "--epochs", "2", "--output", "fit.h5"], folder)
        checked([tools.train, "compress", "--dataset", "synthetic-digits", "--train-samples", "200", "--test-samples", "50",
                 "--hidden", "6", "--penalty", "0.001", "--epochs", "2", "--output", "compress.h5"], folder)
        self.table = open(os.path.join(folder, "table.csv"), "rb").read()
        self.originals = {name: open(os.path.join(folder, name), "rb").read() for name in ("fit.h5", "compress.h5")}

    def make(self, random, folder):
        name = random.choice(sorted(self.originals))
        data, words = mutations.hdf5(random, self.originals[name])
        write(os.path.join(folder, "run.h5"), data)
        write(os.path.join(folder, "table.csv"), self.table)
        return f"{name}: {words}"

    def commands(self, random, folder):
        t = self.tools.train
        yield [t, "evaluate", "run.h5"]
        yield [t, "export", "run.h5", "--to", "network.safetensors"]
        yield [t, "predict", "run.h5", "table.csv"]
        # Settings that were changed may ask for hours of training: a short limit tells.
        yield ["timeout", "--signal=INT", "3", t, "twin", "run.h5", "--output", "twin.h5"]


class Images(Files):
    weight = 5

    def __init__(self, folder, tools, seed):
        import gzip

        self.tools = tools
        template = os.path.join(folder, "template")
        os.makedirs(os.path.join(template, "mnist"))
        generator = np.random.default_rng(seed)
        for part, count in (("train", 60), ("t10k", 20)):
            images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8).tobytes()
            labels = generator.integers(0, 10, count, dtype=np.uint8).tobytes()
            head = lambda magic, *sizes: b"".join(int(x).to_bytes(4, "big") for x in (magic, *sizes))
            write(os.path.join(template, f"mnist/{part}-images-idx3-ubyte"), head(0x803, count, 28, 28) + images)
            with gzip.open(os.path.join(template, f"mnist/{part}-labels-idx1-ubyte.gz"), "wb") as file:
                file.write(head(0x801, count) + labels)
        self.parts = [Files(template, name, mutations.plain_bytes) for name in
                      ("mnist/train-images-idx3-ubyte", "mnist/train-labels-idx1-ubyte.gz", "mnist/t10k-images-idx3-ubyte")]

    def make(self, random, folder):
        return random.choice(self.parts).make(random, folder)

    def commands(self, random, folder):
        yield [self.tools.train, "mlp", "--dataset", "mnist", "--data", ".", "--hidden", "4", "--epochs", "1", "--output", "run.h5"]


class Tables(Files):
    weight = 7

    def __init__(self, folder, tools, seed):
        self.tools = tools
        template = os.path.join(folder, "template")
        os.makedirs(template)
        generator = np.random.default_rng(seed)
        rows = ["\t".join(f"{x:.6g}" for x in (*generator.uniform(0, 30, 2), c, *generator.uniform(0, 90, 3)))
                for c in [0.1016, 0.2286, 0.3048] * 20]
        write(os.path.join(template, "airfoil_self_noise.dat"), "\r\n".join(rows).encode())
        super().__init__(template, "airfoil_self_noise.dat", mutations.text)

    def commands(self, random, folder):
        yield [self.tools.train, "mlp", "--dataset", "airfoil", "--data", ".", "--hidden", "4", "--epochs", "1", "--output", "run.h5"]


ALL = [Runs, ResultJSON, ResultFolder, Store, Checkpoint, Recorded, Images, Tables]
