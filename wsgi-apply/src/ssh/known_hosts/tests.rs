use super::*;

const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKlNtnNkrjRV+aDRTwsUqHGmvZNXdhhdH0Vgs2zPQIEm";

fn key(line: &str) -> HostKey {
    let (_, blob) = line.split_once(' ').expect("kind and key");
    let blob = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, blob);
    HostKey::from_blob(blob.expect("base64")).expect("a key")
}

fn names(exact: &str, any_port: Option<&str>) -> HostNames {
    HostNames {
        exact: exact.to_owned(),
        any_port: any_port.map(str::to_owned),
    }
}

fn judge(file: &str, names: &HostNames, shown: &str) -> Verdict {
    let mut known = KnownHosts::default();
    known.add(Path::new("known_hosts"), file, names);
    known.judge(&key(shown))
}

fn line(number: usize) -> Place {
    Place::new(&Arc::new(PathBuf::from("known_hosts")), number)
}

#[test]
fn a_key_is_found_under_names_patterns_and_ports() {
    let web = names("web1", None);
    let other_port = names("[web1]:2222", Some("web1"));
    for (hosts, names) in [
        ("web1", &web),
        ("WEB1", &web),
        ("10.0.0.1,web1", &web),
        ("web*,!web2", &web),
        ("[web1]:2222", &other_port),
        ("[*]:2222", &other_port),
        // Trusted on any port, as `ssh` does.
        ("web1", &other_port),
    ] {
        let verdict = judge(&format!("{hosts} {A} comment"), names, A);
        assert_eq!(verdict, Verdict::Trusted, "{hosts}");
    }
    let unknown = Verdict::Unknown { authority: None };
    for (hosts, names) in [
        ("web", &web),
        ("web*,!web1", &web),
        ("[web1]:2222", &web),
        ("#web1", &web),
        ("[web1]:2223", &other_port),
    ] {
        assert_eq!(judge(&format!("{hosts} {A}"), names, A), unknown, "{hosts}");
    }
}

#[test]
fn a_name_hashed_by_ssh_keygen_is_found() {
    // By `ssh-keygen -H`, OpenSSH 9.2.
    for (hashed, name) in [
        (
            "|1|tuFrKNvCcg/3EDOPUSnFsbaTYoM=|5BkrGfCZlKAMx2B8jqdy4+SoWss=",
            "web1",
        ),
        (
            "|1|Wg89FH0actKdF5as6N0UC2kLEIo=|scinLIaYabeDR0Jw9hehKAm4amA=",
            "[web1]:2222",
        ),
    ] {
        let verdict = judge(&format!("{hashed} {A}"), &names(name, None), A);
        assert_eq!(verdict, Verdict::Trusted, "{name}");
        let verdict = judge(&format!("{hashed} {A}"), &names("web2", None), A);
        assert_eq!(verdict, Verdict::Unknown { authority: None });
    }
}

#[test]
fn a_changed_key_is_told_from_an_unknown_host_and_from_a_key_of_another_kind() {
    let web = names("web1", None);
    let file = format!("other {A}\nweb1 {A}\n");
    let place = line(2);
    assert_eq!(judge(&file, &web, B), Verdict::Changed { place });
    let file = format!("web1 {RSA}\n");
    let known = vec![("ssh-rsa".to_owned(), line(1))];
    assert_eq!(judge(&file, &web, A), Verdict::OtherKind { known });
    // On another port it may well have another key.
    let other_port = names("[web1]:2222", Some("web1"));
    let verdict = judge(&format!("web1 {A}\n"), &other_port, B);
    assert_eq!(verdict, Verdict::Unknown { authority: None });
}

const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAgEj";

#[test]
fn a_revoked_key_is_refused_wherever_else_it_stands() {
    let web = names("web1", None);
    let file = format!("web1 {A}\n@revoked * {A}\n");
    assert_eq!(judge(&file, &web, A), Verdict::Revoked { place: line(2) });
}

#[test]
fn an_authority_makes_no_key_known() {
    let web = names("web1", None);
    let file = format!("@cert-authority web* {A}\n");
    let authority = Some(line(1));
    assert_eq!(judge(&file, &web, A), Verdict::Unknown { authority });
}

#[test]
fn lines_that_are_no_entries_are_left_out() {
    let web = names("web1", None);
    let rsa_called_ed25519 = A.replace("ssh-ed25519 ", "ssh-rsa ");
    for file in [
        format!("web1 {rsa_called_ed25519}"),
        "web1 ssh-ed25519 AAAA".to_owned(),
        "web1 ssh-ed25519 %%%%".to_owned(),
        "web1".to_owned(),
        format!("@unheard-of web1 {A}"),
    ] {
        let unknown = Verdict::Unknown { authority: None };
        assert_eq!(judge(&file, &web, A), unknown, "{file}");
    }
}

#[test]
fn a_key_that_was_noted_is_trusted_from_then_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("home/.ssh/known_hosts");
    let web = names("web1", None);
    for hash in [false, true] {
        for before in ["", "# no line end"] {
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(&file, before).expect("written");
            note(&file, &web, &key(A), hash).expect("noted");
            let known = KnownHosts::read([&file], &web).expect("read");
            assert_eq!(known.judge(&key(A)), Verdict::Trusted);
            let text = fs::read_to_string(&file).expect("read");
            assert_eq!(text.contains("web1"), !hash);
        }
    }
}
