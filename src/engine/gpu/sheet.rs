//! Columns that are not computed but written down: what an objective does, for a kernel to do it.
//!
//! An objective is run once on these. Its gradient is then written on the same sheet in the same operations (reverse mode;
//! Griewank and Walther 2008, chapter 3), and `objective.rs` makes one kernel of all of it.

use std::cell::{Ref, RefCell};
use std::collections::HashMap;
use std::ops::{Add, Div, Mul, Sub};
use std::rc::Rc;

use crate::engine::column::Column;

/// Where an operation stands on its sheet. It reads only earlier ones.
pub(super) type Place = usize;

/// What makes a column, or one number. Numbers by their bits, so that equal operations are found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Given(Given),
    Neg(Place),
    Exp(Place),
    Log(Place),
    LogSigmoid(Place),
    Abs(Place),
    Sign(Place),
    Add(Place, Place),
    Sub(Place, Place),
    Mul(Place, Place),
    Div(Place, Place),
    AddNumber(Place, u32),
    MulNumber(Place, u32),
    ClampMin(Place, u32),
    ClampMax(Place, u32),
    Max(Place, Place),
    /// One number from a column.
    Sum(Place),
    Min(Place),
    /// A column from one number.
    Repeat(Place),
    /// The same without a gradient.
    Constant(Place),
    Lower(Place, Place),
    LowerEqual(Place, Place),
    LowerNumber(Place, u32),
    LowerEqualNumber(Place, u32),
    /// The second where the first, a truth, holds; else the third.
    Select(Place, Place, Place),
}

/// What a kernel is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Given {
    /// Of a tower: what the gradient is taken by.
    Logit(usize),
    /// A column of the log.
    Label(usize),
    /// What the objective drew for each row.
    Draw,
    /// One number.
    Number(u32),
    /// One over the rows of the batch: one number.
    Share,
}

/// An operation on a sheet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub operation: Operation,
    /// Whether it is one number and not a column.
    pub is_one: bool,
    /// Whether it moves with some logit.
    moves: bool,
}

/// What was written down so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet(Rc<RefCell<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    all: Vec<Entry>,
    known: HashMap<Operation, Place>,
}

/// A column on a sheet.
#[derive(Debug, Clone)]
pub(super) struct Written {
    sheet: Sheet,
    pub place: Place,
}

/// A truth for each place of a column.
#[derive(Debug, Clone)]
pub(super) struct Truth(Written);

impl Operation {
    /// What it reads.
    pub fn sources(self) -> Vec<Place> {
        match self {
            Self::Given(_) => Vec::new(),
            Self::Neg(a) | Self::Exp(a) | Self::Log(a) | Self::LogSigmoid(a) | Self::Abs(a) | Self::Sign(a) => vec![a],
            Self::AddNumber(a, _) | Self::MulNumber(a, _) | Self::ClampMin(a, _) | Self::ClampMax(a, _) => vec![a],
            Self::Sum(a) | Self::Min(a) | Self::Repeat(a) | Self::Constant(a) => vec![a],
            Self::LowerNumber(a, _) | Self::LowerEqualNumber(a, _) => vec![a],
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) | Self::Max(a, b) => vec![a, b],
            Self::Lower(a, b) | Self::LowerEqual(a, b) => vec![a, b],
            Self::Select(truth, a, b) => vec![truth, a, b],
        }
    }

    /// Whether it makes one number of a whole column.
    pub fn reduces(self) -> bool {
        matches!(self, Self::Sum(_) | Self::Min(_))
    }
}

impl Sheet {
    pub fn given(&self, given: Given) -> Written {
        self.write(Operation::Given(given))
    }

