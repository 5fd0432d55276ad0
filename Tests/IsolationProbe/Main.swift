import Glibc
import Isolation

/// Ends in the way that the first argument names: what the tests of the module look at.
@main struct Main {
    static func main() async {
        if let worker = Worker.current {
            worker.start()
            await worker.serve { request in
                let word = String(decoding: request, as: UTF8.self)
                for step in 0..<3 { worker.report(done: step, of: 3) }
                end(word)
                return Array("\(word) by \(getpid())".utf8)
            }
        }
        guard CommandLine.arguments.dropFirst().first == "pool" else {
            Guard.start()
            Guard.read("a.h5", at: "/nowhere/a.h5")
            for word in CommandLine.arguments.dropFirst() { end(word) }
            return print("nothing happened")
        }
        let pool = WorkerPool(jobs: 4, memory: 2e9)
        for word in CommandLine.arguments.dropFirst(2) {
            do {
                let answer = try await pool.answer(to: Array(word.utf8))
                print(String(decoding: answer, as: UTF8.self))
            } catch {
                print("\(word): \(error.sentence)")
            }
        }
    }

    private static func end(_ how: String) {
        switch how {
        case "library":
            Guard.enterLibrary()
            fault()
        case "library-overflow":
            Guard.enterLibrary()
            print(depth(of: 1))
        case "library-loop":
            Guard.limitLibraryCalls(toSeconds: 0.2)
            Guard.enterLibrary()
            while true {}
        case "library-abort":
            Guard.enterLibrary()
            abort()
        case "reading": trap(Int.max)
        case "computing": Guard.computing { trap(Int.max) }
        case "structure-loop":
            Guard.readingStructure(seconds: 0.2, bytes: 1 << 40) { while true {} }
        case "structure-memory":
            Guard.readingStructure(seconds: 100, bytes: 50 << 20) { takeMemory() }
        case "share":
            Guard.limitMemory(to: 200e6)
            takeMemory()
        case "memory": takeMemory()
        case "killed": kill(getpid(), SIGKILL)
        case "exit": exit(3)
        case "wait": sleep(1000)
        default: break
        }
    }

    private static func fault() {
        UnsafeMutablePointer<Int>(bitPattern: 16)?.pointee = 1
    }

    /// Recursion that overflows the stack: the system sees each call's bytes, so that the optimizer can
    /// neither make a loop of it nor conclude that it never returns.
    @inline(never) private static func depth(of number: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { room in
            guard write(-1, room.baseAddress, number) < 0 else { return 0 }
            return depth(of: number + 1) + room.count
        }
    }

    private static func trap(_ number: Int) {
        print(number + Int(getpid()))
    }

    private static func takeMemory() {
        while true {
            let bytes = 16 << 20
            guard let memory = malloc(bytes) else { abort() }
            memset(memory, 1, bytes)
            // The system sees the bytes, so that the compiler must write them.
            _ = write(-1, memory, bytes)
            usleep(5000)
        }
    }
}
