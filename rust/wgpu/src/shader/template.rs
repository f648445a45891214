//! The templates of `shaders/`: substitution and linking, nothing else.
//!
//! * `${name}` stands for a value that the host chooses: an element type, an op, a tile size.
//! * A line `@each i 4, j 2: text` is repeated for each `i` below 4 and `j` below 2, with `#i` and `#j` in the text as numbers:
//!   registers have no indices, and drivers do not unroll every loop.
//! * A *library* file is a list of top-level items (functions, constants, bindings). A shader gets those items of its
//!   libraries that it mentions, and what they mention in turn; where two libraries define a name the first wins.
//! * Comments are dropped.
//!
//! `tests/shaders/template.py` is the same in Python, so that the files can be run without this crate.

use rustc_hash::FxHashMap;

/// Replaces `${name}` by values. Names that have no value stay, and make the shader invalid.
pub(crate) fn substitute(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let tail = &rest[start..];
        rest = tail;
        let Some(end) = tail.find('}') else { break };
        match values.iter().find(|(name, _)| *name == &tail[2..end]) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&tail[..=end]),
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    if out.contains(EACH) { out.lines().map(|line| unroll(line) + "\n").collect() } else { out }
}

/// What a line that is to be repeated begins with.
const EACH: &str = "@each ";

/// A line, repeated where it says so.
fn unroll(line: &str) -> String {
    let Some((counts, text)) = line.trim_start().strip_prefix(EACH).and_then(|rest| rest.split_once(':')) else {
        return line.to_owned();
    };
    let mut lines = vec![format!("    {}", text.trim_start())];
    for count in counts.split(',') {
        let Some((name, n)) = count.trim().split_once(' ') else { continue };
        let number = |line: &String| {
            (0..n.parse().unwrap_or(0)).map(|i: u32| line.replace(&format!("#{name}"), &i.to_string())).collect::<Vec<_>>()
        };
        lines = lines.iter().flat_map(number).collect();
    }
    lines.join("\n")
}

/// Items by name, in the order of the libraries.
#[derive(Default)]
pub(crate) struct Library {
    items: FxHashMap<String, String>,
}

impl Library {
    /// Adds a file's items; names that are known already are passed over.
    pub(crate) fn add(&mut self, text: &str) {
        for item in split_items(&strip_comments(text)) {
            if let Some(name) = item_name(&item) {
                self.items.entry(name.to_owned()).or_insert(item);
            }
        }
    }

    /// Does a library define the name?
    #[cfg(test)]
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.items.contains_key(name)
    }

    /// The root text, followed by every item that it needs.
    pub(crate) fn link(mut self, root: &str) -> String {
        let mut out = strip_comments(root);
        let mut from = 0;
        while from < out.len() {
            let needed: Vec<String> = identifiers(&out[from..]).filter_map(|name| self.items.remove(name)).collect();
            from = out.len();
            out.extend(needed);
        }
        out
    }
}

fn strip_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default().trim_end()).filter(|line| !line.is_empty()).fold(
        String::with_capacity(text.len()),
        |mut out, line| {
            out.push_str(line);
            out.push('\n');
            out
        },
    )
}

/// An item begins with a word in the first column; lines that are indented or close a brace continue it.
fn split_items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with(|c: char| c.is_alphabetic() || c == '@');
        match items.last_mut() {
            Some(item) if !begins => item.push_str(line),
            _ => items.push(line.to_owned()),
        }
        if let Some(item) = items.last_mut() {
            item.push('\n');
        }
    }
    items
}

/// The name that an item declares: the word behind `fn`, `const`, `alias`, `struct` or `var<...>`.
fn item_name(item: &str) -> Option<&str> {
    const KEYWORDS: [&str; 4] = ["fn", "const", "alias", "struct"];
    let first_line = item.lines().next()?;
    if let Some(at) = first_line.find("var<") {
        return identifiers(&first_line[at + first_line[at..].find('>')?..]).next();
    }
    let mut words = identifiers(first_line);
    KEYWORDS.contains(&words.next()?).then(|| words.next()).flatten()
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_replace_names_and_unknown_names_stay() {
        assert_eq!(substitute("a ${x}${y} ${z}u", &[("x", "1"), ("y", "two")]), "a 1two ${z}u");
        assert_eq!(substitute("open ${x", &[("x", "1")]), "open ${x");
    }

    #[test]
    fn lines_are_repeated_for_every_number() {
        let text = substitute("a\n    @each i ${n}, j 2: x#i_#j += y[#iu];\n", &[("n", "2")]);
        assert_eq!(text, "a\n    x0_0 += y[0u];\n    x0_1 += y[0u];\n    x1_0 += y[1u];\n    x1_1 += y[1u];\n");
        assert_eq!(substitute("@each i 0: x#i", &[]).trim(), "");
    }

    #[test]
    fn the_linker_takes_what_is_mentioned_and_what_that_mentions() {
        let mut library = Library::default();
        library.add("// first\nfn a() {\n    b();\n}\n\nfn b() {\n}\nfn c() {\n}\nvar<private> d: u32 = 1u;\n");
        library.add("fn b() { other(); }\nconst E = 3;\n");
        let text = library.link("fn main() {\n    a(); // not c\n    d = E;\n}\n");
        for name in ["fn a()", "fn b() {\n}", "var<private> d", "const E"] {
            assert!(text.contains(name), "{name} is missing in {text}");
        }
        assert!(!text.contains("fn c"), "{text}");
        assert!(!text.contains("other"), "{text}");
    }

    #[test]
    fn bindings_are_items_too() {
        let mut library = Library::default();
        library.add("@group(0) @binding(1) var<storage, read> in0: array<u32>;\n");
        assert!(library.contains("in0"));
    }
}
