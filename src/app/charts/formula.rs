//! The formula of an event, as tokens that the tree can highlight: `pCTCVR = y1·(y2·y3 + (1−y2)·y4)`.

use crate::domain::behavior::{BehaviorTree, Event, Mass, event_mass};

use super::names;
use crate::app::format;

/// A piece of a formula.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// Operators and brackets.
    Text(&'static str),
    /// A question's probability, or its complement.
    Term { question: usize, complement: bool },
}

/// The event's probability as tokens, without a left side. Expects a valid tree.
pub fn formula(tree: &BehaviorTree, event: &Event) -> Vec<Token> {
    let mut tokens = Vec::new();
    expand(&event_mass(tree, event), &mut tokens);
    tokens
}

fn expand(mass: &Mass, tokens: &mut Vec<Token>) {
    let Mass::Question { question, yes, no } = mass else {
        tokens.push(Token::Text(if *mass == Mass::Always { "1" } else { "0" }));
        return;
    };
    let mut written = false;
    for (complement, branch) in [(false, yes), (true, no)] {
        if **branch == Mass::Never {
            continue;
        }
        if written {
            tokens.push(Token::Text(" + "));
        }
        written = true;
        tokens.push(Token::Term { question: *question, complement });
        if **branch != Mass::Always {
            tokens.push(Token::Text("·"));
            let bracketed = is_sum(branch);
            if bracketed {
                tokens.push(Token::Text("("));
            }
            expand(branch, tokens);
            if bracketed {
                tokens.push(Token::Text(")"));
            }
        }
    }
}

fn is_sum(mass: &Mass) -> bool {
    matches!(mass, Mass::Question { yes, no, .. } if **yes != Mass::Never && **no != Mass::Never)
}

/// A token with symbols: `y1`, `(1−y2)`.
pub fn symbolic(tree: &BehaviorTree, token: &Token) -> String {
    match token {
        Token::Text(text) => (*text).to_owned(),
        Token::Term { question, complement } => {
            let symbol = names::symbol(&tree.questions[*question].name);
            if *complement { format!("(1−{symbol})") } else { symbol }
        }
    }
}

/// A token with numbers: `0.0412`, `(1−0.201)`.
pub fn numeric(token: &Token, p_yes: impl Fn(usize) -> f64) -> String {
    match token {
        Token::Text(text) => (*text).to_owned(),
        Token::Term { question, complement } => {
            let p = format::significant(p_yes(*question), 3);
            if *complement { format!("(1−{p})") } else { p }
        }
    }
}

/// The formula's value for one probability per question.
pub fn evaluate(tree: &BehaviorTree, event: &Event, p_yes: impl Fn(usize) -> f64) -> f64 {
    fn of(mass: &Mass, p_yes: &impl Fn(usize) -> f64) -> f64 {
        match mass {
            Mass::Always => 1.0,
            Mass::Never => 0.0,
            Mass::Question { question, yes, no } => {
                let p = p_yes(*question);
                p * of(yes, p_yes) + (1.0 - p) * of(no, p_yes)
            }
        }
    }
    of(&event_mass(tree, event), &p_yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::charts::behavior_tree::tests::{esm2, esmm};

    fn event(answers: &[(&str, bool)], given: Option<&str>) -> Event {
        Event {
            name: "event".to_owned(),
            answers: answers.iter().map(|(l, a)| ((*l).to_owned(), *a)).collect(),
            given: given.map(str::to_owned),
        }
    }

    fn written(tree: &BehaviorTree, event: &Event) -> String {
        formula(tree, event).iter().map(|t| symbolic(tree, t)).collect()
    }

    #[test]
    fn formulas_read_as_in_the_papers() {
        let buy = [("conversion", true)];
        for (tree, answers, given, text) in [
            (esm2(), &buy[..], None, "y1·(y2·y3 + (1−y2)·y4)"),
            (esm2(), &buy[..], Some("y1"), "y2·y3 + (1−y2)·y4"),
            (esm2(), &[("action", true)][..], None, "y1·y2"),
            (esmm(), &buy[..], None, "pCTR·pCVR"),
            (esmm(), &[("click", true)][..], None, "pCTR"),
        ] {
            assert_eq!(written(&tree, &event(answers, given)), text);
        }
    }

    #[test]
    fn a_formula_is_worth_what_its_numbers_say() {
        let p = [0.04, 0.2, 0.3, 0.05];
        let value = evaluate(&esm2(), &event(&[("conversion", true)], None), |q| p[q]);
        assert!((value - 0.04 * (0.2 * 0.3 + 0.8 * 0.05)).abs() < 1e-15);
    }
}
