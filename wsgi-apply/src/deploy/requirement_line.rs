//! A line of a requirements file, as far as it leads to files of the project.

/// What a line of a requirements file leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequirementLine<'a> {
    /// Another file of requirements or constraints, beside the one with the line.
    Includes(&'a str),
    /// Files of the project that are installed.
    Project,
    /// Nothing of the project's.
    Elsewhere,
}

impl<'a> RequirementLine<'a> {
    /// A line, as pip(1) takes it: `#` begins a comment only where a word could begin, since
    /// addresses have it, too.
    pub(super) fn parse(line: &'a str) -> Self {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            return Self::Elsewhere;
        }
        let is_address = |text: &str| text.contains("://") && !text.contains("file:");
        if let Some(place) = option(line, &["--requirement", "--constraint", "-r", "-c"]) {
            return if is_address(place) {
                Self::Elsewhere
            } else {
                Self::Includes(place)
            };
        }
        if let Some(place) = option(line, &["--editable", "--find-links", "-e", "-f"]) {
            return if is_address(place) {
                Self::Elsewhere
            } else {
                Self::Project
            };
        }
        if line.starts_with('-') || is_address(line) {
            return Self::Elsewhere;
        }
        // What follows may be conditions, or the hashes of a file.
        let name = line.split([';', ' ', '[']).next().unwrap_or_default();
        let is_archive = [".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz"]
            .iter()
            .any(|end| name.ends_with(end));
        if name.starts_with('.') || name.contains('/') || is_archive || line.contains("file:") {
            Self::Project
        } else {
            Self::Elsewhere
        }
    }
}

/// The value of one of these options: `-r X`, `-rX`, `--requirement X`, `--requirement=X`.
fn option<'a>(line: &'a str, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let rest = line.strip_prefix(name)?;
        let is_long = name.starts_with("--");
        if is_long && !rest.starts_with(['=', ' ', '\t']) {
            return None;
        }
        Some(rest.trim_start_matches(['=', ' ', '\t']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_of_requirements_are_found_however_they_are_named() {
        for (line, place) in [
            ("-r base.txt", "base.txt"),
            ("-rdeps/prod", "deps/prod"),
            (" --requirement ../all.in  # see there", "../all.in"),
            ("--constraint=pins.txt", "pins.txt"),
            ("-c\tpins.txt", "pins.txt"),
        ] {
            assert_eq!(
                RequirementLine::parse(line),
                RequirementLine::Includes(place),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_installed_from_the_project_is_told_from_what_comes_from_elsewhere() {
        for line in [
            "-e .",
            "--editable=libs/billing",
            ".",
            "./wheels/billing-1-py3-none-any.whl",
            "billing-1-py3-none-any.whl --hash=sha256:00",
            "libs/billing[pdf]; python_version > '3'",
            "billing @ file:libs/billing",
            "--find-links wheels",
        ] {
            assert_eq!(
                RequirementLine::parse(line),
                RequirementLine::Project,
                "{line}"
            );
        }
        for line in [
            "",
            "# -e .",
            "flask",
            "flask[async]>=2 # ./not this",
            "Django==5.2 \\",
            "    --hash=sha256:00",
            "-e git+https://git.example.org/billing#egg=billing",
            "billing @ https://example.org/billing-1.tar.gz",
            "-r https://example.org/requirements.txt",
            "--find-links https://example.org/wheels/",
            "--index-url https://pypi.example.org/simple/",
            "--no-binary :all:",
        ] {
            assert_eq!(
                RequirementLine::parse(line),
                RequirementLine::Elsewhere,
                "{line}"
            );
        }
    }
}