    pub fn entries(&self) -> Ref<'_, [Entry]> {
        Ref::map(self.0.borrow(), |entries| entries.all.as_slice())
    }

    /// The gradient of one number by the logits of each tower; none where it does not move with them.
    pub fn gradients(&self, of: &Written, n_towers: usize) -> Vec<Option<Written>> {
        let logits: Vec<Place> = (0..n_towers).map(|tower| self.given(Given::Logit(tower)).place).collect();
        let mut slopes: Vec<Option<Written>> = vec![None; self.entries().len()];
        slopes[of.place] = Some(self.number(1.0));
        for place in (0..=of.place).rev() {
            let Entry { operation, moves, .. } = self.entries()[place];
            let Some(slope) = slopes[place].clone().filter(|_| moves) else { continue };
            for (source, part) in self.flowing_back(place, operation, slope) {
                if self.entries()[source].moves {
                    slopes[source] = Some(match slopes[source].take() {
                        Some(sum) => sum + part,
                        None => part,
                    });
                }
            }
        }
        logits.into_iter().map(|logit| slopes[logit].take()).collect()
    }

    /// What flows back from an operation with the gradient `slope` to what it read.
    fn flowing_back(&self, place: Place, operation: Operation, slope: Written) -> Vec<(Place, Written)> {
        let at = |place: Place| Written { sheet: self.clone(), place };
        let slope = || slope.clone();
        match operation {
            Operation::Given(_) | Operation::Constant(_) | Operation::Sign(_) => Vec::new(),
            // Of constants alone.
            Operation::Min(_) | Operation::Max(..) => Vec::new(),
            Operation::Lower(..) | Operation::LowerEqual(..) => Vec::new(),
            Operation::LowerNumber(..) | Operation::LowerEqualNumber(..) => Vec::new(),
            Operation::Neg(a) => vec![(a, slope().neg())],
            Operation::Exp(a) => vec![(a, slope() * at(place))],
            Operation::Log(a) => vec![(a, slope() / at(a))],
            // The slope of ln σ(x) is σ(−x).
            Operation::LogSigmoid(a) => vec![(a, slope() * at(a).neg().log_sigmoid().exp())],
            Operation::Abs(a) => vec![(a, slope() * self.write(Operation::Sign(a)))],
            Operation::Add(a, b) => vec![(a, slope()), (b, slope())],
            Operation::Sub(a, b) => vec![(a, slope()), (b, slope().neg())],
            Operation::Mul(a, b) => vec![(a, slope() * at(b)), (b, slope() * at(a))],
            Operation::Div(a, b) => vec![(a, slope() / at(b)), (b, (slope() * at(place) / at(b)).neg())],
            Operation::AddNumber(a, _) => vec![(a, slope())],
            Operation::MulNumber(a, x) => vec![(a, self.write(Operation::MulNumber(slope().place, x)))],
            Operation::ClampMin(a, least) => {
                let is_below = self.write(Operation::LowerNumber(a, least));
                vec![(a, self.select(&is_below, self.zero_like(a), slope()))]
            }
            Operation::ClampMax(a, most) => {
                let is_inside = self.write(Operation::LowerEqualNumber(a, most));
                vec![(a, self.select(&is_inside, slope(), self.zero_like(a)))]
            }
            Operation::Sum(a) => vec![(a, self.write(Operation::Repeat(slope().place)))],
            Operation::Repeat(a) => vec![(a, slope().sum())],
            Operation::Select(truth, a, b) => {
                let truth = at(truth);
                let [of_a, of_b] = [[slope(), self.zero_like(a)], [self.zero_like(b), slope()]];
                let select = |[yes, no]: [Written; 2]| self.select(&truth, yes, no);
                vec![(a, select(of_a)), (b, select(of_b))]
            }
        }
    }

    fn number(&self, x: f32) -> Written {
        self.given(Given::Number(x.to_bits()))
    }

    fn zero_like(&self, like: Place) -> Written {
        let zero = self.number(0.0);
        if self.entries()[like].is_one { zero } else { self.write(Operation::Repeat(zero.place)) }
    }

    fn select(&self, truth: &Written, yes: Written, no: Written) -> Written {
        self.write(Operation::Select(truth.place, yes.place, no.place))
    }

    /// Writes an operation down, or finds it.
    fn write(&self, operation: Operation) -> Written {
        let mut entries = self.0.borrow_mut();
        let next = entries.all.len();
        let place = *entries.known.entry(operation).or_insert(next);
        if place == next {
            let entry = Entry {
                operation,
                is_one: match operation {
                    Operation::Given(given) => matches!(given, Given::Number(_) | Given::Share),
                    Operation::Repeat(_) => false,
                    _ => operation.reduces() || operation.sources().iter().all(|&source| entries.all[source].is_one),
                },
                moves: match operation {
                    Operation::Given(given) => matches!(given, Given::Logit(_)),
                    Operation::Constant(_) => false,
                    _ => operation.sources().iter().any(|&source| entries.all[source].moves),
                },
            };
            entries.all.push(entry);
        }
        Written { sheet: self.clone(), place }
    }
}

