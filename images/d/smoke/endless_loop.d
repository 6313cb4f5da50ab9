import core.volatile;

void main() {
    uint turns;
    for (;;) volatileStore(&turns, turns + 1);
}
