//! Builds the spec of an app in code, without YAML, and prints the vars file that would make it.
//!
//! `cargo run -p wsgi-model --example build_in_code`

use std::error::Error;

use wsgi_model::{
    AppName, AppParts, AppSpec, CommandLine, CronField, CronTask, CronUnit, Database, DatabaseId,
    EnvName, EnvValue, EnvVar, Exposure, ServerName, TaskName, Workers, WsgiTarget,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("shop.wsgi")?);
    parts.gunicorn.workers = Workers::new(3)?;
    parts.site.server_names = vec![ServerName::parse("shop.example.org")?];
    parts.env_vars.push(EnvVar {
        name: EnvName::upper("secret_key")?,
        value: EnvValue::parse("it's a secret")?,
    });

    let mut database = Database::new(DatabaseId::parse("main")?);
    database.password = Some(EnvValue::parse("hunter2")?);
    parts.databases.push(database);

    let mut nightly = CronTask::new(
        TaskName::parse("Clean up sessions")?,
        CommandLine::parse("python current/manage.py clearsessions")?,
    );
    nightly.schedule.minute = CronField::parse(CronUnit::Minute, "30")?;
    nightly.schedule.hour = CronField::parse(CronUnit::Hour, "4")?;
    parts.cron_tasks.push(nightly);

    // What is legal part by part may still contradict itself: this is where that is found.
    let app = AppSpec::new(parts)?;
    print(&app.to_yaml(Exposure::Masked));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn print(text: &str) {
    print!("{text}");
}
