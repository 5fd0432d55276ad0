import CHDF5
import Glibc
import Text

/// Reads variable-length strings past the library.
///
/// The library makes a copy of every string of an attribute before anybody can ask how long they are: a
/// thousand references to one string of a megabyte are a gigabyte. It also copies as many bytes as the heap
/// says into memory for as many as the reference says. Here the references are read as they lie in the
/// file, and then each string from its heap collection (HDF5 file format, III.E, "Global Heap"), within
/// the limits of both and of a budget.
struct HeapStrings {
    /// A string's place: a collection, and the object in it.
    struct Reference {
        let byteCount: Int
        let address: UInt64
        let index: UInt32
    }

    private let descriptor: Int32
    private let base: UInt64
    private let addressSize: Int
    private let lengthSize: Int
    /// Places of the objects of the collections met so far.
    private var collections: [UInt64: [UInt32: (offset: UInt64, byteCount: UInt64)]] = [:]
    /// Object headers that may still be looked at, over all collections.
    private var headersLeft = 200_000

    /// For the file of the open object `id`; `nil` if it is not read through a descriptor.
    ///
    /// Call under the lock.
    init?(of id: hid_t) {
        let file = H5Iget_file_id(id)
        guard file >= 0 else { return nil }
        defer { H5Fclose(file) }
        let creation = H5Fget_create_plist(file)
        guard creation >= 0 else { return nil }
        defer { H5Pclose(creation) }
        var (addressSize, lengthSize) = (0, 0)
        var userBlock: hsize_t = 0
        guard H5Pget_sizes(creation, &addressSize, &lengthSize) >= 0,
            H5Pget_userblock(creation, &userBlock) >= 0,
            (1...8).contains(addressSize), (1...8).contains(lengthSize),
            let descriptor = systemDescriptor(of: file)
        else { return nil }
        self.descriptor = descriptor
        self.addressSize = addressSize
        self.lengthSize = lengthSize
        base = userBlock
    }

    /// The references that the open attribute holds, or `nil` if they cannot be read.
    ///
    /// Call under the lock.
    func references(in attribute: hid_t, count: Int) -> [Reference]? {
        let size = 4 + addressSize + 4
        guard let type = rawReferenceType(size) else { return nil }
        defer { H5Tclose(type) }
        var bytes = [UInt8](repeating: 0, count: max(1, count * size))
        guard H5Aread(attribute, type, &bytes) >= 0 else { return nil }
        return (0..<count).map { element in
            let from = element * size
            return Reference(
                byteCount: Int(littleEndian(bytes[from..<from + 4])),
                address: littleEndian(bytes[from + 4..<from + 4 + addressSize]),
                index: UInt32(littleEndian(bytes[from + 4 + addressSize..<from + size])))
        }
    }

    /// The string up to its first zero; `nil` if there is none at its place.
    mutating func text(_ reference: Reference) -> String? {
        // Writers store no address for an empty string.
        if reference.address == 0 || reference.byteCount == 0 { return "" }
        guard let objects = objects(at: reference.address), let place = objects[reference.index]
        else { return nil }
        let count = min(reference.byteCount, Int(clamping: place.byteCount))
        guard let bytes = read(place.offset, count) else { return nil }
        return decodeName(bytes.prefix { $0 != 0 })
    }

    private mutating func objects(
        at address: UInt64
    ) -> [UInt32: (offset: UInt64, byteCount: UInt64)]? {
        if let known = collections[address] { return known }
        let (start, overflow) = base.addingReportingOverflow(address)
        let headerSize = roundedUp(8 + lengthSize)
        guard !overflow, let header = read(start, 8 + lengthSize),
            header.prefix(4).elementsEqual("GCOL".utf8), header[4] == 1
        else { return nil }
        let size = littleEndian(header[8...])
        let (end, tooLong) = start.addingReportingOverflow(size)
        guard !tooLong else { return nil }
        var objects: [UInt32: (offset: UInt64, byteCount: UInt64)] = [:]
        let objectHeader = UInt64(roundedUp(8 + lengthSize))
        var next = start &+ UInt64(headerSize)
        while next < end, end - next >= objectHeader, headersLeft > 0 {
            headersLeft -= 1
            guard let fields = read(next, 8 + lengthSize) else { break }
            let index = UInt32(littleEndian(fields[0..<2]))
            let byteCount = littleEndian(fields[8...])
            // Number 0 is what is free at the end.
            guard index != 0, byteCount <= end - next - objectHeader else { break }
            if objects[index] == nil { objects[index] = (next + objectHeader, byteCount) }
            // No overflow: the object ends within the collection.
            next += objectHeader + (byteCount + 7) / 8 * 8
        }
        collections[address] = objects
        return objects
    }

    private func read(_ offset: UInt64, _ count: Int) -> [UInt8]? {
        guard let offset = off_t(exactly: offset) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { memory in
                pread(
                    descriptor, memory.baseAddress.map { $0 + done }, count - done,
                    offset + off_t(done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    private func roundedUp(_ count: Int) -> Int { (count + 7) / 8 * 8 }
}

/// The number of up to eight bytes, least significant first.
private func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
}

/// An opaque type of `size` bytes, into which the library "converts" references by leaving them as they are.
///
/// Call under the lock.
private func rawReferenceType(_ size: Int) -> hid_t? {
    guard isReferenceConversionKnown else { return nil }
    let type = H5Tcreate(H5T_OPAQUE, size)
    return type >= 0 ? type : nil
}

/// Registers, once, the conversion of variable-length elements into opaque ones: the bytes as they are.
private let isReferenceConversionKnown: Bool = {
    let source = H5Tcopy(chdf5_c_string())
    let target = H5Tcreate(H5T_OPAQUE, 16)
    defer {
        H5Tclose(source)
        H5Tclose(target)
    }
    guard H5Tset_size(source, chdf5_variable_size()) >= 0 else { return false }
    return H5Tregister(
        H5T_PERS_SOFT, "lamina reference", source, target, { _, _, _, _, _, _, _, _, _ in 0 }) >= 0
}()
