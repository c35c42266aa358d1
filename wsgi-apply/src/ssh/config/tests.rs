//! What we make of a configuration is what `ssh -G` prints about it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::settings::UnknownHost;
use super::{ConfigError, Family, Method, Settings};
use crate::ssh::options::SshOptions;

fn options(config: &Path) -> SshOptions {
    let mut options = SshOptions::from_environment();
    // As `ssh` finds it: not from the environment.
    let passwd = Command::new("getent")
        .args(["passwd", &options.local_user])
        .output();
    let passwd = String::from_utf8(passwd.expect("getent runs").stdout).expect("UTF-8");
    options.home = PathBuf::from(passwd.split(':').nth(5).expect("a home"));
    options.agent = Some("/run/agent".into());
    options.config = Some(config.to_owned());
    options.system_config = None;
    options
}

struct Files(tempfile::TempDir);

impl Files {
    fn with(config: &str) -> Self {
        let files = Self(tempfile::tempdir().expect("a directory"));
        files.write("config", config);
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        let here = self.0.path().display().to_string();
        fs::write(path, text.replace("HERE", &here)).expect("written");
    }

    fn read(&self, destination: &str) -> Result<Settings, ConfigError> {
        let destination = destination.parse().expect(destination);
        Settings::read(&destination, &options(&self.path("config")))
    }

    fn settings(&self, destination: &str) -> Settings {
        self.read(destination).expect(destination)
    }

