import CHDF5
import Text

/// The value of an attribute.
public enum AttributeValue: Sendable, Hashable {
    case text(String)
    case texts([String])
    case integer(Int)
    case integers([Int])
    /// A whole number beyond those of `Int`.
    case unsigned(UInt64)
    /// Whole numbers of which some are beyond those of `Int`.
    case unsigneds([UInt64])
    case number(Double)
    case numbers([Double])
    /// Of a type that is not read, or too large; the reason.
    case unread(String)
}

/// How much of the attributes of an object is read.
public enum AttributeLimits {
    /// Attributes that are listed.
    public static let count = 1_000
    /// Bytes of one object's values together.
    public static let bytes = 1 << 20
}

extension HDF5Object {
    /// All attributes, in the order of their names' bytes.
    ///
    /// At most 1,000 are listed; a last entry of no value says so where there are more. Those that cannot be
    /// read, or do not fit into what is left of `budget`, are ``AttributeValue/unread(_:)``.
    ///
    /// - Parameter budget: bytes of values that may be read; what was read is subtracted.
    /// - Returns: names and values; no name twice.
    /// - Throws: ``HDF5Error`` if they cannot be listed.
    public func attributes(
        within budget: inout Int
    ) throws(HDF5Error) -> [(name: String, value: AttributeValue)] {
        final class Names {
            var all: [[CChar]] = []
            var isCut = false
        }
        let names = Names()
        let id = handle.id
        let path = path
        var left = budget
        let found = try HDF5Library.locked {
            () throws(HDF5Error) -> [(name: String, value: AttributeValue)] in
            let status = H5Aiterate2(
                id, H5_INDEX_NAME, H5_ITER_NATIVE, nil,
                { _, name, _, context in
                    guard let name, let context else { return 0 }
                    let names = Unmanaged<Names>.fromOpaque(context).takeUnretainedValue()
                    guard names.all.count < AttributeLimits.count else {
                        names.isCut = true
                        return 1
                    }
                    names.all.append(
                        Array(UnsafeBufferPointer(start: name, count: strlen(name) + 1)))
                    return 0
                }, Unmanaged.passUnretained(names).toOpaque())
            try HDF5Library.check(.readAttribute, path, status)
            var heap = HeapStrings(of: id)
            return sortedOnce(names.all).map { bytes in
                (
                    decodeName(bytes.dropLast().map { UInt8(bitPattern: $0) }),
                    openedAttribute(bytes, of: id, &left, &heap)
                )
            }
        }
        budget = left
        return names.isCut
            ? found + [("...", .unread("more than \(AttributeLimits.count) attributes"))] : found
    }

    /// The attribute called `name`, or `nil` if there is none.
    public func attribute(_ name: String) -> AttributeValue? {
        let id = handle.id
        let bytes = cName(name)
        return HDF5Library.locked {
            guard H5Aexists(id, bytes) > 0 else { return nil }
            var heap = HeapStrings(of: id)
            var left = AttributeLimits.bytes
            return openedAttribute(bytes, of: id, &left, &heap)
        }
    }
}

extension HDF5File {
    /// The attributes of the object at `path`; see ``HDF5Object/attributes(within:)``.
    public func attributes(of path: String) throws(HDF5Error) -> [(
        name: String, value: AttributeValue
    )] {
        var budget = AttributeLimits.bytes
        return try object(at: path).attributes(within: &budget)
    }

    /// Writes an attribute; there must be none of that name.
    public func setAttribute(
        _ name: String, of path: String, to value: AttributeValue
    ) throws(HDF5Error) {
        let object = try object(at: path)
        let id = object.handle.id
        let subject = "\(path)@\(name)"
        try HDF5Library.locked { () throws(HDF5Error) in
            switch value {
            case .integer(let x): try write([Int64(x)], isScalar: true, chdf5_int64le())
            case .integers(let x): try write(x.map { Int64($0) }, isScalar: false, chdf5_int64le())
            case .unsigned(let x): try write([x], isScalar: true, chdf5_uint64le())
            case .unsigneds(let x): try write(x, isScalar: false, chdf5_uint64le())
            case .number(let x): try write([x], isScalar: true, chdf5_float64le())
            case .numbers(let x): try write(x, isScalar: false, chdf5_float64le())
            case .text(let text):
                let bytes = Array(text.utf8)
                let type = H5Tcopy(chdf5_c_string())
                defer { H5Tclose(type) }
                H5Tset_size(type, max(1, bytes.count))
                H5Tset_strpad(type, H5T_STR_NULLPAD)
                H5Tset_cset(type, H5T_CSET_UTF8)
                try write(bytes.isEmpty ? [0] : bytes, isScalar: true, type)
            case .texts, .unread: throw HDF5Error(.writeAttribute, subject, .wrongType)
            }
        }

        // Called under the lock.
        func write<T: BitwiseCopyable>(_ values: [T], isScalar: Bool, _ type: hid_t)
            throws(HDF5Error)
        {
            let space =
                isScalar
                ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, [hsize_t(values.count)], nil)
            defer { H5Sclose(space) }
            let attribute = try writing(
                .writeAttribute, subject,
                H5Acreate2(
                    id, cName(name), type, space, chdf5_default_plist(), chdf5_default_plist()))
            defer { H5Aclose(attribute) }
            try writing(.writeAttribute, subject, H5Awrite(attribute, type, values))
        }
    }
}

