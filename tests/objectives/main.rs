//! The f64 reference of every objective: its gradients are finite differences, and on a population it says what
//! `models.md` section 5 of the design prints.

mod delayed_feedback;
mod population;
mod reference;
