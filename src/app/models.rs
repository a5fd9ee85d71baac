//! How models are called and marked on the page.

/// A model's name as the page writes it.
pub fn display_name(name: &str) -> &str {
    match name {
        "naive" => "naive CVR",
        "esmm" => "ESMM",
        "esm2" => "ESM²",
        other => other,
    }
}

/// One line on what a model is.
pub fn description(name: &str) -> &'static str {
    match name {
        "naive" => "CVR learned from clicked impressions alone, the conventional way",
        "esmm" => "pCTR × pCVR supervised over all impressions",
        "esm2" => "ESMM with the step between click and purchase as questions of its own",
        _ => "a model of your own",
    }
}

/// The CSS colour of a model, from the tokens: hue belongs to models.
pub fn color(name: &str) -> String {
    format!("var(--model-{}, var(--model-other))", css_name(name))
}

/// A second channel beside the hue: the stroke pattern of a model's lines.
pub fn dash(name: &str) -> &'static str {
    match name {
        "naive" => "6 3",
        "esmm" => "none",
        "esm2" => "2 2",
        _ => "8 3 2 3",
    }
}

fn css_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_cannot_leave_its_custom_property() {
        assert_eq!(color("a);x:y"), "var(--model-a--x-y, var(--model-other))");
    }

    #[test]
    fn the_papers_names_are_written_as_in_the_papers() {
        assert_eq!(["naive", "esmm", "esm2", "mine"].map(display_name), ["naive CVR", "ESMM", "ESM²", "mine"]);
    }
}
