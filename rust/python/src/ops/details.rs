//! What docstrings say besides their first sentence: shapes, dtypes, errors, sources. The text stands in `details.md`,
//! whose headings are the names of the declarations that a section is about.

use std::sync::OnceLock;

const TEXT: &str = include_str!("details.md");

type Section = (Vec<&'static str>, String);

fn sections() -> &'static [Section] {
    static SECTIONS: OnceLock<Vec<Section>> = OnceLock::new();
    SECTIONS.get_or_init(|| TEXT.split("# ").filter(|part| !part.trim().is_empty()).map(section).collect())
}

fn section(part: &'static str) -> Section {
    let (names, text) = part.split_once('\n').unwrap_or((part, ""));
    (names.split_whitespace().collect(), text.trim().to_owned())
}

/// The details of a declaration, if there are any.
pub(crate) fn of(name: &str) -> Option<&'static str> {
    sections().iter().find(|(names, _)| names.contains(&name)).map(|(_, text)| text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops;

    #[test]
    fn every_heading_names_declarations_once() {
        let declared: Vec<&str> = ops::table().flat_map(|decl| decl.aliases.iter().chain([&decl.name])).copied().collect();
        let mut names: Vec<&str> = sections().iter().flat_map(|(names, _)| names).copied().collect();
        for name in &names {
            assert!(declared.contains(name), "{name} is no declaration");
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "an op has two sections");
        assert!(sections().iter().all(|(_, text)| !text.is_empty()));
    }
}
