// Reverses a line by code points: in UTF-8, a byte 10xxxxxx continues the one before.
#include <iostream>
#include <string>
#include <vector>

int main() {
    std::string line;
    std::getline(std::cin, line);
    std::vector<std::string> points;
    for (unsigned char byte : line) {
        if (points.empty() || (byte & 0xC0) != 0x80) points.emplace_back();
        points.back() += static_cast<char>(byte);
    }
    std::u32string greeting = U"Grüße, 世界";
    std::cout << "Grüße, 世界: ";
    for (auto point = points.rbegin(); point != points.rend(); ++point) std::cout << *point;
    std::cout << " (" << points.size() << ", " << greeting.size() << ")\n";
}
