//! Figures: SVG with a sentence and a table twin; canvas above a few thousand marks.
