//! The message loop around the trainer.
