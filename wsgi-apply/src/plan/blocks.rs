//! Blocks of ours in files of somebody else.

use wsgi_model::{Artifact, Contents, Mode, Owner};

use super::{After, Draft, Obstacle, PathChange, role};
use crate::Observed;

impl Draft<'_> {
    pub(super) fn block(
        &mut self,
        artifact: &Artifact,
        before: &Observed,
        block: &Contents,
        mode: Mode,
        owner: &Owner,
    ) -> Option<PathChange> {
        let (text, mode) = match before {
            Observed::Absent => (String::new(), mode),
            Observed::File {
                attributes,
                contents: Some(contents),
                ..
            } => {
                let text = String::from_utf8_lossy(contents).into_owned();
                (text, attributes.mode)
            }
            Observed::File { attributes, .. } => {
                self.unreadable(&artifact.path, attributes);
                return None;
            }
            _ => {
                self.obstacle(Obstacle::Foreign {
                    path: artifact.path.clone(),
                    noun: before.noun(),
                    adoptable: false,
                });
                return None;
            }
        };
        let block_text = String::from_utf8_lossy(block.expose());
        let without = role::without_profile(&text);
        let backup = without.is_some();
        let after = with_block(without.as_ref().unwrap_or(&text), &block_text);
        if after == text {
            return None;
        }
        let owner = owner.clone();
        let contents = match block.sensitivity() {
            wsgi_model::Sensitivity::Public => Contents::public(after),
            wsgi_model::Sensitivity::Secret => Contents::secret(after),
        };
        let after = After::File {
            contents,
            mode,
            owner: owner.clone(),
        };
        self.change(artifact, before, after, Some(&owner), backup)
    }
}

/// `text` with `block` at its top, in the place of an older one.
fn with_block(text: &str, block: &str) -> String {
    [block, &without_block(text, block)].concat()
}

/// `text` without the lines from one that equals the first of `block` to one that equals its last.
pub(super) fn without_block(text: &str, block: &str) -> String {
    let (Some(first), Some(last)) = (block.lines().next(), block.lines().last()) else {
        return text.to_owned();
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let is = |line: &str, marker: &str| line.trim_end_matches(['\r', '\n']) == marker;
    let Some(begin) = lines.iter().position(|line| is(line, first)) else {
        return text.to_owned();
    };
    let Some(length) = lines[begin..].iter().position(|line| is(line, last)) else {
        return text.to_owned();
    };
    let kept = lines[..begin].iter().chain(&lines[begin + length + 1..]);
    kept.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::{with_block, without_block};

    const BLOCK: &str = "# begin\nnew\n# end\n";

    #[test]
    fn a_block_takes_the_place_of_an_older_one_at_the_top() {
        for (before, after) in [
            ("", "# begin\nnew\n# end\n"),
            ("own\n", "# begin\nnew\n# end\nown\n"),
            (
                "# begin\nold\nlines\n# end\nown\n",
                "# begin\nnew\n# end\nown\n",
            ),
            ("a\n# begin\nold\n# end\nb", "# begin\nnew\n# end\na\nb"),
            // Its end is gone: nothing of the rest is taken for ours.
            ("# begin\nold\n", "# begin\nnew\n# end\n# begin\nold\n"),
        ] {
            let once = with_block(before, BLOCK);
            assert_eq!(once, after);
            assert_eq!(with_block(&once, BLOCK), once);
        }
    }

    #[test]
    fn what_is_left_without_a_block_is_what_was_there() {
        assert_eq!(without_block("# begin\nx\n# end\nown\n", BLOCK), "own\n");
        assert_eq!(without_block("own\n", BLOCK), "own\n");
    }
}
