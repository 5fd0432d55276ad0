public import LinearAlgebra

/// ``FollowingLayers`` in one precision, ready to compute with.
public struct NetworkTail<Scalar: ElementaryScalar>: Sendable {
    /// The nonlinearity of the layer whose values come in.
    public let activation: Nonlinearity
    /// That layer's gate.
    public let gate: [Scalar]?
    /// The layers after it, in the order of execution.
    public let layers: [Dense]

    /// A dense layer with a gate g: y = g · f(x W + b).
    public struct Dense: Sendable {
        /// W, shape (inputs, neurons).
        public let weight: Matrix<Scalar>
        /// b, one a neuron.
        public let bias: [Scalar]
        /// f.
        public let activation: Nonlinearity
        /// g; `nil` for none.
        public let gate: [Scalar]?
    }

    /// The same network with all numbers converted.
    public init(_ network: FollowingLayers) {
        activation = network.activation
        gate = network.gate?.map { Scalar($0) }
        layers = network.layers.map { layer in
            Dense(
                weight: Matrix(converting: layer.weight), bias: layer.bias.map { Scalar($0) },
                activation: layer.activation, gate: layer.gate?.map { Scalar($0) })
        }
    }

    /// What the next layer reads for values `x`, shape (samples, neurons), of the first layer at `site`; those
    /// of ``Site/post`` as they are.
    public func read(_ x: consuming Matrix<Scalar>, at site: Site) -> Matrix<Scalar> {
        guard site == .pre else { return x }
        var values = x
        activation.apply(to: &values)
        values.multiplyColumns(by: gate)
        return values
    }

    /// The values of the layer at `index` of ``layers`` before its nonlinearity, for values `x` that it reads.
    public func preActivations(of index: Int, reading x: Matrix<Scalar>) -> Matrix<Scalar> {
        var values = x.times(layers[index].weight)
        Nonlinearity.identity.apply(to: &values, adding: layers[index].bias)
        return values
    }

    /// Turns values of the layer at `index` of ``layers`` before its nonlinearity into what the next layer
    /// reads.
    public func finish(_ values: inout Matrix<Scalar>, of index: Int) {
        layers[index].activation.apply(to: &values)
        values.multiplyColumns(by: layers[index].gate)
    }

    /// The classes with the largest output for values `x`, shape (samples, neurons), of the first layer: the
    /// first among equals, and -1, which is no class, for a sample with an output that is NaN.
    ///
    /// - Complexity: one matrix product a layer.
    public func classes(of x: consuming Matrix<Scalar>, at site: Site) -> [Int] {
        var values = layers.isEmpty ? x : read(x, at: site)
        for index in layers.indices {
            if index > 0 { finish(&values, of: index - 1) }
            values = preActivations(of: index, reading: values)
        }
        let (last, gate) = layers.last.map { ($0.activation, $0.gate) } ?? (activation, gate)
        let isOutput = layers.isEmpty && site != .pre
        // The order of the outputs is that of their inputs, which rounding has made equal less often.
        if !isOutput, gate != nil || !last.keepsLargest {
            last.apply(to: &values)
            values.multiplyColumns(by: gate)
        }
        return values.largestColumns()
    }
}

extension Matrix {
    /// The elements of `matrix`, rounded to this precision.
    public init(converting matrix: RealMatrix) {
        let converted: Any =
            switch matrix {
            case .float(let x): Scalar.self == Float.self ? x : x.inDoubles
            case .double(let x): Scalar.self == Double.self ? x : narrowed(x)
            }
        guard let converted = converted as? Matrix else {
            preconditionFailure("a matrix of \(Scalar.self)")
        }
        self = converted
    }

    /// A copy of the rows at `indices`, in their order.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func gathered(_ indices: [Int]) -> Matrix {
        let columns = columns
        return withElements { source in
            Matrix(rows: indices.count, columns: columns) { target in
                for (row, index) in indices.enumerated() {
                    for column in 0..<columns {
                        target.initializeElement(
                            at: row * columns + column, to: source[index * columns + column])
                    }
                }
            }
        }
    }

    /// Multiplies each column by its factor; does nothing without factors.
    ///
    /// - Precondition: there is a factor a column.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public mutating func multiplyColumns(by factors: [Scalar]?) {
        guard let factors, !factors.isEmpty else { return }
        let columns = columns
        precondition(factors.count == columns, "\(factors.count) factors of \(columns) columns")
        withMutableElements { elements in
            for first in stride(from: 0, to: elements.count, by: columns) {
                for column in 0..<columns { elements[first + column] *= factors[column] }
            }
        }
    }

    /// The column with the largest element of each row, the first among equals; -1 for a row that holds NaN.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    func largestColumns() -> [Int] {
        withElements { elements in
            (0..<rows).map { row in
                let values = elements[row * columns..<(row + 1) * columns]
                guard !values.contains(where: \.isNaN) else { return -1 }
                return values.indices.dropFirst().reduce(values.startIndex) {
                    values[$1] > values[$0] ? $1 : $0
                } - values.startIndex
            }
        }
    }
}

private func narrowed(_ x: Matrix<Double>) -> Matrix<Float> {
    x.withElements { source in
        Matrix(rows: x.rows, columns: x.columns) { target in
            for index in source.indices {
                target.initializeElement(at: index, to: Float(source[index]))
            }
        }
    }
}
