//! One kernel for an objective: from the towers' logits to the losses and to the gradient of the logits.
//!
//! One workgroup walks over the batch once for each level of sums: a loss that is divided by how much weighs is known once that
//! is. In the last walk the gradient is written.

use std::fmt::Write;

use super::sheet::{Given, Operation, Place, Sheet};

/// Threads of the one workgroup.
const THREADS: usize = 256;

/// The kernel's text: what is common, then what the objective asks for.
///
/// # Shapes
/// - `values`: the losses and readings, one number each
/// - `gradients`: of each tower's logits, a column; none where nothing moves with them
pub(super) fn kernel(sheet: &Sheet, values: &[Place], gradients: &[Option<Place>]) -> String {
    let steps = Steps::new(sheet);
    let mut text = format!("const THREADS = {THREADS}u;\n");
    text.push_str(include_str!("objective.wgsl"));
    text.push_str("\n@compute @workgroup_size(THREADS)\nfn main(@builtin(local_invocation_index) thread: u32) {\n");
    text.push_str("  let n = batch[Rows];\n");
    // Writing to a string never fails.
    let mut say = |line: String| _ = writeln!(text, "  {line}");
    let wanted = steps.reachable(values.iter().chain(gradients.iter().flatten()).copied());
    let n_levels = wanted.iter().map(|&place| steps.levels[place]).max().unwrap_or_default();
    for level in 0..=n_levels {
        let of_level = wanted.iter().copied().filter(|&place| steps.levels[place] == level && steps.is_one(place));
        let (sums, others): (Vec<Place>, Vec<Place>) = of_level.partition(|&place| steps.operation(place).reduces());
        for &sum in &sums {
            let start = if matches!(steps.operation(sum), Operation::Min(_)) { "LARGEST" } else { "0.0" };
            say(format!("var part{sum} = {start};"));
        }
        if !sums.is_empty() {
            say("for (var i = thread; i < n; i += THREADS) {".to_owned());
            steps.columns(sums.iter().flat_map(|&sum| steps.operation(sum).sources()), &mut say);
            for &sum in &sums {
                match steps.operation(sum) {
                    Operation::Min(of) => say(format!("  part{sum} = min(part{sum}, x{of});")),
                    operation => say(format!("  part{sum} += x{};", operation.sources()[0])),
                }
            }
            say("}".to_owned());
        }
        for &sum in &sums {
            let of = if matches!(steps.operation(sum), Operation::Min(_)) { "least" } else { "total" };
            say(format!("let x{sum} = {of}(part{sum}, thread);"));
        }
        for place in others {
            say(steps.line(place));
        }
    }
    say("if thread == 0u {".to_owned());
    for (at, value) in values.iter().enumerate() {
        say(format!("  losses[batch[Slot] * {}u + {at}u] = x{value};", values.len()));
    }
    say("}".to_owned());
    say("for (var i = thread; i < n; i += THREADS) {".to_owned());
    steps.columns(gradients.iter().flatten().copied(), &mut say);
    for (tower, gradient) in gradients.iter().enumerate() {
        let value = gradient.map_or("0.0".to_owned(), |place| format!("x{place}"));
        say(format!("  of_logits[{tower}u * n + i] = {value};"));
    }
    say("}".to_owned());
    text.push_str("}\n");
    text
}

/// A sheet's operations in the order in which a kernel does them.
struct Steps<'a> {
    sheet: &'a Sheet,
    /// How many sums are to be known, one after the other, before an operation can be done.
    levels: Vec<usize>,
}

impl<'a> Steps<'a> {
    fn new(sheet: &'a Sheet) -> Self {
        let mut levels: Vec<usize> = Vec::new();
        for entry in sheet.entries().iter() {
            let sources = entry.operation.sources();
            let before = sources.iter().map(|&source| levels[source]).max().unwrap_or_default();
            levels.push(before + usize::from(entry.operation.reduces()));
        }
        Self { sheet, levels }
    }

