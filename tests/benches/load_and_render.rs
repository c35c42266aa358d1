//! Loading and rendering one app: the smallest, and one that sets everything.
//!
//! `cargo bench -p wsgi-tests --bench load_and_render`. Loading begins with the bytes of the vars
//! file; the keys and includes that it names are read from disk on the way.

use std::error::Error;
use std::fs;

use criterion::Criterion;
use wsgi_model::{Source, load};
use wsgi_render::{Target, render};
use wsgi_tests::Fixture;

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    let measured = ["minimal", "everything"];
    for fixture in Fixture::all() {
        if measured.contains(&fixture.name.as_str()) {
            measure(&mut criterion, &fixture)?;
        }
    }
    criterion.final_summary();
    Ok(())
}

fn measure(criterion: &mut Criterion, fixture: &Fixture) -> Result<(), Box<dyn Error>> {
    let name = &fixture.name;
    let bytes = fs::read(&fixture.vars_files()[0])?;
    let source = Source {
        name,
        bytes: &bytes,
    };
    let lookups = fixture.lookups();
    let app = load(&source, &lookups)?.app;
    let target = Target::default();
    render(&app, &target)?;
    criterion.bench_function(&format!("load/{name}"), |bencher| {
        bencher.iter(|| load(&source, &lookups));
    });
    criterion.bench_function(&format!("render/{name}"), |bencher| {
        bencher.iter(|| render(&app, &target));
    });
    Ok(())
}