impl Written {
    fn then(self, operation: impl FnOnce(Place) -> Operation) -> Self {
        self.sheet.write(operation(self.place))
    }

    fn with(self, other: &Self, operation: impl FnOnce(Place, Place) -> Operation) -> Self {
        self.sheet.write(operation(self.place, other.place))
    }

    fn with_number(self, x: f64, operation: impl FnOnce(Place, u32) -> Operation) -> Self {
        self.sheet.write(operation(self.place, (x as f32).to_bits()))
    }
}

impl Add for Written {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(&other, Operation::Add)
    }
}

impl Sub for Written {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.with(&other, Operation::Sub)
    }
}

impl Mul for Written {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        self.with(&other, Operation::Mul)
    }
}

impl Div for Written {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        self.with(&other, Operation::Div)
    }
}

impl Column for Written {
    type Mask = Truth;

    fn neg(self) -> Self {
        self.then(Operation::Neg)
    }

    fn exp(self) -> Self {
        self.then(Operation::Exp)
    }

    fn log(self) -> Self {
        self.then(Operation::Log)
    }

    fn log_sigmoid(self) -> Self {
        self.then(Operation::LogSigmoid)
    }

    fn log_sigmoids(self) -> [Self; 2] {
        [self.clone().log_sigmoid(), self.neg().log_sigmoid()]
    }

    fn abs(self) -> Self {
        self.then(Operation::Abs)
    }

    fn add_scalar(self, x: f64) -> Self {
        self.with_number(x, Operation::AddNumber)
    }

    fn mul_scalar(self, x: f64) -> Self {
        self.with_number(x, Operation::MulNumber)
    }

    fn clamp_min(self, least: f64) -> Self {
        self.with_number(least, Operation::ClampMin)
    }

    fn clamp_max(self, most: f64) -> Self {
        self.with_number(most, Operation::ClampMax)
    }

    fn sum(self) -> Self {
        self.then(Operation::Sum)
    }

    fn mean(self) -> Self {
        let share = self.sheet.given(Given::Share);
        self.sum() * share
    }

    fn min(self) -> Self {
        self.then(Operation::Min)
    }

    fn max_pair(self, other: Self) -> Self {
        self.with(&other, Operation::Max)
    }

    fn expand_like(self, _: &Self) -> Self {
        self.then(Operation::Repeat)
    }

    fn constant(self) -> Self {
        self.then(Operation::Constant)
    }

    fn lower(self, than: Self) -> Truth {
        Truth(self.with(&than, Operation::Lower))
    }

    fn lower_equal(self, than: Self) -> Truth {
        Truth(self.with(&than, Operation::LowerEqual))
    }

    fn lower_elem(self, than: f64) -> Truth {
        Truth(self.with_number(than, Operation::LowerNumber))
    }

    fn lower_equal_elem(self, than: f64) -> Truth {
        Truth(self.with_number(than, Operation::LowerEqualNumber))
    }

    fn mask_where(self, mask: Truth, others: Self) -> Self {
        self.sheet.clone().select(&mask.0, others, self)
    }

    fn mask_fill(self, mask: Truth, x: f64) -> Self {
        let sheet = self.sheet.clone();
        let number = sheet.number(x as f32);
        let filled = if sheet.entries()[self.place].is_one { number } else { number.then(Operation::Repeat) };
        sheet.select(&mask.0, filled, self)
    }

    fn of_mask(mask: Truth) -> Self {
        let sheet = mask.0.sheet.clone();
        let of = |x| sheet.number(x).then(Operation::Repeat);
        sheet.select(&mask.0, of(1.0), of(0.0))
    }
}
