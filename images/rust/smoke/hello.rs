use std::io;

fn main() {
    let mut line = String::new();
    io::stdin().read_line(&mut line).expect("a line");
    println!("Hello, {}!", line.trim_end());
}
