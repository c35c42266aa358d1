//! Expressions that would take all time or memory are refused, at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use wsgi_model::ansible::vault::VaultSecrets;
use wsgi_model::ansible::{Inputs, load};
use wsgi_model::{NoLookups, Source};

const REQUIRED: &str = "wsgi_project_name: shop\nwsgi_wsgi_path: shop.wsgi\n";

#[expect(clippy::too_many_lines, reason = "a list")]
fn bombs() -> Vec<(String, String)> {
    let templates = [
        "{{ 'a' * 1000000000 }}",
        "{{ ['a'] * 1000000000 }}",
        "{{ 2 ** 1000000000 }}",
        "{{ range(1000000000) | list }}",
        "{{ range(100000) | map('string') | join(',') | list | map('upper') | list | length }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | flatten | length }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | to_json }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x + [] }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x={}) %}{% for i in range(100000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}x",
        "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('aaaaaaaa') }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '%*d' | format(1000000000, 1) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a'.center(1000000000) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ 'a'.zfill(1000000000) }}",
        "{{ ('\\t' * 100000).expandtabs(100000) }}",
        "{{ ('a' * 100000) | replace('a', 'b' * 100000) }}",
        "{{ ('a' * 100000) | replace('', 'b' * 100000) }}",
        "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
        "{{ ('a\\n' * 100000) | indent(100000) }}",
        "{{ ('a' * 100000) | regex_replace('a', 'b' * 100000) }}",
        "{{ ('a' * 30) | regex_replace('(a*)*b', '') }}",
        "{{ ('a' * 100000) is match('(a|aa)+$') }}",
        "{{ 'a' | regex_replace('a{1000}{1000}{1000}', '') }}",
        "{{ 'a' | regex_replace('((a{100}){100}){100}', '') }}",
        "{{ range(1000) | product(range(1000), range(1000)) | list | length }}",
        "{{ range(20) | permutations | list | length }}",
        "{{ range(100) | combinations(50) | list | length }}",
        "{{ range(50000) | unique | list | length }}",
        "{{ range(50000) | list | union(range(50000)) | length }}",
        "{{ range(50000) | select('in', range(50000)) | list | length }}",
        "{{ range(100000) | groupby('a', 1) | length }}",
        "{{ (range(100000) | map('string') | join('\\n')).splitlines() | map('int') | sort | last }}",
        "{{ ('[' * 100000) | from_json }}",
        "{{ ('[' * 100000) | from_yaml }}",
        "{{ [[[[1]*1000]*1000]*1000]*1000 ~ '' }}",
        "{{ [[[[1]*1000]*1000]*1000]*1000 == [[[[1]*1000]*1000]*1000]*1000 }}",
        "{{ [[[[1]*1000]*1000]*1000]*1000 in [[[[[1]*1000]*1000]*1000]*1000] }}",
        "{{ [[[[1]*1000]*1000]*1000]*1000 < [[[[1]*1000]*1000]*1000]*1000 }}",
        "{{ ([[[[1]*1000]*1000]*1000]*1000) | sort | length }}",
        "{{ {([[[[1]*1000]*1000]*1000]*1000) | first: 1} }}",
        "{{ ([[[[1]*1000]*1000]*1000]*1000) | map('string') | first | length }}",
        "{{ {'a': [[[[1]*1000]*1000]*1000]*1000} == {'a': [[[[1]*1000]*1000]*1000]*1000} }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x, ns.x %}{% endfor %}{% set n2 = namespace(x=[1]) %}{% for i in range(60) %}{% set n2.x = n2.x, n2.x %}{% endfor %}{{ ns.x == n2.x }}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x] | product([ns.x]) %}{% endfor %}{{ ns.x == 1 }}",
        "{{ ([('a' * 1000000)] * 400) | map('hash', 'sha512') | list | length }}",
        "{{ ([('a' * 1000000)] * 4000) | map('to_json') | list | length }}",
        "{% set l = 'a' * 1000000 %}{% for a in [1] * 10000 %}{% set x = {l: 1} %}{% endfor %}",
        "{{ ('{a: &x [' ~ '*x,' * 1000 ~ ']}') | from_yaml }}",
    ];
    let mut bombs: Vec<(String, String)> = templates
        .iter()
        .map(|template| {
            let quoted = template.replace('\'', "''");
            (
                (*template).to_owned(),
                format!("{REQUIRED}wsgi_path: '{quoted}'\n"),
            )
        })
        .collect();
    let mut laughs = format!("{REQUIRED}a0: aaaaaaaaaa\n");
    let mut lists = format!("{REQUIRED}a0: [a, a]\n");
    for i in 1..40 {
        let before = i - 1;
        let _ = writeln!(laughs, "a{i}: '{{{{ a{before} }}}}{{{{ a{before} }}}}'");
        let _ = writeln!(
            lists,
            "a{i}: ['{{{{ a{before} }}}}', '{{{{ a{before} }}}}']"
        );
    }
    bombs.push((
        "texts that double".to_owned(),
        format!("{laughs}wsgi_path: '{{{{ a39 }}}}'\n"),
    ));
    bombs.push((
        "lists that double".to_owned(),
        format!("{lists}wsgi_path: '{{{{ a39 }}}}'\n"),
    ));
    let mut parentheses = format!("{REQUIRED}wsgi_path: '{{{{ ");
    parentheses.push_str(&"(".repeat(100_000));
    parentheses.push_str("1 }}'\n");
    bombs.push(("parentheses".to_owned(), parentheses));
    let many: String = (0..20_000).fold(REQUIRED.to_owned(), |mut file, i| {
        let _ = writeln!(file, "v{i}: '{{{{ v{} }}}}'", i + 1);
        file
    });
    bombs.push((
        "a long chain to nowhere".to_owned(),
        format!("{many}wsgi_path: '{{{{ v0 }}}}'\n"),
    ));
    let mut wide = String::new();
    for i in 0..20_000 {
        // Writing to a String does not fail.
        let _ = write!(wide, "'{{{{ 1 + {i} }}}}', ");
    }
    bombs.push((
        "very many expressions".to_owned(),
        format!("{REQUIRED}wide: [{wide}]\nwsgi_path: '{{{{ wide | sum }}}}'\n"),
    ));
    bombs.extend(deep());
    let items = "1, ".repeat(20_000);
    let walks = "a == b, ".repeat(1_000);
    bombs.push((
        "many long comparisons".to_owned(),
        format!("{REQUIRED}a: [{items}]\nb: [{items}]\nwsgi_path: '{{{{ [{walks}] }}}}'\n"),
    ));
    // This one ends by a deadline, and goes on for a moment: it comes last.
    bombs.push((
        "a long text read letter by letter".to_owned(),
        format!(
            "{REQUIRED}wsgi_path: '{{% set l = \"a\" * 1000000 %}}{{% for a in [1] * 10000 %}}{{% set x = l[-1] %}}{{% endfor %}}'\n"
        ),
    ));
    bombs
}

