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
        (
            "{{ (a) ~ (a, b) }}",
            "{{ (((a))|_there) ~ ((a, b)|_weighed) }}",
        ),
        (
            "{{ -a * b == c ~ 1 * 2 }}",
            "{{ ((-a * b)|_there) == ((c)|_there) ~ ((1 * 2)|_weighed) }}",
        ),
        (
            "{{ [1]*2|f(x*y) }}",
            "{{ ((([1]|_weighed)*2|f(((x*y)|_weighed)))|_weighed) }}",
        ),
        ("{{ f(*x, **y) }}", "{{ f(*x, **y) }}"),
        (
            "{{ a * b is not in [1] and c }}",
            "{{ ((a * b is not in [1])|_there) and c }}",
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
            "{% for (a, b) in ([((1, 2)|_weighed)]|_weighed) if ((a*b)|_there) %}",
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
            "{%- if ((a)|_there) in ((1, 2)|_weighed) -%}",
        ),
        (
            "{{ a.in[1] if x is in(1, 2) }}",
            "{{ a.in[1] if ((x is in(1, 2))|_there) }}",
        ),
        (
            "{{ a | ansible.builtin.upper is ansible.builtin.match('b') }}",
            "{{ a | upper is match('b') }}",
        ),
        ("{{ a | ansible . legacy\n. upper }}", "{{ a | upper }}"),
        ("{{ ansible.builtin.upper }}", "{{ ansible.builtin.upper }}"),
        ("{{ 1.5 * 2 }}", "{{ ((1.5 * 2)|_weighed) }}"),
        (
            "{{ é['ü'] ~ [é] }}",
            "{{ ((é['ü'])|_there) ~ ([é]|_weighed) }}",
        ),
        ("{{ [", "{{ ["),
        ("{{ ) ] } }}", "{{ ) ] } }}"),
        ("{{", "{{"),
        ("{", "{"),
    ] {
        assert_eq!(weighed(template).ok().as_deref(), Some(becomes));
    }
}

#[test]
fn what_may_have_no_value_is_looked_at_where_a_value_is_used() {
    for (template, becomes) in [
        ("{{ a[0] }}{{ a.b }}", "{{ a[0] }}{{ a.b }}"),
        (
            "{{ a[0] ~ b.c ~ d }}",
            "{{ ((a[0])|_there) ~ ((b.c)|_there) ~ ((d)|_there) }}",
        ),
        ("{{ a[0] == 1 }}", "{{ ((a[0])|_there) == 1 }}"),
        ("{{ 1 not in a[0] }}", "{{ 1 not in ((a[0])|_there) }}"),
        (
            "{{ a[0] | default(1) ~ a[1].b is defined }}",
            "{{ ((a[0] | default(1))|_there) ~ a[1].b is defined }}",
        ),
        (
            "{{ (a[0]) | default(b[1]) }}",
            "{{ (a[0]) | default(b[1]) }}",
        ),
        (
            "{{ (a[0] if b[1] else c[2]) | d(1) }}",
            "{{ (a[0] if ((b[1])|_there) else c[2]) | d(1) }}",
        ),
        ("{{ a[0] or b[0] }}", "{{ ((a[0])|_there) or b[0] }}"),
        (
            "{{ 1 if a.b and not c.d else e.f }}",
            "{{ 1 if ((a.b)|_there) and not ((c.d)|_there) else e.f }}",
        ),
        (
            "{% if a.b or c[0] %}{% elif a.b %}",
            "{% if ((a.b)|_there) or ((c[0])|_there) %}{% elif ((a.b)|_there) %}",
        ),
        (
            "{% for a in b[0] if c.d %}",
            "{% for a in ((b[0])|_there) if ((c.d)|_there) %}",
        ),
        ("{{ [a[0], b.c] }}", "{{ ([a[0], b.c]|_weighed) }}"),
        ("{{ a[0] * 2 }}", "{{ ((a[0] * 2)|_weighed) }}"),
        ("{{ f(a=b[0], *c.d) }}", "{{ f(a=b[0], *c.d) }}"),
        ("{% set a.b = c[0] %}", "{% set a.b = c[0] %}"),
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
