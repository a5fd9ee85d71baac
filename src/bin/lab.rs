//! The headless lab's process.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(esmm_playground::lab::main())
}
