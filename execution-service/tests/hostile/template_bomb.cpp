// Templates, each of which needs two others: two to the thirtieth.
// expect: timeLimit|memoryLimit
// compileLimits: {"wallMs": 1000}
template <int depth, int path> struct Bomb {
    static constexpr long value = Bomb<depth - 1, path * 2>::value + Bomb<depth - 1, path * 2 + 1>::value;
};
template <int path> struct Bomb<0, path> { static constexpr long value = path; };
int main() { return Bomb<30, 0>::value % 2; }
