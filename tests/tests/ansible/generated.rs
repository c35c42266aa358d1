//! Vars files made of what real ones are made of, in many combinations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::Case;

/// Variables of every type, some behind expressions.
const VARIABLES: &str = r#"
name: shop
title: "Größe & Co"
number: 42
small: 3
ratio: 2.5
flag: yes
nothing: ~
words: [alpha, beta, "{{ name }}"]
numbers: [3, 1, 2, 3]
person: {first: Ada, last: "{{ title }}", age: 36}
people:
  - {name: ann, port: 8001, on: yes}
  - {name: bob, port: 8000, on: no}
  - {name: "{{ name }}", port: "{{ number }}", on: yes}
nested: {a: {b: [1, {c: "{{ words[0] }}"}]}}
"#;

/// Expressions, each with the filters that suit what it gives.
const TEXTS: &[&str] = &[
    "name",
    "title",
    "'a-b_c'",
    "words[1]",
    "words | first",
    "person.last",
    "people[2].name",
    "nested.a.b[1].c",
    "name ~ '.' ~ number",
    "'x' * small",
    "name[0:2]",
    "(flag | string)",
    "words | join('+')",
    "number | string",
    "'%s:%s' | format(name, number)",
    "name if flag else title",
    "name.upper()",
    "'/srv/' ~ name ~ '/'",
    "nowhere | default(name)",
    "person.nope | default('none')",
    "lookup('env', 'GREETING')",
    "nothing | default('n', true)",
    "words[7]",
    "person['nope']",
    "{'a': name}.b",
    "(words[7]) | default(name)",
    "person['first'] ~ words[7]",
    "people[1]['name'] ~ people[0].name",
    "name * people[2]['port'] if words[9] else title",
];
const TEXT_FILTERS: &[&str] = &[
    "upper",
    "lower",
    "title",
    "capitalize",
    "trim",
    "replace('a', 'o')",
    "quote",
    "b64encode",
    "hash('sha256')",
    "length",
    "regex_replace('[aeiou]', '*')",
    "regex_replace('^(.)(.*)$', '\\\\2\\\\1')",
    "default('d')",
    "first",
    "last",
    "reverse",
    "string",
    "list",
    "split('a')",
    "to_json",
    "urlencode",
    "basename",
    "dirname",
    "center(12)",
    "wordcount",
    "truncate(6, true)",
    "regex_search('[a-m]+')",
    "regex_findall('[a-m]')",
    "int",
    "bool",
    "b64encode | b64decode",
    "indent(2)",
    "md5",
    "splitext",
    "to_uuid",
    "ternary('y', 'n')",
    "ansible.builtin.upper",
    "ansible.legacy.basename",
];
const LISTS: &[&str] = &[
    "words",
    "numbers",
    "people | map(attribute='name')",
    "range(small) | list",
    "[name, number, flag, nothing]",
    "words + [name]",
    "people | map(attribute='port') | map('int')",
    "person.keys()",
    "nested.a.b",
    "'a,b,,c'.split(',')",
    "numbers[1:]",
    "[]",
    "people | selectattr('on') | map(attribute='name') | list",
    "[words, numbers]",
    "words | zip(numbers) | list",
    "nested['nope']",
    "(words, [words, numbers] * 2)",
];
const LIST_FILTERS: &[&str] = &[
    "length",
    "first",
    "last",
    "join(',')",
    "unique",
    "reverse",
    "list",
    "map('string') | list",
    "map('string') | sort(case_sensitive=true)",
    "to_json",
    "map('string') | map('upper') | join('-')",
    "flatten",
    "map('string') | union(['1', 'x']) | sort(case_sensitive=true)",
    "map('string') | difference(['alpha', '3']) | sort(case_sensitive=true)",
    "map('string') | intersect(['1', 'beta']) | sort(case_sensitive=true)",
    "select('string') | list",
    "select('number') | list",
    "reject('none') | list",
    "batch(2) | list",
    "string",
    "map('type_debug') | list",
    "default([])",
    "zip(['p', 'q']) | list",
    "map('to_json') | list",
    "select('in', [1, 2]) | list",
];
const MAPS: &[&str] = &[
    "person",
    "people[0]",
    "nested",
    "nested.a",
    "{'a': 1, name: number}",
    "person | combine({'x': words})",
    "{}",
    "dict(words | zip(numbers))",
    "people | items2dict(key_name='name', value_name='port')",
    "person | combine({'more': {'deep': flag}}, recursive=true)",
];
const MAP_FILTERS: &[&str] = &[
    "length",
    "dict2items",
    "to_json",
    "to_nice_json",
    "list",
    "dictsort",
    "combine({'z': 1})",
    "dict2items | map(attribute='key') | list",
    "string",
    "combine({'first': nothing})",
    "to_json | from_json",
    "default({})",
    "to_json(sort_keys=true)",
];
const CONDITIONS: &[&str] = &[
    "flag",
    "not flag",
    "number > 41",
    "name == 'shop'",
    "'alpha' in words",
    "nowhere is defined",
    "person.age is number",
    "nothing is none",
    "number is divisibleby(7) and flag",
    "words | length > small",
    "title is match('Gr')",
    "ratio < number",
    "name is in words",
    "person is mapping",
    "flag and nothing",
    "person.nope is undefined",
    "words[7]",
    "flag and words[7]",
    "person['nope'] == 1",
    "words[0] == 'alpha' and person['age'] > 3",
    "number in numbers[1:] or person['on']",
    "words[7] is defined and words[7] is ansible.builtin.match('a')",
];
const SUMS: &[&str] = &[
    "number + small",
    "number - ratio",
    "number // small",
    "number % small",
    "number / small",
    "small ** 3",
    "-number",
    "(number * ratio) | round(1)",
    "numbers | sum",
    "numbers | max - small",
    "number | float",
    "ratio | int",
    "words | length + 1",
    "(ratio * 100) | int | string",
    "number | human_readable",
    "flag + 1",
    "people | map(attribute='port') | map('int') | max",
];

