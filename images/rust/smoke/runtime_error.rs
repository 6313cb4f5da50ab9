fn main() {
    let number: Result<i32, _> = "text".parse::<i32>();
    println!("{}", number.unwrap());
}
