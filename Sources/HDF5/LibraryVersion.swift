internal import CHDF5

extension HDF5File {
    /// The version of the HDF5 library that this process has loaded: `1.10.8`.
    public static var libraryVersion: String {
        var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
        _ = HDF5Library.locked { H5get_libversion(&major, &minor, &release) }
        return "\(major).\(minor).\(release)"
    }
}