/// What the engine would compile by recursion.
fn deep() -> Vec<(String, String)> {
    let (open, close) = ("{{", "}}");
    let before = [
        "not ",
        "- ",
        "(",
        "1 + ",
        "a if b else ",
        "2 ** ",
        "[",
        "{1: ",
    ];
    let behind = [".a", "[0]", "()", "|upper", " is defined"];
    let mut templates: Vec<String> = before
        .iter()
        .map(|part| format!("{open} {}1 {close}", part.repeat(30_000)))
        .collect();
    templates.extend(
        behind
            .iter()
            .map(|part| format!("{open} wsgi_log_dir{} {close}", part.repeat(30_000))),
    );
    templates.push(format!(
        "{{% if a %}}{}{{% endif %}}",
        "{% elif a %}".repeat(30_000)
    ));
    templates.push(format!("{{% set {}a = 1 %}}", "(".repeat(30_000)));
    templates
        .into_iter()
        .map(|template| {
            let name = template.chars().take(40).collect();
            (name, format!("{REQUIRED}wsgi_path: '{template}'\n"))
        })
        .collect()
}

#[test]
fn a_bomb_is_refused_at_once_and_in_little_memory() {
    for (name, text) in bombs() {
        let source = Source {
            name: "bomb.yml",
            bytes: text.as_bytes(),
        };
        let before = used();
        let refused = load(
            &Inputs::of_file(source),
            &NoLookups,
            &VaultSecrets::default(),
        );
        let took = used().saturating_sub(before);
        let refused = refused.map(|_| ()).unwrap_err();
        assert!(
            refused
                .problems
                .iter()
                .any(|p| p.variable == "wsgi_path" || p.variable.starts_with(['v', 'a', 'w'])),
            "{name}: {:?}",
            refused.problems
        );
        assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        let peak = peak_kib();
        assert!(peak < 200 * 1024, "{name}: {peak} KiB");
    }
}

/// The time that this process has computed so far: others may compute beside it.
fn used() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name, which may hold anything: the state, ten numbers, the time of the user and of
    // the system in hundredths (proc_pid_stat(5)).
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|t| t.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(10 * ticks)
}

/// The most memory that this process has had so far.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let size = line.unwrap().trim().trim_end_matches(" kB");
    size.parse().unwrap()
}