/// The names in the order of their bytes, each once: a damaged file can hold one twice.
private func sortedOnce(_ names: [[CChar]]) -> [[CChar]] {
    let sorted = names.sorted {
        $0.lexicographicallyPrecedes($1) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
    }
    return sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
}

/// Call under the lock.
private func openedAttribute(
    _ name: [CChar], of id: hid_t, _ left: inout Int, _ heap: inout HeapStrings?
) -> AttributeValue {
    let attribute = H5Aopen(id, name, chdf5_default_plist())
    guard attribute >= 0 else { return .unread("unreadable") }
    defer { H5Aclose(attribute) }
    return value(of: attribute, &left, &heap) ?? .unread("unreadable")
}

/// The value of an open attribute; `nil` if it cannot be read.
///
/// Call under the lock.
private func value(
    of attribute: hid_t, _ left: inout Int, _ heap: inout HeapStrings?
) -> AttributeValue? {
    let space = H5Aget_space(attribute)
    guard space >= 0 else { return nil }
    defer { H5Sclose(space) }
    let type = H5Aget_type(attribute)
    guard type >= 0 else { return nil }
    defer { H5Tclose(type) }
    let element = ElementType(reading: type)
    let points = H5Sget_simple_extent_npoints(space)
    guard points >= 0 else { return nil }
    let count = Int(points)
    let isScalar = H5Sget_simple_extent_type(space) == H5S_SCALAR
    // Numbers arrive as eight bytes whatever they are stored as, references as 16.
    let size = element.kind == .fixedString ? max(1, element.size) : 16
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, bytes <= left else {
        return .unread("too large: \(count) of type \(element)")
    }
    switch element.kind {
    case .float:
        var values = [Double](repeating: 0, count: count)
        guard H5Aread(attribute, chdf5_native_double(), &values) >= 0 else { return nil }
        left -= bytes
        return isScalar ? values.first.map { .number($0) } : .numbers(values)
    case .integer(signed: false):
        var values = [UInt64](repeating: 0, count: count)
        guard H5Aread(attribute, chdf5_native_uint64(), &values) >= 0 else { return nil }
        left -= bytes
        if values.contains(where: { $0 > UInt64(Int.max) }) {
            return isScalar ? values.first.map { .unsigned($0) } : .unsigneds(values)
        }
        return isScalar ? values.first.map { .integer(Int($0)) } : .integers(values.map { Int($0) })
    case .integer(signed: true):
        var values = [Int64](repeating: 0, count: count)
        guard H5Aread(attribute, chdf5_native_int64(), &values) >= 0 else { return nil }
        left -= bytes
        return isScalar ? values.first.map { .integer(Int($0)) } : .integers(values.map { Int($0) })
    case .fixedString:
        var raw = [UInt8](repeating: 0, count: max(1, bytes))
        guard H5Aread(attribute, type, &raw) >= 0 else { return nil }
        left -= bytes
        let isSpacePadded = H5Tget_strpad(type) == H5T_STR_SPACEPAD
        let texts = (0..<count).map { index in
            var text = raw[index * element.size..<(index + 1) * element.size]
                .prefix { $0 != 0 }
            if isSpacePadded { while text.last == 0x20 { text.removeLast() } }
            return decodeName(text)
        }
        return isScalar ? texts.first.map { .text($0) } : .texts(texts)
    case .variableString:
        guard let references = heap?.references(in: attribute, count: count) else { return nil }
        var texts: [String] = []
        for reference in references {
            // Twice: as read and as text; and what an empty one takes.
            let cost = 2 * reference.byteCount + 16
            guard cost <= left else { return .unread("too large: \(count) of type \(element)") }
            left -= cost
            guard let text = heap?.text(reference) else { return nil }
            texts.append(text)
        }
        return isScalar ? texts.first.map { .text($0) } : .texts(texts)
    default:
        return .unread(element.description)
    }
}
