/// Undoes HDF5's shuffle filter: the first bytes of all elements, then the second ones, and so on.
///
/// - Parameters:
///   - planes: a whole number of elements.
///   - elementSize: bytes of an element, and the number of planes.
///   - target: receives as many of the first elements as it has room for.
func unshuffle(
    _ planes: UnsafeRawBufferPointer, elementSize: Int, into target: UnsafeMutableRawBufferPointer
) {
    let length = planes.count / elementSize
    let count = target.count / elementSize
    precondition(planes.count % elementSize == 0 && count <= length, "planes of \(length) elements")
    let bytes = planes.bindMemory(to: UInt8.self)
    guard let base = bytes.baseAddress, let out = target.baseAddress else { return }
    // Words put together by shifts are what the compiler turns into vector instructions.
    switch elementSize {
    case 2:
        let words = out.bindMemory(to: UInt16.self, capacity: count)
        let (low, high) = (base, base + length)
        for index in 0..<count {
            words[index] = UInt16(littleEndian: UInt16(low[index]) | UInt16(high[index]) << 8)
        }
    case 4:
        let words = out.bindMemory(to: UInt32.self, capacity: count)
        let (a, b, c, d) = (base, base + length, base + 2 * length, base + 3 * length)
        for index in 0..<count {
            let low = UInt32(a[index]) | UInt32(b[index]) << 8
            let high = UInt32(c[index]) << 16 | UInt32(d[index]) << 24
            words[index] = UInt32(littleEndian: low | high)
        }
    default:
        let to = out.bindMemory(to: UInt8.self, capacity: count * elementSize)
        // A few elements of all planes at a time, so that both sides stay in the cache.
        for first in stride(from: 0, to: count, by: 64) {
            for plane in 0..<elementSize {
                let from = base + plane * length
                for index in first..<min(first + 64, count) {
                    to[index * elementSize + plane] = from[index]
                }
            }
        }
    }
}

/// Undoes the shuffle filter of any number of bytes: those beyond the last whole element were left where
/// they are, and so were those of elements of one byte.
func unshuffleAll(
    _ bytes: UnsafeRawBufferPointer, elementSize: Int, into target: UnsafeMutableRawBufferPointer
) {
    let whole = elementSize > 1 ? bytes.count / elementSize * elementSize : 0
    if whole > 0 {
        unshuffle(
            UnsafeRawBufferPointer(rebasing: bytes[..<whole]), elementSize: elementSize,
            into: UnsafeMutableRawBufferPointer(rebasing: target[..<whole]))
    }
    for index in whole..<bytes.count { target[index] = bytes[index] }
}

/// The bytes before a trailing Fletcher checksum, or `nil` if it does not match them.
func verifiedByFletcher32(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard bytes.count >= 4 else { return nil }
    let length = bytes.count - 4
    let data = UnsafeRawBufferPointer(rebasing: bytes[..<length])
    let stored = UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: length, as: UInt32.self))
    let computed = fletcher32(data)
    // HDF5 before 1.6.3 wrote the bytes of each half in the other order on some machines.
    let swapped = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
    return stored == computed || stored == swapped ? data : nil
}

/// HDF5's Fletcher checksum, over big-endian words of 16 bits.
func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var (first, second): (UInt64, UInt64) = (0, 0)
    // The remainders by 65,535 of sums that cannot overflow before they are taken.
    let words = bytes.count / 2
    for start in stride(from: 0, to: words, by: 4096) {
        for index in start..<min(start + 4096, words) {
            first += UInt64(bytes[2 * index]) << 8 | UInt64(bytes[2 * index + 1])
            second += first
        }
        (first, second) = (fold(first), fold(second))
    }
    if bytes.count % 2 == 1 {
        first += UInt64(bytes[bytes.count - 1]) << 8
        second += first
    }
    return UInt32(fold(second)) << 16 | UInt32(fold(first))
}

/// A number of 16 bits that is equal modulo 65,535, and zero only for zero, as HDF5 reduces sums.
private func fold(_ sum: UInt64) -> UInt64 {
    var sum = sum
    while sum >> 16 > 0 { sum = sum & 0xFFFF + sum >> 16 }
    return sum
}
