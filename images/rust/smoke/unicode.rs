use std::io;

fn main() {
    let größe = "Grüße, 世界 🌍";
    let mut line = String::new();
    io::stdin().read_line(&mut line).unwrap();
    let line = line.trim_end();
    let reversed: String = line.chars().rev().collect();
    println!("{größe}");
    println!("{reversed} {} {}", line.chars().count(), line.to_uppercase());
}
