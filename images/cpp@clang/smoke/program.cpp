// A small ledger: reads bookings, keeps accounts, reports, and finds the cheapest way through a graph of exchange fees.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <format>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <ranges>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

struct Deposit { std::string account; std::int64_t cents; };
struct Transfer { std::string from, to; std::int64_t cents; };
using Booking = std::variant<Deposit, Transfer>;

template <class... Fs> struct overloaded : Fs... { using Fs::operator()...; };

std::optional<Booking> parse(const std::string& line) {
    std::istringstream in(line);
    std::string kind, first, second;
    double amount;
    if (!(in >> kind)) return std::nullopt;
    if (kind == "deposit" && in >> first >> amount) return Deposit{first, std::llround(amount * 100)};
    if (kind == "transfer" && in >> first >> second >> amount) return Transfer{first, second, std::llround(amount * 100)};
    throw std::invalid_argument("cannot read: " + line);
}

class Ledger {
    std::map<std::string, std::int64_t> balances;

public:
    void book(const Booking& booking) {
        std::visit(overloaded{
            [&](const Deposit& d) { balances[d.account] += d.cents; },
            [&](const Transfer& t) {
                if (balances[t.from] < t.cents) throw std::runtime_error(std::format("{} has too little", t.from));
                balances[t.from] -= t.cents;
                balances[t.to] += t.cents;
            }}, booking);
    }

    void report(std::ostream& out) const {
        std::vector<std::pair<std::string, std::int64_t>> rows(balances.begin(), balances.end());
        std::ranges::stable_sort(rows, std::greater{}, [](const auto& row) { return row.second; });
        for (const auto& [name, cents] : rows) out << std::format("{:<8}{:>10.2f}\n", name, cents / 100.0);
        auto all = std::accumulate(rows.begin(), rows.end(), std::int64_t{0}, [](auto sum, const auto& row) { return sum + row.second; });
        out << std::format("{:-<18}\n{:>18.2f}\n", "", all / 100.0);
    }
};

int cheapest(const std::map<char, std::map<char, int>>& fees, char from, char to) {
    using Step = std::pair<int, char>;
    std::priority_queue<Step, std::vector<Step>, std::greater<>> open;
    std::map<char, int> best;
    open.emplace(0, from);
    while (!open.empty()) {
        auto [cost, place] = open.top();
        open.pop();
        if (place == to) return cost;
        if (!best.emplace(place, cost).second) continue;
        if (auto next = fees.find(place); next != fees.end())
            for (auto [other, fee] : next->second) open.emplace(cost + fee, other);
    }
    return -1;
}

int main() {
    Ledger ledger;
    for (std::string line; std::getline(std::cin, line);) {
        try {
            if (auto booking = parse(line)) ledger.book(*booking);
        } catch (const std::exception& e) {
            std::cout << "refused: " << e.what() << '\n';
        }
    }
    ledger.report(std::cout);

    std::cout << cheapest({{'a', {{'b', 7}, {'c', 2}}}, {'c', {{'b', 3}, {'d', 8}}}, {'b', {{'d', 1}}}}, 'a', 'd') << '\n';

    auto squares = std::views::iota(1) | std::views::transform([](int n) { return n * n; })
                 | std::views::filter([](int n) { return n % 3 == 1; }) | std::views::take(5);
    for (int n : squares) std::cout << n << ' ';
    std::cout << '\n';

    std::vector<std::uint64_t> parts(4);
    {
        std::vector<std::jthread> workers;
        for (std::uint64_t w = 0; w < 4; w++)
            workers.emplace_back([&parts, w] { for (std::uint64_t n = w; n < 1'000'000; n += 4) parts[w] += n; });
    }
    std::cout << std::reduce(parts.begin(), parts.end()) << '\n';
}
