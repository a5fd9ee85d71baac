//! How models are called and marked on the page.

/// A family of models, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Baselines,
    EntireSpace,
    Causal,
    Delayed,
    Own,
}

/// All of them, in order.
pub const FAMILIES: [Family; 5] =
    [Family::Baselines, Family::EntireSpace, Family::Causal, Family::Delayed, Family::Own];

impl Family {
    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Baselines => "Baselines",
            Self::EntireSpace => "Entire space",
            Self::Causal => "Causal",
            Self::Delayed => "Delayed feedback",
            Self::Own => "Your own",
        }
    }
}

/// How one model is presented.
struct Presented {
    name: &'static str,
    display_name: &'static str,
    family: Family,
    source: &'static str,
    dash: &'static str,
    description: &'static str,
}

/// A model's name as the page writes it.
pub fn display_name(name: &str) -> &str {
    presented(name).map_or(name, |model| model.display_name)
}

/// The family that a model belongs to.
pub fn family(name: &str) -> Family {
    presented(name).map_or(Family::Own, |model| model.family)
}

/// One line on what a model is.
pub fn description(name: &str) -> &'static str {
    presented(name).map_or("a model of your own", |model| model.description)
}

/// Where a model was published; empty for one's own.
pub fn source(name: &str) -> &'static str {
    presented(name).map_or("", |model| model.source)
}

/// A second channel beside the hue: the stroke pattern of a model's lines. Copies of a model share its hue and differ here.
pub fn dash(name: &str) -> &'static str {
    const OWN: [&str; 5] = ["8 3 2 3", "1 3", "14 4", "4 4 1 4", "2 6"];
    presented(name).map_or_else(|| OWN[name.bytes().map(usize::from).sum::<usize>() % OWN.len()], |model| model.dash)
}

/// The CSS colour of a model, from the tokens: hue belongs to models.
pub fn color(name: &str) -> String {
    format!("var(--model-{}, var(--model-other))", css_name(name))
}

fn presented(name: &str) -> Option<&'static Presented> {
    MODELS.iter().find(|model| model.name == name)
}

const fn model(
    name: &'static str,
    display_name: &'static str,
    family: Family,
    source: &'static str,
    dash: &'static str,
    description: &'static str,
) -> Presented {
    Presented { name, display_name, family, source, dash, description }
}

const MA: &str = "Ma et al. 2018";
const WEN: &str = "Wen et al. 2020";
const WANG: &str = "Wang et al. 2022";

#[rustfmt::skip] // a table
const MODELS: &[Presented] = &[
    model("naive", "naive CVR", Family::Baselines, MA, "6 3",
        "CVR learned from clicked impressions alone, the conventional way"),
    model("independent", "independent", Family::Baselines, WEN, "3 3",
        "naive CVR with nothing shared between the two nets"),
    model("oversampled", "oversampled", Family::Baselines, MA, "10 3",
        "naive CVR with every bought click counted several times: inflates pCVR unless corrected"),
    model("aman", "AMAN", Family::Baselines, MA, "2 4",
        "unclicked impressions taken as not bought: underestimates CVR by design"),
    model("unbias", "UNBIAS", Family::Baselines, MA, "6 2 2 2",
        "of the clicked impressions, the unlikely ones are kept more often"),
    model("division", "division", Family::Baselines, MA, "4 2 1 2",
        "two nets over all impressions; pCVR is pCTCVR divided by pCTR"),
    model("gbdt", "GBDT", Family::Baselines, WEN, "1 2",
        "gradient-boosted trees: CTR over impressions, CVR over clicks"),
    model("esmm", "ESMM", Family::EntireSpace, MA, "none",
        "pCTR × pCVR supervised over all impressions"),
    model("esmm_ns", "ESMM-NS", Family::EntireSpace, MA, "12 2 2 2",
        "ESMM without shared embeddings"),
    model("esm2", "ESM²", Family::EntireSpace, WEN, "2 2",
        "ESMM with the step between click and purchase as questions of its own"),
    model("hm3", "HM³", Family::EntireSpace, "Wen et al. 2021", "5 2 5 6",
        "ESM² with a smaller step, such as looking at pictures, before the cart"),
    model("esm2_returns", "ESM² returns", Family::EntireSpace, WEN, "2 2 8 2",
        "ESM² that also asks whether a purchase was returned, for the net conversion"),
    model("escm2_ips", "ESCM²-IPS", Family::Causal, WANG, "5 2",
        "ESMM, and a loss over clicks that weighs each by one over its probability"),
    model("escm2_dr", "ESCM²-DR", Family::Causal, WANG, "7 2 1 2 1 2",
        "ESCM²-IPS with an imputed loss for every impression"),
    model("dcmt", "DCMT", Family::Causal, "Zhu et al. 2023", "3 1",
        "ESMM with a second, counterfactual tower that learns from unclicked impressions"),
    model("dfm", "DFM", Family::Delayed, "Chapelle 2014", "9 2 1 2",
        "purchases arrive late: a recent click without one is not yet a negative"),
    model("dfm_entire", "DFM entire", Family::Delayed, "Chapelle 2014", "9 2 4 2",
        "DFM over all impressions: what comes late is pCTR × pCVR"),
];

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

    #[test]
    fn every_preset_is_presented_in_the_order_of_the_families() {
        let names = crate::domain::spec::model_names();
        assert!(names.iter().all(|name| family(name) != Family::Own && !source(name).is_empty()));
        assert!(names.is_sorted_by_key(|name| family(name)));
        let mut dashes: Vec<&str> = names.iter().map(|name| dash(name)).collect();
        dashes.sort_unstable();
        dashes.dedup();
        assert_eq!(dashes.len(), names.len(), "each has a dash of its own");
        assert_eq!((family("mine"), source("mine")), (Family::Own, ""));
    }
}
