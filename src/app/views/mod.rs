//! The tabs of the middle: Story, Tree, Towers, Metrics, Rows.
