// Takes all the memory it can get, and thinks that it handles the want of it.
// expect: memoryLimit
// limits: {"memoryBytes": 100663296, "wallMs": 15000, "cpuMs": 15000}
#include <cstring>
#include <new>
int main() {
    for (;;) {
        try { std::memset(new char[1 << 20], 1, 1 << 20); } catch (const std::bad_alloc &) {}
    }
}
