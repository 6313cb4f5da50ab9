fn main() {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    loop {
        let byte = blocks.len() as u8 | 1;
        blocks.push(vec![byte; 1 << 20]);
        if blocks.iter().all(|block| block[0] == 0) {
            println!("{}", blocks.len());
        }
    }
}