    /// The same from OpenSSH.
    fn by_ssh(&self, destination: &str) -> BTreeMap<String, Vec<String>> {
        let output = Command::new("ssh")
            .args(["-G", "-F"])
            .arg(self.path("config"))
            .arg(format!("ssh://{destination}"))
            .output()
            .expect("ssh is not installed: apt-get install openssh-client");
        assert!(output.status.success(), "{output:?}");
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
            let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
            all.entry(keyword.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        all
    }

    #[track_caller]
    fn assert_as_ssh(&self, destination: &str) {
        let ours = self.settings(destination);
        let ssh = self.by_ssh(destination);
        let first = |keyword: &str| ssh.get(keyword).map(|values| values[0].clone());
        assert_eq!(Some(ours.host), first("hostname"), "{destination}");
        assert_eq!(Some(ours.port.to_string()), first("port"), "{destination}");
        assert_eq!(Some(ours.user), first("user"), "{destination}");
        let jumps: Vec<_> = ours.jumps.iter().map(ToString::to_string).collect();
        let jump = first("proxyjump").filter(|jump| jump != "none");
        assert_eq!(
            (!jumps.is_empty()).then(|| jumps.join(",")),
            jump,
            "{destination}"
        );
        assert_eq!(ours.host_keys.alias, first("hostkeyalias"), "{destination}");
        let only = if ours.login.identities_only {
            "yes"
        } else {
            "no"
        };
        assert_eq!(
            Some(only.to_owned()),
            first("identitiesonly"),
            "{destination}"
        );
        let family = match ours.family {
            Family::Any => "any",
            Family::V4 => "inet",
            Family::V6 => "inet6",
        };
        assert_eq!(
            Some(family.to_owned()),
            first("addressfamily"),
            "{destination}"
        );
    }
}

#[test]
fn the_first_value_wins_and_patterns_choose() {
    let files = Files::with(
        "User early\n\
         Host web* !web9\n  HostName %h.example.com\n  Port 2222\n  User late\n  AddressFamily inet\n\
         Host=\"db?\" 10.0.*\n  ProxyJump me@gate:23,inner\n  HostKeyAlias databases\n\
         Host *\n  Port 24\n  IdentitiesOnly yes\n  HostName %%h\n",
    );
    for host in [
        "web1",
        "web9",
        "db1",
        "db",
        "10.0.0.1",
        "other",
        "me@web1:25",
        "x@db2",
    ] {
        files.assert_as_ssh(host);
    }
}

#[test]
fn identity_files_add_up_with_tokens_and_without_doubles() {
    let files = Files::with(
        "Host web\n  HostName web.example.com\n  User deploy\n  Port 2222\n\
           IdentityFile ~/.ssh/%r@%h-%p\n  IdentityFile %d/keys/%n\n  IdentityFile \"/k/a b %%\"\n\
         Host *\n  IdentityFile %d/keys/%n\n  IdentityFile /k/%u\n",
    );
    let identity_files = |host| {
        let files = files.settings(host).login.identity_files;
        let files = files.iter().map(|file| file.display().to_string());
        files.collect::<Vec<_>>()
    };
    // `ssh -G` prints them with their tokens.
    let options = options(&files.path("config"));
    let (home, user) = (options.home.display(), options.local_user);
    let web = [
        format!("{home}/.ssh/deploy@web.example.com-2222"),
        format!("{home}/keys/web"),
        "/k/a b %".to_owned(),
        format!("/k/{user}"),
    ];
    assert_eq!(identity_files("web"), web);
    let other = [format!("{home}/keys/other"), format!("/k/{user}")];
    assert_eq!(identity_files("other"), other);
}

#[test]
fn match_looks_at_hosts_and_users() {
    let files = Files::with(
        "Host alias\n  HostName real.example.com\n\
         Match host real.* user root\n  Port 1001\n\
         Match originalhost alias !user root\n  Port 1002\n\
         Match host *.net,real2.*\n  User net\n\
         Match user net\n  Port 1003\n\
         Match localuser nobody-has-this-name\n  Port 1004\n\
         Match final host real.*\n  IdentitiesOnly yes\n  Port 9\n\
         Match !all\n  Port 1005\n\
         Match all\n  Port 1006\n",
    );
    for host in [
        "alias",
        "root@alias",
        "me@alias",
        "a.net",
        "real2.x",
        "other",
    ] {
        files.assert_as_ssh(host);
    }
}

#[test]
fn includes_are_read_where_they_stand_and_only_for_their_hosts() {
    let files = Files::with(
        "Host web\n  Include HERE/conf.d/*.conf HERE/missing\n  Port 2000\nHost *\n  Port 3000\n",
    );
    files.write("conf.d/b.conf", "User b\nPort 1\n");
    files.write("conf.d/a.conf", "User a\nHost other\n  Port 2\n");
    files.write("conf.d/.hidden.conf", "User hidden\n");
    files.write("conf.d/c.txt", "User c\n");
    files.assert_as_ssh("web");
    files.assert_as_ssh("other");
}

#[test]
fn a_circle_of_includes_ends() {
    let files = Files::with("Include HERE/config\n");
    let error = files.read("web").expect_err("refused");
    assert!(
        matches!(error, ConfigError::IncludedTooDeep { .. }),
        "{error}"
    );
}

#[test]
fn the_system_is_asked_after_the_user() {
    let files = Files::with("Port 22\n");
    files.write("system", "Port 23\nUser system\n");
    let mut options = options(&files.path("config"));
    options.system_config = Some(files.path("system"));
    let settings = Settings::read(&"web".parse().expect("a host"), &options).expect("read");
    assert_eq!((settings.port, settings.user.as_str()), (22, "system"));
}

#[test]
fn what_must_not_be_ignored_is_refused_by_its_name_for_its_hosts_alone() {
    for (line, name) in [
        ("ProxyCommand nc %h %p", "`ProxyCommand`"),
        ("CanonicalizeHostname yes", "`CanonicalizeHostname`"),
        ("RevokedHostKeys /etc/ssh/revoked", "`RevokedHostKeys`"),
        ("Match exec true\n  Port 1", "`Match exec`"),
        ("Match host web exec true\n  Port 1", "`Match exec`"),
        (
            "Match localnetwork 10.0.0.0/8\n  Port 1",
            "`Match localnetwork`",
        ),
    ] {
        let files = Files::with(&format!("Host web\n  User me\n  {line}\n"));
        let refused = files.read("web").expect_err(line).to_string();
        assert!(
            refused.contains(name) && refused.contains("config:3"),
            "{refused}"
        );
    }
    for line in [
        "Host other\n  ProxyCommand nc %h %p",
        "Match host other exec true\n  Port 1",
        "ProxyCommand none\nProxyCommand nc",
        "ProxyJump gate\nProxyCommand nc",
        "CanonicalizeHostname no",
        "ForwardAgent yes\nSendEnv LANG\nControlMaster auto\nUnheardOf x",
    ] {
        Files::with(&format!("{line}\n")).settings("web");
    }
}

#[test]
fn values_that_are_none_are_refused_at_their_place() {
    for line in [
        "Port ssh",
        "Port 0",
        "ConnectTimeout soon",
        "StrictHostKeyChecking perhaps",
        "IdentitiesOnly maybe",
        "AddressFamily ipx",
        "IdentityFile ~other/key",
        "IdentityFile /k/%Z",
        "ProxyJump a,",
        "Port",
        "User \"me",
        "Match",
        "Match host",
    ] {
        let error = Files::with(&format!("# comment\n{line}\n")).read("web");
        let error = error.expect_err(line);
        assert!(error.to_string().contains("config:2"), "{error}");
        assert!(!error.help().is_empty());
    }
}

#[test]
fn a_configuration_that_others_can_write_is_not_followed() {
    let files = Files::with("Port 22\n");
    for (mode, is_followed) in [(0o600, true), (0o644, true), (0o664, false), (0o602, false)] {
        let path = files.path("config");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        assert_eq!(files.read("web").is_ok(), is_followed, "{mode:o}");
    }
}

#[test]
fn times_numbers_and_words_are_read() {
    let files = Files::with(
        "ConnectTimeout 1m30s\nServerAliveInterval 5\nServerAliveCountMax 2\n\
         StrictHostKeyChecking accept-new\nHashKnownHosts yes\nBatchMode yes\n\
         NumberOfPasswordPrompts 1\nPreferredAuthentications publickey,password\n\
         UserKnownHostsFile ~/a \"/b c\"\nGlobalKnownHostsFile none\nIdentityAgent none\n",
    );
    let settings = files.settings("web");
    assert_eq!(settings.connect_timeout.as_secs(), 90);
    let (interval, most) = settings.alive.expect("a rule");
    assert_eq!((interval.as_secs(), most), (5, 2));
    assert_eq!(settings.host_keys.unknown, UnknownHost::AcceptAndNote);
    assert!(settings.host_keys.hash && settings.host_keys.global_files.is_empty());
    assert_eq!(settings.host_keys.user_files[1], Path::new("/b c"));
    let login = settings.login;
    assert!(!login.may_ask);
    assert!(login.takes(Method::Password) && !login.takes(Method::KeyboardInteractive));
    assert_eq!((login.prompts, login.agent), (1, None));

    let usual = Files::with("ServerAliveInterval 0\n").settings("web");
    assert_eq!((usual.connect_timeout.as_secs(), usual.alive), (15, None));
    let usual = Files::with("").settings("web");
    let (interval, most) = usual.alive.expect("a rule");
    assert_eq!((interval.as_secs(), most), (15, 4));
    assert_eq!(usual.host_keys.unknown, UnknownHost::Refuse);
    assert!(usual.login.usual_files);
    assert_eq!(usual.login.agent, Some("/run/agent".into()));
}
