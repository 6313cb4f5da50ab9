import Dispatch
import Foundation
import FoundationNetworking
import FoundationXML
import Glibc
import Observation
import RegexBuilder
import Synchronization

// Shows that macros and the libraries work, too.
@Observable
final class Counter {
    var value = 0
}

let counter = Counter()
counter.value += 1
print(counter.value, String(format: "%.2f", sqrt(2.0)), "2024-01-31".contains(#/\d+-\d+/#))
