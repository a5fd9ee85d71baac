//! Sharing an experiment as a link.

use crate::app::address::{Address, Tab};
use crate::app::format;
use crate::domain::spec::LONGEST_LINK;

/// The address after `#` that shows an experiment's link and a view.
///
/// # Errors
/// A sentence for a link that is too long for many programs: the experiment is saved as a file instead.
pub fn shared_hash(link: String, tab: Tab) -> Result<String, String> {
    if link.len() > LONGEST_LINK {
        let (length, longest) = (format::count(link.len()), format::count(LONGEST_LINK));
        return Err(text!(shell::share::too_long, length = length, longest = longest));
    }
    Ok(Address { link: Some(link), ..Address::default() }.with_view(tab).hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_shows_the_view_and_one_that_programs_would_cut_is_refused() {
        assert_eq!(shared_hash("v1.a.0".into(), Tab::Story).as_deref(), Ok("v1.a.0"));
        assert_eq!(shared_hash("v1.a.0".into(), Tab::Tree).as_deref(), Ok("v1.a.0&view=tree"));
        assert!(shared_hash("x".repeat(LONGEST_LINK), Tab::Story).is_ok());
        let refused = shared_hash("x".repeat(LONGEST_LINK + 1), Tab::Story).unwrap_err();
        assert!(refused.contains(&format::count(LONGEST_LINK + 1)), "{refused}");
    }
}
