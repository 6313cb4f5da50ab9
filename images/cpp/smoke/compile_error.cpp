#include <string>
int main() {
    std::string text = 1.5f + std::string("one");
}
