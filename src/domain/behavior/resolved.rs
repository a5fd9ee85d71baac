//! A tree with its names resolved: which question follows an answer, and which answers lead to a question.

use super::BehaviorTree;

/// The questions of a tree by their indices.
///
/// Invariant: following answers ends, whatever was drawn: a question that is met again, or that is not there, ends the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedTree {
    /// By question: the one after "no" and the one after "yes".
    next: Vec<[Option<usize>; 2]>,
    /// By question: the answers that lead there from the first one.
    ways: Vec<Vec<(usize, bool)>>,
}

impl BehaviorTree {
    /// The tree with its names resolved.
    pub fn resolved(&self) -> ResolvedTree {
        let n = self.questions.len();
        let mut tree = ResolvedTree { next: vec![[None; 2]; n], ways: vec![Vec::new(); n] };
        let mut open: Vec<usize> = tree.first().into_iter().collect();
        while let Some(index) = open.pop() {
            let question = &self.questions[index];
            for (yes, name) in [(false, &question.no), (true, &question.yes)] {
                let next = name.as_deref().and_then(|name| self.question_index(name));
                let is_new = |next: &usize| *next != 0 && tree.ways[*next].is_empty();
                if let Some(next) = next.filter(is_new) {
                    tree.next[index][usize::from(yes)] = Some(next);
                    tree.ways[next] = tree.ways[index].iter().copied().chain([(index, yes)]).collect();
                    open.push(next);
                }
            }
        }
        tree
    }
}

impl ResolvedTree {
    /// The question that every impression is asked; `None` in an empty tree.
    pub fn first(&self) -> Option<usize> {
        if self.next.is_empty() { None } else { Some(0) }
    }

    /// The question after an answer; `None` at the end of the path.
    pub fn next(&self, question: usize, yes: bool) -> Option<usize> {
        self.next[question][usize::from(yes)]
    }

    /// Questions and answers that lead to `question`, from the first one.
    pub fn way(&self, question: usize) -> &[(usize, bool)] {
        &self.ways[question]
    }

    /// Answers on the longest path.
    pub fn depth(&self) -> usize {
        self.ways.iter().map(|way| way.len() + 1).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::spec::model_preset;

    #[test]
    fn every_question_knows_its_way_and_what_follows() {
        let tree = model_preset("esm2").unwrap().tree.resolved();
        assert_eq!((tree.first(), tree.depth()), (Some(0), 3));
        assert_eq!(tree.way(0), []);
        assert_eq!(tree.way(3), [(0, true), (1, false)]);
        assert_eq!((tree.next(1, true), tree.next(1, false), tree.next(0, false)), (Some(2), Some(3), None));
    }

    #[test]
    fn a_tree_with_a_cycle_ends_where_it_would_ask_again() {
        let mut tree = model_preset("esm2").unwrap().tree;
        tree.questions[2].yes = Some("y1".to_owned());
        tree.questions[3].no = Some("y3".to_owned());
        assert!(tree.validate().is_err());
        let found = tree.resolved();
        assert_eq!((found.next(2, true), found.depth()), (None, 3));
        assert!(found.next(3, false).is_none() || found.next(1, true).is_none());
    }
}
