use super::*;
#[test]
#[allow(clippy::print_stdout)]
fn scratch() {
    let cases: &[&str] = &[
        "a: 1\nb:\n  - x\n  - 'y z'\n  -\n  - \"ü\" \nc: |\n  text\n  more\nd: >- # c\n\n  fold\ne:\nf: {g: 1, h: [2, 3]  }\n",
        "a: {{ b }}",
        "a: {{ b }}/x",
        "l:\n  - {{ b }}\n",
        "a: {% if x %}y\n",
        "a: {{ 'secret' }}\n",
        "- x\n",
        "foo",
        "foo\nbar: 1",
        "a: 1\n\tb: 2\n",
        "a:\n\t- b\n",
        "a: \"foo\nb: 1\n",
        "a: \"foo\nb: \"bar\"\nc: 1\n",
        "a: 'it's'\n",
        "a: [1, 2\nb: 3\n",
        "- [1, 2\n- 3\n",
        "a: [1, 2\n",
        "a: {b: 1\nc: 2\n",
        "a: b: c\n",
        "a: b\n  c: d\n",
        "a: 1\nfoo\nb: 2\n",
        "a: 1\nfoo bar",
        "  a: 1\n b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a: @x\n",
        "a: `x`\n",
        "a: %x\n",
        "a: ]\n",
        "a: 1\n]\n",
        "a: *nope\n",
        "a: *.log\n",
        "a: &x [*x]\n",
        "a: 1\na: 2\n",
        "%FOO x\n---\na: 1\n",
        "%YAML 2.0\n---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\nb: 2\n",
        "a: !foo x\n",
        "a: !!python/object:x y\n",
        "a: !e!foo x\n",
        "a: ! x\n",
        "a: \"\\d\"\n",
        "a: 2024-13-01\n",
        "a: =\n",
        "? [a]\n: b\n",
        "[a]: b\n",
        "a: !vault 5\n",
        "a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n",
        "a: - b\n",
        "a:b\n",
        "a: [a, b]]\n",
        "a: |\n  x\n y\n",
        "key: 'a' b\n",
        "- a\nb: c\n",
        "a:\n- b\nc\n",
        "\"a\n",
        "a: >x\n",
        "<<: 3\n",
        "a: &b\nc: *b\n",
        "---\n",
        "#x\n",
        "",
        "a: \"x\"y: 1\n",
        "a: 'x\n---\nb: 1\n",
        "a: {{ b }}: c\n",
        "x: [ {{ a }} ]\n",
        "a: 'it's'\nb: 'c'\n",
        "äöü: *x\n",
        "a: \"C:\\Users\"\n",
        "a: \u{1}x",
        "a: }\n",
        "a: {b}}\n",
        "a:\n  - b\n - c\n",
    ];
    for case in cases {
        println!("=== {case:?}\n{:?}", read(case.as_bytes()));
    }
}
#[test]
#[allow(clippy::print_stdout, clippy::unwrap_used)]
fn hostile() {
    let n = 4 << 20;
    let rep = |pre: &str, x: &str| { let mut s = pre.to_owned(); while s.len() + x.len() <= n { s.push_str(x); } s };
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..40 { bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(",")); }
    let mut deep = String::from("a0: &a0 [x]\n");
    for i in 1..5000 { deep += &format!("a{i}: &a{i} [[[[*a{}]]]]\n", i - 1); }
    let mut cases: Vec<(String, String)> = vec![("bomb".into(), bomb), ("deep".into(), deep)];
    for (pre, x) in [("", "["), ("a: ", "["), ("", "{"), ("", "[["), ("", "- "), ("", "? "), ("", "a"), ("a: \"", "x"), ("a: \"", "x "), ("a: '", "\n"), ("a: |\n", " x\n"), ("a: |\n", "\n"), ("a: |+\n", " \n"), ("a: ", "x "), ("a: ", "x\n "), ("- [a", ",a"), ("- [", "a #\n"), ("[[", "a b\n"), ("- [", "---\n"), ("- [", "x: "), ("", "#\n"), ("", "\n"), ("", "\t"), ("", " "), ("- [", "\n "), ("", "a: 1\n"), ("", "&a "), ("", "!a "), ("", "*a "), ("a: !", "a"), ("a: &", "a"), ("", "%a\n"), ("", "%TAG !a! b\n"), ("", "---\n"), ("", "...\n"), ("", "é"), ("a: \"", "é"), ("- [", "é #\n"), ("", "\r"), ("- [", "a\n"), ("", "-\n"), ("", ":\n"), ("", "a\n"), ("? ", "a\n "), ("", "'"), ("", "\""), ("- [", "''"), ("", "\"\\u0041"), ("a: 0x", "f"), ("a: ", "9"), ("a: 1", ":59"), ("a: 1.", "5"), ("a: ", "_"), ("a:\n", " - x\n"), ("a: >\n", " x\n\n"), ("a: >\n", "  x\n y\n"), ("%YAML ", "1"), ("a: \"", "\\x41"), ("a: \"", "\\\n"), ("{", "a,"), ("{", "? a,"), ("a: {", "a: b\n,"), ("- {", "a: b,"), ("a: [", "[],") , ("a:\n", " ")] {
        cases.push((format!("{pre:?}+{x:?}"), rep(pre, x)));
    }
    // few marks: plain words below a deep flow lookahead
    cases.push(("deep words".into(), rep(&"[".repeat(250), "a #\n")));
    cases.push(("deep lines".into(), rep(&"[".repeat(250), "a b\n\n")));
    cases.push(("indents".into(), (0..2800).map(|i| " ".repeat(i) + "a:\n").collect()));
    cases.push(("longkey".into(), format!("? {}\n: b", "k".repeat(n - 10))));
    cases.push(("dup".into(), rep("", "a: 1\nb: 2\n")));
    cases.push(("wide".into(), (0..90_000).map(|i| format!("a{i}: {i}\n")).collect()));
    let only: Option<usize> = std::env::var("HOSTILE").ok().map(|s| s.parse().unwrap());
    for (i, (name, text)) in cases.iter().enumerate() {
        if only.is_some_and(|o| o != i) { continue; }
        let t = std::time::Instant::now();
        let r = read(text.as_bytes());
        let e = t.elapsed();
        let what = match &r { Ok(_) => "ok".to_owned(), Err(p) => format!("{} x{} {} {:?}", p[0].code, p.len(), p[0].message, p[0].place) };
        drop(r);
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let hwm = status.lines().find(|l| l.starts_with("VmHWM")).unwrap().to_owned();
        println!("HOST {i} {:>7.1}ms {} {name}: {what}", e.as_secs_f64() * 1e3, hwm);
    }
}
