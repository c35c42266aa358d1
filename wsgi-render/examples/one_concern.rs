//! Renders the nginx files of an app and nothing else.
//!
//! `cargo run -p wsgi-render --example one_concern`

use std::error::Error;

use wsgi_model::{AppName, AppParts, AppSpec, Node, ServerName, WsgiTarget};
use wsgi_render::{BUILTIN, Target, render_with};

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
    parts.site.server_names = vec![ServerName::parse("shop.example.org")?];
    let app = AppSpec::new(parts)?;

    let nginx: Vec<_> = BUILTIN
        .iter()
        .copied()
        .filter(|r| r.name() == "nginx")
        .collect();
    for artifact in render_with(&nginx, &app, &Target::default())?.artifacts() {
        println!("# {}", artifact.path);
        if let Node::File { contents, mode, .. } = &artifact.node {
            println!(
                "# mode {mode}\n{}",
                String::from_utf8_lossy(contents.expose())
            );
        }
    }
    Ok(())
}
