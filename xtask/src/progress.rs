//! What a person sees while it works.

use std::time::Duration;

/// A step begins.
pub(crate) fn step(title: &str) {
    println!("==> {title}");
}

/// Something worth knowing inside a step.
pub(crate) fn note(text: &str) {
    println!("    {text}");
}

/// A time as people say it.
pub(crate) fn spoken(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_minutes_only_when_they_reach_one() {
        assert_eq!(spoken(Duration::from_millis(400)), "0 s");
        assert_eq!(spoken(Duration::from_secs(59)), "59 s");
        assert_eq!(spoken(Duration::from_secs(125)), "2 min 05 s");
    }
}
