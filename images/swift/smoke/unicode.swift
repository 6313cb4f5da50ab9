let größe = "Grüße, 世界 🌍"
print(größe)
if let line = readLine() {
    // The flag and the family are one character each.
    print(String(line.reversed()), line.count, line.unicodeScalars.count, line.utf8.count)
    print(line.uppercased(), line == "Straße 🇩🇪👨‍👩‍👧 ne\u{301}")
}
