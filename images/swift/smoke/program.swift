import Dispatch
import Foundation

// A store of parts: reads orders, keeps the stock, and reports.

struct Part: Codable, Hashable {
    let name: String
    var count: Int
    var price: Decimal
}

enum OrderError: Error, CustomStringConvertible {
    case malformed(String)
    case unknown(String)
    case tooFew(have: Int, want: Int)

    var description: String {
        switch self {
        case .malformed(let line): return "cannot read '\(line)'"
        case .unknown(let name): return "there is no \(name)"
        case .tooFew(let have, let want): return "only \(have) of \(want)"
        }
    }
}

final class Store {
    private var parts: [String: Part] = [:]

    func handle(_ line: String) throws -> String {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("add", 4):
            guard let count = Int(words[2]), let price = Decimal(string: words[3]) else {
                throw OrderError.malformed(line)
            }
            parts[words[1], default: Part(name: words[1], count: 0, price: price)].count += count
            return "\(words[1]): \(parts[words[1]]!.count)"
        case ("take", 3):
            guard let count = Int(words[2]) else { throw OrderError.malformed(line) }
            guard let part = parts[words[1]] else { throw OrderError.unknown(words[1]) }
            guard part.count >= count else { throw OrderError.tooFew(have: part.count, want: count) }
            parts[words[1]]!.count -= count
            return "\(part.price * Decimal(count))"
        default:
            throw OrderError.malformed(line)
        }
    }

    var sorted: [Part] {
        parts.values.sorted { ($0.count, $1.name) > ($1.count, $0.name) }
    }
}

// A binary tree that is generic and a value.
indirect enum Tree<Element: Comparable> {
    case leaf
    case node(Tree, Element, Tree)

    func inserting(_ new: Element) -> Tree {
        guard case .node(let left, let element, let right) = self else { return .node(.leaf, new, .leaf) }
        return new < element
            ? .node(left.inserting(new), element, right)
            : .node(left, element, right.inserting(new))
    }

    var elements: [Element] {
        guard case .node(let left, let element, let right) = self else { return [] }
        return left.elements + [element] + right.elements
    }
}

actor Total {
    private(set) var value = 0
    func add(_ other: Int) { value += other }
}

func primes(below limit: Int) -> [Int] {
    var composite = [Bool](repeating: false, count: limit)
    for n in 2..<limit where !composite[n] {
        for multiple in stride(from: n * n, to: limit, by: n) { composite[multiple] = true }
    }
    return (2..<limit).filter { !composite[$0] }
}

let store = Store()
while let line = readLine() {
    do {
        print(line, "->", try store.handle(line))
    } catch {
        print(line, "->", error)
    }
}
let encoder = JSONEncoder()
encoder.outputFormatting = .sortedKeys
print(String(decoding: try encoder.encode(store.sorted), as: UTF8.self))

let tree = [5, 2, 8, 1, 9, 3].reduce(Tree.leaf) { $0.inserting($1) }
print(tree.elements.map(String.init).joined(separator: " "))

let total = Total()
await withTaskGroup(of: Void.self) { group in
    for n in 1...100 { group.addTask { await total.add(n) } }
}
print(await total.value)

var squares = [Int](repeating: 0, count: 1000)
squares.withUnsafeMutableBufferPointer { buffer in
    nonisolated(unsafe) let buffer = buffer
    DispatchQueue.concurrentPerform(iterations: 1000) { buffer[$0] = $0 * $0 }
}
print(squares.reduce(0, +), primes(below: 1_000_000).count)

let formatter = DateFormatter()
formatter.locale = Locale(identifier: "en_US_POSIX")
formatter.timeZone = TimeZone(identifier: "UTC")
formatter.dateFormat = "EEEE, d MMMM yyyy"
print(formatter.string(from: Date(timeIntervalSince1970: 86_400 * 365)), String(format: "%08.3f", 3.14159))

if let match = "key = value; other=1".firstMatch(of: #/(\w+)\s*=\s*(?<value>\d+)/#) {
    print(match.1, match.value)
}
