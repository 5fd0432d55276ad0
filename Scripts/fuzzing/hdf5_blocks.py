"""Finds the structures of an HDF5 file, so that one field at a time can be changed and its checksum mended.

Structures with a checksum are found by their signature; the length of each is the one for which the
stored checksum is right. Object headers of version 1 have no signature; they are found from the
symbol tables. Source of the layouts: the HDF5 File Format Specification, version 3.0.
"""
import struct
from dataclasses import dataclass, field

MASK = 0xFFFFFFFF
SIGNATURE = b"\x89HDF\r\n\x1a\n"
CHECKED = [b"OHDR", b"OCHK", b"BTHD", b"BTIN", b"BTLF", b"FRHP", b"FHIB", b"FSHD", b"FSSE", b"FAHD",
           b"FADB", b"EAHD", b"EAIB", b"EASB", b"EADB"]
LONGEST = 2048
UNDEFINED = (1 << 64) - 1


def rotated(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK


def lookup3(data):
    """Jenkins' lookup3 hash with initial value 0, as the library computes it over metadata."""
    length = len(data)
    a = b = c = (0xDEADBEEF + length) & MASK
    position = 0
    while length - position > 12:
        x, y, z = struct.unpack_from("<III", data, position)
        a, b, c = (a + x) & MASK, (b + y) & MASK, (c + z) & MASK
        a = ((a - c) & MASK) ^ rotated(c, 4); c = (c + b) & MASK
        b = ((b - a) & MASK) ^ rotated(a, 6); a = (a + c) & MASK
        c = ((c - b) & MASK) ^ rotated(b, 8); b = (b + a) & MASK
        a = ((a - c) & MASK) ^ rotated(c, 16); c = (c + b) & MASK
        b = ((b - a) & MASK) ^ rotated(a, 19); a = (a + c) & MASK
        c = ((c - b) & MASK) ^ rotated(b, 4); b = (b + a) & MASK
        position += 12
    rest = data[position:]
    if not rest:
        return c
    x, y, z = struct.unpack("<III", rest.ljust(12, b"\0"))
    a, b, c = (a + x) & MASK, (b + y) & MASK, (c + z) & MASK
    for first, second, turn in (("c", "b", 14), ("a", "c", 11), ("b", "a", 25), ("c", "b", 16),
                                ("a", "c", 4), ("b", "a", 14), ("c", "b", 24)):
        values = {"a": a, "b": b, "c": c}
        values[first] = ((values[first] ^ values[second]) - rotated(values[second], turn)) & MASK
        a, b, c = values["a"], values["b"], values["c"]
    return c


@dataclass
class Block:
    """A structure: its bytes, and where its checksum is stored (None where it has none)."""
    name: str
    start: int
    end: int
    checksum: int | None = None
    fields: list = field(default_factory=list)

    def mend(self, data):
        """Stores the checksum that the block's bytes have now."""
        if self.checksum is None:
            return
        content = bytearray(data[self.start:self.end])
        if self.name == "FHDB":
            place = self.checksum - self.start
            content[place:place + 4] = bytes(4)
        else:
            content = content[:self.checksum - self.start]
        struct.pack_into("<I", data, self.checksum, lookup3(bytes(content)))


def checked_end(data, start):
    """The end of the structure at `start` whose stored checksum is right."""
    for end in range(start + 8, min(start + LONGEST, len(data)) - 3):
        if struct.unpack_from("<I", data, end)[0] == lookup3(bytes(data[start:end])):
            return end
    return None


def direct_block(data, start):
    """A heap's direct block: the checksum lies in its head and covers the whole block."""
    for size in (512, 1024, 2048, 4096):
        content = bytearray(data[start:start + size])
        for place in range(14, 26):
            stored = struct.unpack_from("<I", data, start + place)[0]
            kept = bytes(content[place:place + 4])
            content[place:place + 4] = bytes(4)
            if stored == lookup3(bytes(content)):
                return Block("FHDB", start, start + size, start + place)
            content[place:place + 4] = kept
    return Block("FHDB", start, min(start + 64, len(data)))


def old_header(data, base, start):
    """The chunks of an object header of version 1, with the places of its messages."""
    if start + 16 > len(data) or data[start] != 1:
        return []
    count, _, size = struct.unpack_from("<HII", data, start + 2)
    chunks, found = [(start + 16, size)], []
    head = Block("object header", start, start + 16, None, [(start, 1), (start + 2, 2), (start + 4, 4), (start + 8, 4)])
    found.append(head)
    while chunks and count > 0:
        place, left = chunks.pop(0)
        block = Block("messages", place, min(place + left, len(data)))
        while left >= 8 and count > 0 and place + 8 <= len(data):
            kind, length = struct.unpack_from("<HH", data, place)
            block.fields += [(place, 2), (place + 2, 2), (place + 4, 1)]
            block.fields += [(place + 8 + o, w) for w in (1, 2, 4, 8) for o in range(0, length - w + 1, min(w, 4))]
            if kind == 0x10 and length >= 16:
                address, extent = struct.unpack_from("<QQ", data, place + 8)
                if base + address + extent <= len(data):
                    chunks.append((base + address, extent))
            place, left, count = place + 8 + length, left - 8 - length, count - 1
        found.append(block)
    return found


def everywhere(data, signature):
    place = data.find(signature)
    while place >= 0:
        yield place
        place = data.find(signature, place + 4)


def blocks(data):
    """Every structure of the file that is found."""
    base = data.find(SIGNATURE)
    found, headers = [], set()
    if data[base + 8] < 2:
        found.append(Block("superblock", base, base + 96))
        headers.add(base + struct.unpack_from("<Q", data, base + 64)[0])
    else:
        found.append(Block("superblock", base, base + 48, base + 44))
    for signature in CHECKED:
        for start in everywhere(data, signature):
            end = checked_end(data, start)
            if end is not None:
                found.append(Block(signature.decode(), start, end + 4, end))
    found += [direct_block(data, start) for start in everywhere(data, b"FHDB")]
    for start in everywhere(data, b"SNOD"):
        count = struct.unpack_from("<H", data, start + 6)[0]
        found.append(Block("SNOD", start, start + 8 + 40 * count))
        for entry in range(count):
            headers.add(base + struct.unpack_from("<Q", data, start + 16 + 40 * entry)[0])
    found += [Block("TREE", start, min(start + 24 + 8 * 16, len(data))) for start in everywhere(data, b"TREE")]
    for start in everywhere(data, b"HEAP"):
        found.append(Block("HEAP", start, start + 32))
        size, _, address = struct.unpack_from("<QQQ", data, start + 8)
        if address + size <= len(data):
            found.append(Block("heap names", base + address, base + address + size))
    found += [Block("GCOL", start, min(start + 160, len(data))) for start in everywhere(data, b"GCOL")]
    for start in sorted(headers):
        found += old_header(data, base, start)
    return [block for block in found if block.end - block.start >= 8]
