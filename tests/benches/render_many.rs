//! How fast many apps are loaded and rendered on one core.
//!
//! `cargo bench -p wsgi-tests --bench render_many -- 10000` prints one JSON object: the number of apps
//! and files, the bytes rendered, and the seconds that loading and rendering took.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use wsgi_model::{AppSpec, Artifact, Contents, NoLookups, Node, Source, load};
use wsgi_render::{Target, render};

/// The vars file of app number `i`: what a usual app sets.
fn vars(i: usize) -> String {
    format!(
        "wsgi_project_name: app{i}
wsgi_wsgi_path: project.wsgi
wsgi_support_email: help@app{i}.example.org
wsgi_ssh: no
wsgi_server_names: [app{i}.example.org, www.app{i}.example.org]
wsgi_ssl: yes
wsgi_force_ssl: yes
wsgi_env_vars:
  secret_key: 'k8#x$Q it''s secret {i}'
  debug: 'off'
  broker_url: redis://127.0.0.1:6379/{i}
wsgi_databases:
  - {{id: main, name: app{i}, user: app{i}, password: 's3cret{i}', host: 127.0.0.1, port: 5432}}
wsgi_cron_tasks:
  - name: Clean up sessions
    command: python current/manage.py clearsessions
    frequency: {{minute: '30', hour: '4'}}
    logfile: /var/log/app{i}/sessions.log
"
    )
}

fn contents(artifact: &Artifact) -> Option<&Contents> {
    match &artifact.node {
        Node::File { contents, .. } | Node::Block { contents, .. } => Some(contents),
        _ => None,
    }
}

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    /// How many apps.
    count: usize,
    /// The number of the first.
    number: usize,
    /// Where to write the rendered files of the first app, named by their place in the bundle.
    write: Option<PathBuf>,
    /// Where to write the vars files, instead of measuring.
    vars: Option<PathBuf>,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments {
        count: 1_000,
        ..Arguments::default()
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--number" => arguments.number = words.next().ok_or("a number is missing")?.parse()?,
            "--write" => arguments.write = words.next().map(Into::into),
            "--vars" => arguments.vars = words.next().map(Into::into),
            // Cargo's own.
            "--bench" => {}
            count => arguments.count = count.parse()?,
        }
    }
    Ok(arguments)
}

#[expect(clippy::print_stdout, reason = "it is what the benchmark is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let Arguments {
        count,
        number,
        write,
        vars: vars_dir,
    } = arguments()?;
    let files: Vec<String> = (number..number + count).map(vars).collect();
    if let Some(directory) = vars_dir {
        for (i, bytes) in files.iter().enumerate() {
            fs::write(directory.join(format!("app{i}.yml")), bytes)?;
        }
        println!("{{}}");
        return Ok(());
    }

    let start = Instant::now();
    let mut apps: Vec<AppSpec> = Vec::with_capacity(count);
    for bytes in &files {
        apps.push(
            load(
                &Source {
                    name: "app.yml",
                    bytes: bytes.as_bytes(),
                },
                &NoLookups,
            )?
            .app,
        );
    }
    let loading = start.elapsed();

    // Compiled once, as on the other side.
    let first = render(&apps[0], &Target::default())?;
    if let Some(directory) = write {
        for (i, artifact) in first.artifacts().iter().enumerate() {
            if let Some(contents) = contents(artifact) {
                fs::write(directory.join(i.to_string()), contents.expose())?;
            }
        }
    }
    let (mut rendered_files, mut bytes) = (0, 0);
    let start = Instant::now();
    for app in &apps {
        let bundle = render(app, &Target::default())?;
        for artifact in bundle.artifacts() {
            if let Some(contents) = contents(artifact) {
                rendered_files += 1;
                bytes += contents.expose().len();
            }
        }
        black_box(&bundle);
    }
    let rendering = start.elapsed();
    println!(
        "{{\"apps\": {count}, \"files\": {rendered_files}, \"bytes\": {bytes}, \"loading_s\": {:.4}, \"rendering_s\": {:.4}}}",
        loading.as_secs_f64(),
        rendering.as_secs_f64()
    );
    Ok(())
}