    fn operation(&self, place: Place) -> Operation {
        self.sheet.entries()[place].operation
    }

    fn is_one(&self, place: Place) -> bool {
        self.sheet.entries()[place].is_one
    }

    /// These and all that they are made of, in order.
    fn reachable(&self, from: impl Iterator<Item = Place>) -> Vec<Place> {
        let mut open: Vec<Place> = from.collect();
        let mut is_reached = vec![false; self.levels.len()];
        while let Some(place) = open.pop() {
            if !std::mem::replace(&mut is_reached[place], true) {
                open.extend(self.operation(place).sources());
            }
        }
        (0..is_reached.len()).filter(|&place| is_reached[place]).collect()
    }

    /// The lines that compute columns, and the columns that they are made of, at row `i` of the batch.
    fn columns(&self, of: impl Iterator<Item = Place>, say: &mut impl FnMut(String)) {
        let mut open: Vec<Place> = of.collect();
        let mut wanted = vec![false; self.levels.len()];
        while let Some(place) = open.pop() {
            // One number is known by now.
            if !self.is_one(place) && !std::mem::replace(&mut wanted[place], true) {
                open.extend(self.operation(place).sources());
            }
        }
        for place in (0..wanted.len()).filter(|&place| wanted[place]) {
            say(format!("  {}", self.line(place)));
        }
    }

    /// The line that makes `x<place>`.
    fn line(&self, place: Place) -> String {
        let x = |place: Place| format!("x{place}");
        let right = match self.operation(place) {
            Operation::Given(Given::Logit(tower)) => format!("logits[{tower}u * n + i]"),
            Operation::Given(Given::Label(column)) => {
                format!("labels[{column}u * batch[LogRows] + batch[batch[RowsAt] + i]]")
            }
            Operation::Given(Given::Draw) => "bitcast<f32>(batch[batch[DrawsAt] + i])".to_owned(),
            Operation::Given(Given::Number(x)) => number(x),
            Operation::Given(Given::Share) => "1.0 / f32(n)".to_owned(),
            Operation::Neg(a) => format!("-x{a}"),
            Operation::Exp(a) => format!("exp(x{a})"),
            Operation::Log(a) => format!("log(x{a})"),
            Operation::LogSigmoid(a) => format!("log_sigmoid(x{a})"),
            Operation::Abs(a) => format!("abs(x{a})"),
            Operation::Sign(a) => format!("sign(x{a})"),
            Operation::Add(a, b) => format!("x{a} + x{b}"),
            Operation::Sub(a, b) => format!("x{a} - x{b}"),
            Operation::Mul(a, b) => format!("x{a} * x{b}"),
            Operation::Div(a, b) => format!("x{a} / x{b}"),
            Operation::AddNumber(a, b) => format!("x{a} + {}", number(b)),
            Operation::MulNumber(a, b) => format!("x{a} * {}", number(b)),
            Operation::ClampMin(a, b) => format!("select(x{a}, {0}, x{a} < {0})", number(b)),
            Operation::ClampMax(a, b) => format!("select(x{a}, {0}, x{a} > {0})", number(b)),
            Operation::Max(a, b) => format!("max(x{a}, x{b})"),
            Operation::Repeat(a) | Operation::Constant(a) => x(a),
            Operation::Lower(a, b) => format!("x{a} < x{b}"),
            Operation::LowerEqual(a, b) => format!("x{a} <= x{b}"),
            Operation::LowerNumber(a, b) => format!("x{a} < {}", number(b)),
            Operation::LowerEqualNumber(a, b) => format!("x{a} <= {}", number(b)),
            Operation::Select(truth, a, b) => format!("select(x{b}, x{a}, x{truth})"),
            // Made by the walk before.
            Operation::Sum(_) | Operation::Min(_) => return String::new(),
        };
        format!("let x{place} = {right};")
    }
}

/// A number as WGSL reads it back to the last bit.
fn number(bits: u32) -> String {
    format!("bitcast<f32>({bits}u)")
}
