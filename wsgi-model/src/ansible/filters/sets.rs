//! Filters that take lists for sets; all keep the order of what comes first.

use minijinja::Error;
use minijinja::value::Value;

use super::filters;
use crate::ansible::call::Call;

filters! {
    "difference" => |call| set(call, |a, b| keep(&a, |item| !b.contains(item))),
    "intersect" => |call| set(call, |a, b| keep(&a, |item| b.contains(item))),
    "symmetric_difference" => |call| set(call, |a, b| {
        let mut made = keep(&a, |item| !b.contains(item));
        made.extend(keep(&b, |item| !a.contains(item)));
        made
    }),
    "union" => |call| set(call, |a, b| keep(&[a, b].concat(), |_| true)),
}

/// What passes, each value once.
fn keep(items: &[Value], passes: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if passes(item) && !kept.contains(item) {
            kept.push(item.clone());
        }
    }
    kept
}

fn set(
    call: &mut Call<'_, '_, '_>,
    make: fn(Vec<Value>, Vec<Value>) -> Vec<Value>,
) -> Result<Value, Error> {
    let a = call.items()?;
    let [b] = call.bind(["b"])?;
    let b = b.ok_or_else(|| call.wrong("it wants a second list"))?;
    let b = call.items_of(&b)?;
    let all = a.len() + b.len();
    call.work(all * all / 8)?;
    Ok(Value::from(make(a, b)))
}
