use super::*;

#[test]
fn what_builds_lists_is_weighed_and_nothing_else_is_touched() {
    for (template, becomes) in [
        ("a [1] * 2 b", "a [1] * 2 b"),
        (
            "{{ a }}{{ a[0](1, 2).b | c([]) }}",
            "{{ a }}{{ a[0](1, 2).b | c(([]|_weighed)) }}",
        ),
        ("{{ [a, a] }}", "{{ ([a, a]|_weighed) }}"),
        ("{{ [1][0] }}", "{{ ([1]|_weighed)[0] }}"),
        (
            "{{ {'a': {'b': 1}}.a.b }}",
            "{{ ({'a': ({'b': 1}|_weighed)}|_weighed).a.b }}",
        ),
        ("{{ (a) ~ (a, b) }}", "{{ (a) ~ ((a, b)|_weighed) }}"),
        (
            "{{ -a * b == c ~ 1 * 2 }}",
            "{{ ((-a * b)|_weighed) == c ~ ((1 * 2)|_weighed) }}",
        ),
        (
            "{{ [1]*2|f(x*y) }}",
            "{{ ((([1]|_weighed)*2|f(((x*y)|_weighed)))|_weighed) }}",
        ),
        ("{{ f(*x, **y) }}", "{{ f(*x, **y) }}"),
        (
            "{{ a * b is not in [1] and c }}",
            "{{ ((a * b is not in [1])|_weighed) and c }}",
        ),
        (
            "{{ a * b is divisibleby -1 - 1 }}",
            "{{ ((a * b is divisibleby -1)|_weighed) - 1 }}",
        ),
        (
            "{{ '[1] * 2' ~ \"}}\" ~ 'it\\'s [' }}",
            "{{ '[1] * 2' ~ \"}}\" ~ 'it\\'s [' }}",
        ),
        (
            "{% raw %}{{ [1] }}{% endraw %}{# [1] #}",
            "{% raw %}{{ [1] }}{% endraw %}{# [1] #}",
        ),
        (
            "{% for (a, b) in [(1, 2)] if a*b %}",
            "{% for (a, b) in ([((1, 2)|_weighed)]|_weighed) if ((a*b)|_weighed) %}",
        ),
        (
            "{% set a, (b, c) = d, e %}",
            "{% set a, (b, c) =(( d, e)|_weighed) %}",
        ),
        ("{% set a.b = [1] -%}", "{% set a.b = ([1]|_weighed) -%}"),
        (
            "{% with a = [1], (b, c) = d * 2 %}",
            "{% with a = ([1]|_weighed), (b, c) = ((d * 2)|_weighed) %}",
        ),
        (
            "{% call(a, b) m([1]) %}",
            "{% call(a, b) m(([1]|_weighed)) %}",
        ),
        (
            "{% macro m(a, b=(1, 2)) %}",
            "{% macro m(a, b=((1, 2)|_weighed)) %}",
        ),
        (
            "{%- if a in (1, 2) -%}",
            "{%- if a in ((1, 2)|_weighed) -%}",
        ),
        (
            "{{ a.in[1] if x is in(1, 2) }}",
            "{{ a.in[1] if x is in(1, 2) }}",
        ),
        (
            "{{ a | ansible.builtin.upper is ansible.builtin.match('b') }}",
            "{{ a | upper is match('b') }}",
        ),
        ("{{ a | ansible . legacy\n. upper }}", "{{ a | upper }}"),
        ("{{ ansible.builtin.upper }}", "{{ ansible.builtin.upper }}"),
        ("{{ 1.5 * 2 }}", "{{ ((1.5 * 2)|_weighed) }}"),
        ("{{ é['ü'] ~ [é] }}", "{{ é['ü'] ~ ([é]|_weighed) }}"),
        ("{{ [", "{{ ["),
        ("{{ ) ] } }}", "{{ ) ] } }}"),
        ("{{", "{{"),
        ("{", "{"),
    ] {
        assert_eq!(weighed(template).ok().as_deref(), Some(becomes));
    }
}

#[test]
fn what_the_engine_cannot_compile_on_its_stack_is_refused() {
    for part in [
        "not ",
        "- ",
        "(",
        "1 + ",
        "a if b else ",
        "2 ** ",
        "[",
        "{1: ",
    ] {
        assert!(
            weighed(&format!("{{{{ {}1", part.repeat(2000))).is_err(),
            "{part}"
        );
    }
    for part in [".a", "[0]", "()", "|upper", " is defined"] {
        assert!(
            weighed(&format!("{{{{ a{} }}}}", part.repeat(2000))).is_err(),
            "{part}"
        );
    }
    let branches = "{% elif a %}".repeat(2000);
    assert!(weighed(&format!("{{% if a %}}{branches}{{% endif %}}")).is_err());
    assert!(weighed(&format!("{{% set {}a = 1 %}}", "(".repeat(2000))).is_err());
    // A long list is not deep.
    assert!(weighed(&format!("{{{{ [{}] }}}}", "a.b | c, ".repeat(2000))).is_ok());
    assert!(weighed(&"{{ a ~ 1 }}".repeat(2000)).is_ok());
}
