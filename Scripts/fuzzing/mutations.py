"""Changes to one field, or a few, of a valid file."""
import struct

import hdf5_blocks

EDGES = {
    1: [0, 1, 2, 3, 4, 0x7F, 0x80, 0xFE, 0xFF],
    2: [0, 1, 2, 0x7F, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF],
    4: [0, 1, 2, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, 1 << 20, 1 << 30],
    8: [0, 1, 2, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 32, 1 << 40, 1 << 48, 1 << 61, 1 << 62, (1 << 63) - 1,
        1 << 63, (1 << 63) + 8, (1 << 64) - 2, (1 << 64) - 1],
}


def value(random, width, old, starts, size):
    """A boundary value, a neighbour of the old one, or the place of a structure."""
    choice = random.random()
    if choice < 0.55:
        return random.choice(EDGES[width])
    if choice < 0.75:
        return old + random.choice([-8, -1, 1, 2, 8]) if choice < 0.7 else old * 2
    if choice < 0.95:
        return random.choice(starts)
    return random.choice([size, size - 1, size + 1, size // 2])


def place(random, block):
    """A field of the block: a listed one, or any place of any width."""
    if block.fields and random.random() < 0.7:
        return random.choice(block.fields)
    width = random.choice([1, 1, 2, 4, 8, 8])
    last = (block.checksum if block.checksum and block.name != "FHDB" else block.end) - width
    return random.randint(block.start + 4 if last > block.start + 4 else block.start, max(last, block.start)), width


def hdf5(random, original):
    """A changed copy of an HDF5 file and what was changed."""
    data = bytearray(original)
    kind = random.random()
    if kind < 0.04:
        length = random.randrange(len(data))
        return data[:length], f"cut to {length} bytes"
    if kind < 0.10:
        places = [random.randrange(len(data)) for _ in range(random.choice([1, 3, 10]))]
        for at in places:
            data[at] ^= 1 << random.randrange(8)
        return data, f"one bit flipped at {places}"
    found = hdf5_blocks.blocks(original)
    starts = [block.start for block in found]
    words = []
    for _ in range(1 if random.random() < 0.85 else 2):
        block = random.choice(found)
        at, width = place(random, block)
        if at + width > len(data):
            continue
        old = int.from_bytes(data[at:at + width], "little")
        new = value(random, width, old, starts, len(data)) % (1 << (8 * width))
        data[at:at + width] = new.to_bytes(width, "little")
        if random.random() < 0.97:
            block.mend(data)
        words.append(f"{block.name} at {block.start}: {width} bytes at {at}: {old:#x} -> {new:#x}")
    return data, "; ".join(words)


def plain_bytes(random, original):
    """Changes that suit any binary file: words set to boundary values, cuts, repeats, flipped bits."""
    data = bytearray(original)
    kind = random.random()
    if kind < 0.15:
        length = random.randrange(len(data) + 1)
        return data[:length], f"cut to {length} bytes"
    if kind < 0.25:
        at = random.randrange(len(data))
        part = data[at:at + random.choice([1, 8, 64, 4096])]
        return data[:at] + part * random.choice([2, 100]) + data[at:], f"repeated {len(part)} bytes at {at}"
    if kind < 0.45:
        at = random.randrange(len(data))
        data[at] ^= 1 << random.randrange(8)
        return data, f"one bit flipped at {at}"
    width = random.choice([1, 2, 4, 8])
    # Heads are short: half of all changes are among the first bytes.
    limit = min(len(data), 64) if random.random() < 0.5 else len(data)
    at = random.randrange(max(limit - width, 1))
    new = random.choice(EDGES[width])
    data[at:at + width] = new.to_bytes(width, random.choice(["little", "big"]))
    return data, f"{width} bytes at {at} -> {new:#x}"


NUMBERS = [b"0", b"-0", b"-1", b"1e999", b"-1e999", b"1e-999", b"9223372036854775808", b"18446744073709551616",
           b"-9223372036854775809", b"0.1e", b"NaN", b"nan", b"inf", b"Infinity", b"0x10", b"1_000", b"", b"null", b"true",
           b"1" * 5000, b"1e" + b"9" * 400]
TEXTS = [b"\xff\xfe", b"\x00", b"\x0c", b"\x1b[2J", b"\xe2\x80\xae", b"\xef\xbb\xbf", b'"', b'""', b"\\", b"\\ud800", b"\\u0000",
         b"\r", b"\n", b"\r\n", b"[" * 100_000, b"{" * 100_000, b'{"a":' * 50_000, b"a" * 1_000_000, b"\xf0\x9f\x98\x80",
         b"e\xcc\x81", b"\xc3\xa9", b"</script>", b"=1+1", b"../../x"]


def text(random, original):
    """Changes that suit JSON and tables: numbers, quotes and separators replaced, lines cut or repeated."""
    import re

    data = bytes(original)
    kind = random.random()
    if kind < 0.1:
        return plain_bytes(random, data)
    if kind < 0.5:
        numbers = list(re.finditer(rb"-?\d+\.?\d*(?:[eE][-+]?\d+)?", data))
        if numbers:
            match, new = random.choice(numbers), random.choice(NUMBERS)
            return data[:match.start()] + new + data[match.end():], f"{match[0][:40]!r} at {match.start()} -> {new[:40]!r}"
    if kind < 0.75:
        at, new = random.randrange(len(data) + 1), random.choice(TEXTS)
        return data[:at] + new + data[at:], f"{new[:20]!r} ({len(new)} bytes) put in at {at}"
    if kind < 0.9:
        words = list(re.finditer(rb'"[^"\n]{1,60}"', data)) or list(re.finditer(rb"[A-Za-z]+", data))
        if words:
            first, second = random.choice(words), random.choice(words)
            return data[:first.start()] + second[0] + data[first.end():], f"{first[0]!r} at {first.start()} -> {second[0]!r}"
    lines = data.split(b"\n")
    at = random.randrange(len(lines))
    if random.random() < 0.5:
        return b"\n".join(lines[:at] + lines[at + 1:]), f"line {at + 1} left out"
    return b"\n".join(lines[:at] + [lines[at]] * random.choice([2, 1000]) + lines[at + 1:]), f"line {at + 1} repeated"
