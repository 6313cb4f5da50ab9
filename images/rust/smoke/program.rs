use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::io::{self, BufRead, Write};
use std::iter::Peekable;
use std::str::{Chars, FromStr};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

// A calculator with variables: "x = 2 * (3 + y)".

#[derive(Debug)]
enum Problem {
    Unexpected(Option<char>),
    Unknown(String),
    DivisionByZero,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Problem::Unexpected(Some(c)) => write!(f, "unexpected {c:?}"),
            Problem::Unexpected(None) => write!(f, "unexpected end"),
            Problem::Unknown(name) => write!(f, "unknown variable {name}"),
            Problem::DivisionByZero => write!(f, "division by zero"),
        }
    }
}

impl std::error::Error for Problem {}

struct Parser<'a> {
    chars: Peekable<Chars<'a>>,
    variables: &'a HashMap<String, i64>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, variables: &'a HashMap<String, i64>) -> Self {
        Parser { chars: text.chars().peekable(), variables }
    }

    fn peek(&mut self) -> Option<char> {
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
        self.chars.peek().copied()
    }

    fn sum(&mut self) -> Result<i64, Problem> {
        let mut left = self.product()?;
        while let Some(operator @ ('+' | '-')) = self.peek() {
            self.chars.next();
            let right = self.product()?;
            left = if operator == '+' { left + right } else { left - right };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<i64, Problem> {
        let mut left = self.atom()?;
        while let Some(operator @ ('*' | '/')) = self.peek() {
            self.chars.next();
            let right = self.atom()?;
            left = match operator {
                '*' => left * right,
                _ => left.checked_div(right).ok_or(Problem::DivisionByZero)?,
            };
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<i64, Problem> {
        match self.peek() {
            Some('(') => {
                self.chars.next();
                let inner = self.sum()?;
                match self.peek() {
                    Some(')') => self.chars.next(),
                    other => return Err(Problem::Unexpected(other)),
                };
                Ok(inner)
            }
            Some(c) if c.is_alphanumeric() => {
                let mut word = String::new();
                while let Some(c) = self.chars.next_if(|c| c.is_alphanumeric()) {
                    word.push(c);
                }
                match i64::from_str(&word) {
                    Ok(number) => Ok(number),
                    Err(_) => self.variables.get(&word).copied().ok_or(Problem::Unknown(word)),
                }
            }
            other => Err(Problem::Unexpected(other)),
        }
    }
}

fn execute(line: &str, variables: &mut HashMap<String, i64>) -> Result<i64, Box<dyn std::error::Error>> {
    let (name, text) = line.split_once('=').ok_or("no assignment")?;
    let mut parser = Parser::new(text, variables);
    let value = parser.sum()?;
    if let Some(rest) = parser.peek() {
        return Err(Problem::Unexpected(Some(rest)).into());
    }
    variables.insert(name.trim().to_owned(), value);
    Ok(value)
}

// The fewest knight's moves between two squares.
fn knight(from: (i32, i32), to: (i32, i32)) -> Option<usize> {
    let mut queue = VecDeque::from([(from, 0)]);
    let mut seen = HashSet::from([from]);
    while let Some(((x, y), moves)) = queue.pop_front() {
        if (x, y) == to {
            return Some(moves);
        }
        for (dx, dy) in [(1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1)] {
            let next = (x + dx, y + dy);
            if (0..8).contains(&next.0) && (0..8).contains(&next.1) && seen.insert(next) {
                queue.push_back((next, moves + 1));
            }
        }
    }
    None
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout().lock();
    let mut variables = HashMap::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        match execute(&line, &mut variables) {
            Ok(value) => writeln!(out, "{line:<16}-> {value:>6}")?,
            Err(problem) => writeln!(out, "{line:<16}-> {problem}")?,
        }
    }
    let sorted: BTreeMap<_, _> = variables.iter().collect();
    writeln!(out, "{sorted:?}")?;
    writeln!(out, "{:?} {:?}", knight((0, 0), (7, 7)), knight((3, 3), (4, 5)))?;

    let (sender, receiver) = mpsc::channel();
    let total = Arc::new(Mutex::new(0u64));
    let threads: Vec<_> = (1..=4u64)
        .map(|n| {
            let (sender, total) = (sender.clone(), Arc::clone(&total));
            thread::spawn(move || {
                *total.lock().unwrap() += n;
                sender.send((1..=n * 10).filter(|i| i % 3 == 0).sum::<u64>()).unwrap();
            })
        })
        .collect();
    drop(sender);
    for thread in threads {
        thread.join().unwrap();
    }
    let mut sums: Vec<u64> = receiver.iter().collect();
    sums.sort_unstable_by(|a, b| b.cmp(a));
    writeln!(out, "{sums:?} {} {:.3e} {:#010b}", total.lock().unwrap(), 12345.678f64, 37)?;
    Ok(())
}
