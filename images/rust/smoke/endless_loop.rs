use std::hint::black_box;

fn main() {
    let mut count: u64 = 0;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}
