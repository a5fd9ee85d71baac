//! The way back: a run's parameters as they were when losses were last read, and in its best epoch.

/// A state that a run can go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// At the last reading of losses.
    Unproven,
    /// At the one before: good, since losses after it were finite.
    Good,
    /// Of the best epoch.
    Best,
}

/// The parameters that move, and those that were kept.
#[derive(Debug)]
pub struct States<N> {
    pub moving: N,
    unproven: N,
    good: N,
    best: Option<N>,
}

impl<N: Clone> States<N> {
    pub fn new(start: N) -> Self {
        Self { unproven: start.clone(), good: start.clone(), moving: start, best: None }
    }

    /// Goes on from another state, which is then the one to go back to.
    pub fn set(&mut self, state: N) {
        self.unproven = state.clone();
        self.good = state.clone();
        self.moving = state;
    }

    /// Losses were read, and were finite: what was kept at the last reading is good.
    pub fn prove(&mut self) {
        self.good = std::mem::replace(&mut self.unproven, self.moving.clone());
    }

    pub fn keep_best(&mut self) {
        self.best = Some(self.moving.clone());
    }

    pub fn best(&self) -> Option<&N> {
        self.best.as_ref()
    }

    pub fn restore(&mut self, to: Kept) {
        let state = match to {
            Kept::Unproven => self.unproven.clone(),
            Kept::Good => self.good.clone(),
            Kept::Best => self.best.take().unwrap_or_else(|| self.moving.clone()),
        };
        self.set(state);
    }
}