/// A small generator of numbers: the same files on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'s>(&mut self, of: &[&'s str]) -> &'s str {
        of[self.roll(of.len())]
    }

    fn expression(&mut self) -> String {
        let (of, filters) = match self.roll(10) {
            0..=3 => (TEXTS, TEXT_FILTERS),
            4..=6 => (LISTS, LIST_FILTERS),
            7 | 8 => (MAPS, MAP_FILTERS),
            _ => return self.pick(SUMS).to_owned(),
        };
        let mut expression = format!("({})", self.pick(of));
        for _ in 0..self.roll(3) {
            let _ = write!(expression, " | {}", self.pick(filters));
        }
        expression
    }

    fn template(&mut self) -> String {
        match self.roll(10) {
            0..=3 => format!("{{{{ {} }}}}", self.expression()),
            4 | 5 => format!("<{{{{ {} }}}}>", self.expression()),
            6 => format!(
                "{{{{ {} }}}}-{{{{ {} }}}}",
                self.expression(),
                self.expression()
            ),
            7 => format!(
                "{{{{ {} if {} else {} }}}}",
                self.expression(),
                self.pick(CONDITIONS),
                self.expression()
            ),
            8 => format!(
                "{{% if {} %}}{{{{ {} }}}}{{% else %}}{{{{ {} }}}}{{% endif %}}",
                self.pick(CONDITIONS),
                self.expression(),
                self.expression()
            ),
            _ => format!(
                "{{% for i in {} %}}{{{{ loop.index }}}}:{{{{ i }}}}{{% if not loop.last %}},{{% endif %}}{{% endfor %}}",
                self.pick(LISTS)
            ),
        }
    }
}

/// Writes `count` files.
pub(crate) fn cases(directory: &Path, seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice(seed);
    (0..count)
        .map(|number| {
            let mut file = VARIABLES.to_owned();
            for i in 0..12 {
                let quoted = dice.template().replace('\'', "''");
                let _ = writeln!(file, "made_{i}: '{quoted}'");
                if i % 4 == 3 {
                    let _ = writeln!(file, "of_{i}: '<{{{{ made_{i} }}}}>'");
                    let _ = writeln!(file, "same_{i}: '{{{{ made_{} }}}}'", i - 1);
                }
            }
            let path = directory.join(format!("{number}.yml"));
            fs::write(&path, &file).unwrap();
            Case {
                name: format!("generated {seed}/{number}"),
                files: vec![path],
                extra: Vec::new(),
            }
        })
        .collect()
}
