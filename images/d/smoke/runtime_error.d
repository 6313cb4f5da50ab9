import std.conv, std.stdio, std.string;

void main() {
    writeln("before");
    writeln(readln.chomp.to!int);
}
