//! How fast many apps are loaded and rendered on one core; `tests/benchmark` compares it.
//!
//! `cargo bench -p wsgi-tests --bench render_many -- DIR` reads the vars files in DIR, then loads and
//! renders them. It prints one JSON object: how many files were rendered, of how many bytes, and the
//! seconds that loading and rendering took.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use wsgi_model::{AppSpec, NoLookups, Node, Rejected, Source, load};
use wsgi_render::{RenderError, Target, render};

/// What was rendered.
#[derive(Default)]
struct Rendered {
    files: usize,
    bytes: usize,
}

#[expect(clippy::print_stdout, reason = "it is what the benchmark is for")]
fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let directory = std::env::args().skip(1).find(|word| word != "--bench");
    let mut files = Vec::new();
    for entry in fs::read_dir(directory.ok_or("no directory is named")?)? {
        files.push(fs::read(entry?.path())?);
    }

    let start = Instant::now();
    let apps = load_all(&files)?;
    let loading = start.elapsed().as_secs_f64();

    // The templates are compiled before the clock starts, as on the other side.
    render_all(&apps[..1])?;
    let start = Instant::now();
    let Rendered { files, bytes } = render_all(&apps)?;
    let rendering = start.elapsed().as_secs_f64();
    println!(
        "{{\"files\": {files}, \"bytes\": {bytes}, \"loading_s\": {loading}, \"rendering_s\": {rendering}}}"
    );
    Ok(())
}

#[inline(never)]
fn load_all(files: &[Vec<u8>]) -> Result<Vec<AppSpec>, Rejected> {
    let load = |bytes: &Vec<u8>| {
        let name = "app.yml";
        Ok(load(&Source { name, bytes }, &NoLookups)?.app)
    };
    files.iter().map(load).collect()
}

// Not inlined, so that a profiler finds it.
#[inline(never)]
fn render_all(apps: &[AppSpec]) -> Result<Rendered, RenderError> {
    let target = Target::default();
    let mut rendered = Rendered::default();
    for app in apps {
        let bundle = render(app, &target)?;
        for artifact in bundle.artifacts() {
            if let Node::File { contents, .. } | Node::Block { contents, .. } = &artifact.node {
                rendered.files += 1;
                rendered.bytes += contents.expose().len();
            }
        }
        black_box(bundle);
    }
    Ok(rendered)
}
