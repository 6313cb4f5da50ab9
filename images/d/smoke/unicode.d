import std.range, std.stdio, std.string, std.uni;

void main() {
    auto line = readln.chomp;
    writeln("Grüße, 世界: ", line.retro, " (", line.walkLength, ", ", "Grüße".toUpper, ")");
}
