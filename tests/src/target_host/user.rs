use super::TargetHost;

/// Whether a user may become root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sudo {
    /// By saying so.
    Free,
    /// With the password that all users have.
    WithPassword,
    /// Not at all.
    Refused,
}

impl TargetHost {
    /// Adds a user with another login shell, whose key and password are those of the others.
    ///
    /// # Panics
    ///
    /// When that fails, as when the shell is not installed.
    #[track_caller]
    pub fn add_user(&self, name: &str, shell: &str, sudo: Sudo) {
        let rule = match sudo {
            Sudo::Free => format!("{name} ALL=(ALL) NOPASSWD: ALL\n"),
            Sudo::WithPassword => format!("{name} ALL=(ALL) ALL\n"),
            Sudo::Refused => String::new(),
        };
        let script = r#"
            set -eu
            test -x "$2"
            useradd --create-home --shell "$2" "$1"
            chpasswd
            cp -a /home/nobodyatall/.ssh "/home/$1/"
            chown -R --reference="/home/$1" "/home/$1/.ssh""#;
        self.machine()
            .command(["sh", "-c", script, "add_user", name, shell])
            .stdin(format!("{name}:{}\n", Self::PASSWORD))
            .ok();
        self.machine()
            .write(&format!("/etc/sudoers.d/{name}"), rule, 0o440);
    }

    /// Lets the files that a user's shell reads print something, and change what it can: each
    /// session begins with it, those without a terminal, too.
    ///
    /// # Panics
    ///
    /// When there is no such user.
    #[track_caller]
    pub fn make_noisy(&self, user: &str) {
        let home = self.exec([
            "sh",
            "-c",
            r#"getent passwd "$1" | cut -d: -f6"#,
            "home",
            user,
        ]);
        let home = home.expect_success().text();
        let home = home.trim_end();
        assert!(home.starts_with('/'), "no user {user}");
        let noise = "echo noise of the rc file\nsh -c 'echo more noise >&2'\n";
        for (file, traps) in [
            // Debian's .bashrc would end before anything that came after its first lines.
            (
                ".bashrc",
                "alias ls='ls --color=always' rm='rm -i'\nset -o noclobber\numask 077\n",
            ),
            (".profile", "umask 077\n"),
            (".bash_profile", "umask 077\n"),
            (".zshenv", "umask 077\n"),
            (".cshrc", "alias rm rm -i\numask 077\n"),
            (".config/fish/config.fish", "umask 077\n"),
        ] {
            let path = format!("{home}/{file}");
            self.machine()
                .write(&path, format!("{noise}{traps}"), 0o644);
        }
        self.machine()
            .ok(["chown", "-R", &format!("{user}:"), home]);
    }
}
