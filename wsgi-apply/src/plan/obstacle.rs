//! What forbids to perform a plan.

use wsgi_model::AbsPath;

/// What forbids to perform a plan. Nothing was changed, and nothing will be while it is so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Obstacle {
    /// Something that we did not make stands at a path.
    #[error("{noun} that wsgi-cli did not make is at {path}")]
    Foreign {
        /// The path.
        path: AbsPath,
        /// What it is.
        noun: &'static str,
        /// Whether it can be taken over.
        adoptable: bool,
    },
    /// A file of ours was changed by somebody else.
    #[error("{path} was changed since wsgi-cli wrote it")]
    Edited {
        /// The path.
        path: AbsPath,
    },
    /// A file cannot be read by its owner.
    #[error("{path} cannot be read by {reader}")]
    Unreadable {
        /// The path.
        path: AbsPath,
        /// Who cannot read it.
        reader: String,
    },
    /// A directory above a path is somebody's who could put a link in our way.
    #[error("{path} would be written in {directory}, which belongs to {holder}")]
    Territory {
        /// The path.
        path: AbsPath,
        /// The directory.
        directory: AbsPath,
        /// Whose it is.
        holder: String,
    },
    /// Something other than a directory is above a path.
    #[error("{noun} is at {path}, which must be a directory")]
    NoDirectory {
        /// The path.
        path: AbsPath,
        /// What it is.
        noun: &'static str,
    },
    /// A path is another app's.
    #[error("{path} is of the app {app}")]
    OtherApp {
        /// The path.
        path: AbsPath,
        /// The app.
        app: String,
    },
    /// The user is not one of ours.
    #[error("the user {name} is there already, {difference}")]
    User {
        /// The user.
        name: String,
        /// How it differs.
        difference: String,
        /// Whether it can be taken over.
        adoptable: bool,
    },
    /// A package that is wanted is in none of the host's package lists.
    #[error("no package {name} can be installed: it is in none of the host's package lists")]
    NoPackage {
        /// The package.
        name: String,
    },
    /// There is no nginx.
    #[error("there is no nginx on the host")]
    NoNginx,
    /// nginx would not take a file for TLS.
    #[error("{variable}: {path} {problem}")]
    TlsFile {
        /// The variable that names it.
        variable: &'static str,
        /// The file.
        path: AbsPath,
        /// What is wrong with it, as what follows its name in a sentence.
        problem: String,
    },
    /// Another site has something that can be there only once.
    #[error("{path} has {what} already")]
    SiteTaken {
        /// What it is, such as `the name shop.example.org on port 80`.
        what: String,
        /// The other site.
        path: AbsPath,
    },
    /// Another process than nginx listens to a port of the site.
    #[error("another program than nginx listens to port {port}")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// Another file gives supervisor a program of the same name.
    #[error("{path} has a program {program} already")]
    ProgramTaken {
        /// The program.
        program: String,
        /// The file.
        path: AbsPath,
    },
    /// nginx refuses its configuration already.
    #[error("nginx refuses its configuration as it is: {message}")]
    NginxRefuses {
        /// What it says.
        message: String,
    },
}

impl Obstacle {
    /// What to do about it.
    pub fn help(&self) -> String {
        const ADOPT: &str = "move it away, or take it over with `--adopt`, which keeps a backup";
        match self {
            Self::Foreign { adoptable, .. } => {
                if *adoptable { ADOPT } else { "move it away" }.to_owned()
            }
            Self::Edited { .. } => {
                "put the change in the vars file and undo it there, or overwrite it with \
                 `--adopt`, which keeps a backup"
                    .to_owned()
            }
            Self::Unreadable { path, reader } => {
                format!("give it to its user: `chown {reader} {path}`")
            }
            Self::Territory { directory, .. } => format!(
                "root writes nothing where others can put links in its way: give {directory} to \
                 root, or choose another path in the vars file"
            ),
            Self::NoDirectory { .. } => "move it away".to_owned(),
            Self::OtherApp { app, .. } => {
                format!("choose another path, or remove {app} first: `wsgi-cli remove`")
            }
            Self::User { adoptable, .. } => if *adoptable {
                "choose another `wsgi_gunicorn_user`, or change this one with `--adopt`"
            } else {
                "choose another `wsgi_gunicorn_user`"
            }
            .to_owned(),
            Self::NoPackage { .. } => {
                "mend its name in the vars file, add the repository that has it, or have the lists \
                 refreshed with `wsgi_update_apt_cache: yes`"
                    .to_owned()
            }
            Self::NoNginx => {
                "install it first (`apt-get install nginx`), or set `wsgi_expose: no`".to_owned()
            }
            Self::TlsFile { variable, .. } => format!(
                "put a file that fits there, or name another one in `{variable}`: nginx would not \
                 start with this one, or browsers not take it"
            ),
            Self::SiteTaken { path, .. } => format!(
                "nginx would take one of the two and ignore the other: take it out of {path}, or \
                 out of the vars file"
            ),
            Self::PortTaken { port } => format!(
                "stop it (`ss -ltnp sport = :{port}` names it), or choose another \
                 `wsgi_nginx_http_port`: nginx could not take up the site"
            ),
            Self::ProgramTaken { path, .. } => {
                format!("supervisor would mix up the two: take it out of {path}")
            }
            Self::NginxRefuses { .. } => {
                "mend that first: with it, nginx would take up no new site, and not start again"
                    .to_owned()
            }
        }
    }

    /// The path that it is about, if it is about one.
    pub const fn path(&self) -> Option<&AbsPath> {
        match self {
            Self::Foreign { path, .. }
            | Self::Edited { path }
            | Self::Unreadable { path, .. }
            | Self::Territory { path, .. }
            | Self::NoDirectory { path, .. }
            | Self::OtherApp { path, .. }
            | Self::TlsFile { path, .. }
            | Self::SiteTaken { path, .. }
            | Self::ProgramTaken { path, .. } => Some(path),
            Self::User { .. }
            | Self::NoPackage { .. }
            | Self::NoNginx
            | Self::NginxRefuses { .. }
            | Self::PortTaken { .. } => None,
        }
    }

    /// A word for programs, such as `foreign`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "foreign",
            Self::Edited { .. } => "edited",
            Self::Unreadable { .. } => "unreadable",
            Self::Territory { .. } => "territory",
            Self::NoDirectory { .. } => "no-directory",
            Self::OtherApp { .. } => "other-app",
            Self::User { .. } => "user",
            Self::NoPackage { .. } => "no-package",
            Self::NoNginx => "no-nginx",
            Self::TlsFile { .. } => "tls-file",
            Self::SiteTaken { .. } => "site-taken",
            Self::PortTaken { .. } => "port-taken",
            Self::ProgramTaken { .. } => "program-taken",
            Self::NginxRefuses { .. } => "nginx-refuses",
        }
    }
}
