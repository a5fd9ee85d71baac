//! Lists of numbers as a user types them.

/// `64-32`
pub fn layers_text(widths: &[usize]) -> String {
    if widths.is_empty() {
        return text!(units::no_layers).to_owned();
    }
    widths.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

/// Widths of up to six layers of 1–1024; `None` for other text.
pub fn parse_layers(text: &str) -> Option<Vec<usize>> {
    if text.trim().eq_ignore_ascii_case(text!(units::no_layers)) {
        return Some(Vec::new());
    }
    let widths: Vec<usize> = numbers(text)?;
    let is_fine = (1..=6).contains(&widths.len()) && widths.iter().all(|width| (1..=1024).contains(width));
    is_fine.then_some(widths)
}

/// `1, 2, 3`
pub fn seeds_text(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// One to ten different seeds; `None` for other text.
pub fn parse_seeds(text: &str) -> Option<Vec<u64>> {
    let mut seeds: Vec<u64> = Vec::new();
    for seed in numbers(text)? {
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    (1..=10).contains(&seeds.len()).then_some(seeds)
}

fn numbers<N: std::str::FromStr>(text: &str) -> Option<Vec<N>> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_read_as_they_are_written() {
        let cases = [
            ("64-32", Some(vec![64, 32])),
            ("360, 200 80", Some(vec![360, 200, 80])),
            ("none", Some(vec![])),
            ("", None),
            ("0", None),
            ("2000", None),
            ("64-x", None),
            ("1-1-1-1-1-1-1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_layers(text), expected, "{text}");
        }
        assert_eq!(parse_layers(&layers_text(&[64, 32])), Some(vec![64, 32]));
    }

    #[test]
    fn seeds_are_few_and_different() {
        assert_eq!(parse_seeds("1, 2,2 3"), Some(vec![1, 2, 3]));
        assert_eq!(parse_seeds("one"), None);
        assert_eq!(parse_seeds(""), None);
        assert_eq!(parse_seeds("1 2 3 4 5 6 7 8 9 10 11"), None);
    }
}
