void main() {
    var kept = new GenericArray<Bytes>();
    while (true) {
        var data = new uint8[100000];
        Memory.set(data, 1, data.length);
        kept.add(new Bytes.take((owned) data));
    }
}
