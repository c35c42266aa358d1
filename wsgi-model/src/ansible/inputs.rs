//! From everything that the operator gives to one set of variables.

use std::collections::HashMap;
use std::sync::Arc;

use super::datum::Datum;
use super::extra::{self, ExtraVars};
use super::resolve::Resolver;
use super::tree::{Origin, Tree};
use super::vault::{VaultPasswords, decrypt, is_vault};
use crate::variable::Fallback;
use crate::wire::yaml::{self, Entry, Node, Value};
use crate::wire::{Layer, Variables, load_variables};
use crate::{Definition, Loaded, Lookups, Problem, Rejected, Severity, Source, VARIABLES};

/// What one app is loaded from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The app's vars file.
    pub file: Source<'a>,
    /// What was given with `-e`, in that order: it wins over the file, the last over those before.
    pub extra: &'a [ExtraVars<'a>],
    /// Variables that several apps share: the file wins over them, the last over those before.
    pub shared: &'a [Source<'a>],
}

impl<'a> Inputs<'a> {
    /// A vars file and nothing else.
    pub const fn of_file(file: Source<'a>) -> Self {
        Self {
            file,
            extra: &[],
            shared: &[],
        }
    }
}

/// Loads and checks an app as Ansible would read it: with expressions, lookups and Vault.
///
/// `-e` wins over the vars file, that over what is shared, and all of them over the defaults.
///
/// ```
/// use wsgi_model::ansible::vault::VaultSecrets;
/// use wsgi_model::ansible::{ExtraVars, Inputs, load};
/// use wsgi_model::{NoLookups, Source};
///
/// let text = b"wsgi_project_name: shop\nwsgi_wsgi_path: '{{ wsgi_project_name }}.wsgi'\n";
/// let inputs = Inputs {
///     extra: &[ExtraVars::Text("port=8080 wsgi_nginx_http_port='{{ port }}'")],
///     ..Inputs::of_file(Source { name: "shop.yml", bytes: text })
/// };
/// let loaded = load(&inputs, &NoLookups, &VaultSecrets::default())?;
/// assert_eq!(loaded.app.wsgi.as_str(), "shop.wsgi");
/// assert_eq!(loaded.app.site.http_port.get(), 8080);
/// # Ok::<(), wsgi_model::Rejected>(())
/// ```
///
/// # Errors
/// [`Rejected`] with every problem of the inputs.
pub fn load(
    inputs: &Inputs<'_>,
    lookups: &dyn Lookups,
    passwords: &dyn VaultPasswords,
) -> Result<Loaded, Rejected> {
    gather(inputs, passwords)?.load(lookups, passwords)
}

/// One variable as Ansible would give it to a task.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Evaluated {
    /// Its name.
    pub name: String,
    /// Its value, or what is wrong with it.
    pub value: Result<Datum, Vec<Problem>>,
    /// Whether it, or something in it, came from a vault.
    pub secret: bool,
}

/// Works every variable out, the operator's own included, and checks none.
///
/// # Errors
/// [`Rejected`] when an input cannot be read. That a value cannot be worked out stands in its place.
pub fn evaluate(
    inputs: &Inputs<'_>,
    lookups: &dyn Lookups,
    passwords: &dyn VaultPasswords,
) -> Result<Vec<Evaluated>, Rejected> {
    let gathered = gather(inputs, passwords)?;
    let mut resolver = Resolver::new(gathered.tree(), lookups, passwords);
    let evaluated = gathered.entries.iter().filter_map(|entry| {
        let name = entry.key.python_text().into_owned();
        let node = resolver.variable(&name)?;
        let problems = resolver.take_problems();
        Some(Evaluated {
            secret: holds_secret(&node),
            value: Datum::of(&node).ok_or(problems),
            name,
        })
    });
    Ok(evaluated.collect())
}

fn holds_secret(node: &Node) -> bool {
    node.secret
        || match &node.value {
            Value::List(nodes) => nodes.iter().any(holds_secret),
            Value::Map(entries) => entries.iter().any(|entry| holds_secret(&entry.node)),
            _ => false,
        }
}

fn gather(inputs: &Inputs<'_>, passwords: &dyn VaultPasswords) -> Result<Gathered, Rejected> {
    let mut gathered = Gathered::default();
    let mut problems = Vec::new();
    for source in inputs.shared {
        let name: Arc<str> = Arc::from(source.name);
        let layer = Some(Layer::Shared(name));
        gathered.file(source, layer.as_ref(), passwords, &mut problems);
    }
    gathered.file(&inputs.file, None, passwords, &mut problems);
    for extra in inputs.extra {
        match extra {
            ExtraVars::File(source) => {
                let layer = Some(Layer::ExtraFile(Arc::from(source.name)));
                gathered.file(source, layer.as_ref(), passwords, &mut problems);
            }
            ExtraVars::Text(text) => match extra::parse(text) {
                Ok(root) => gathered.add(root, Some(&Layer::CommandLine), false),
                Err(why) => {
                    let mut problem = Problem::new(Severity::Error, "extra-vars", "", why.reason())
                        .in_file(Some(Layer::CommandLine.name()));
                    problem.help = why.remedy().map(str::to_owned);
                    problems.push(problem);
                }
            },
        }
    }
    if !problems.is_empty() {
        return Err(Rejected { problems });
    }
    Ok(gathered)
}

/// The variables of all inputs, each in the place where the last input that sets it put it.
#[derive(Default)]
struct Gathered {
    entries: Vec<Entry>,
    origins: HashMap<String, Arc<Origin>>,
    layers: HashMap<String, Layer>,
}

impl Gathered {
    /// Reads a file, which may be encrypted as a whole.
    fn file(
        &mut self,
        source: &Source<'_>,
        layer: Option<&Layer>,
        passwords: &dyn VaultPasswords,
        problems: &mut Vec<Problem>,
    ) {
        let name = layer.map(Layer::name);
        let secret = is_vault(source.bytes);
        let opened;
        let bytes = if secret {
            let refuse = |message: String, help: Option<String>| {
                let mut problem =
                    Problem::new(Severity::Error, "vault", "", message).in_file(name.clone());
                problem.help = help;
                problem
            };
            let secrets = match passwords.secrets() {
                Ok(secrets) => secrets,
                Err(error) => {
                    let help = error.remedy().map(str::to_owned);
                    return problems.push(refuse(error.to_string(), help));
                }
            };
            match decrypt(source.bytes, secrets) {
                Ok(text) => {
                    opened = text;
                    opened.expose().as_slice()
                }
                Err(error) => {
                    return problems.push(refuse(error.to_string(), Some(error.remedy())));
                }
            }
        } else {
            source.bytes
        };
        match yaml::read(bytes) {
            Ok(root) => self.add(root, layer, secret),
            Err(found) => problems.extend(found.into_iter().map(|problem| {
                let mut problem = Problem::from(problem).in_file(name.clone());
                if secret {
                    // What is there is not for the eyes of who reads the message.
                    problem.help = Some("`ansible-vault edit` shows it, and changes it".to_owned());
                    problem.message =
                        format!("the decrypted file is no vars file ({})", problem.code);
                }
                problem
            })),
        }
    }

    /// Adds variables, which win over those of the same name from before.
    fn add(&mut self, root: Node, layer: Option<&Layer>, secret: bool) {
        let origin = Arc::new(Origin {
            name: layer.map(Layer::name),
            secret,
            has_places: !matches!(layer, Some(Layer::CommandLine)),
        });
        let Value::Map(entries) = root.value else {
            return;
        };
        let names: Vec<String> = entries
            .iter()
            .map(|e| e.key.python_text().into_owned())
            .collect();
        // Under any of its names, a variable is the same one.
        let replaced = |old: &str| {
            names.iter().any(|new| {
                new == old
                    || definition(new)
                        .is_some_and(|d| definition(old).is_some_and(|o| o.name == d.name))
            })
        };
        self.entries.retain(|e| !replaced(&e.key.python_text()));
        for (entry, name) in entries.into_iter().zip(names) {
            self.origins.insert(name.clone(), Arc::clone(&origin));
            match layer {
                Some(layer) => _ = self.layers.insert(name, layer.clone()),
                None => _ = self.layers.remove(&name),
            }
            self.entries.push(entry);
        }
    }

    /// Works the role's variables out, and reads them.
    fn load(
        mut self,
        lookups: &dyn Lookups,
        passwords: &dyn VaultPasswords,
    ) -> Result<Loaded, Rejected> {
        let mut resolver = Resolver::new(self.tree(), lookups, passwords);
        for entry in &mut self.entries {
            let name = entry.key.python_text();
            if name.to_ascii_lowercase().starts_with("wsgi") {
                if let Some(node) = resolver.variable(&name) {
                    entry.node = node;
                }
            }
        }
        let root = Node::new(crate::Place::START, Value::Map(self.entries));
        let variables = Variables {
            root,
            layers: self.layers,
        };
        load_variables(variables, resolver.take_problems(), lookups)
    }

    /// Every name that an expression may use: the variables, their other names, and the defaults of
    /// those that are not set.
    fn tree(&self) -> Tree {
        let mut tree = Tree::default();
        for entry in &self.entries {
            let name = entry.key.python_text();
            if let Some(origin) = self.origins.get(name.as_ref()) {
                tree.set(&name, &entry.node, origin);
            }
        }
        let default = Arc::new(Origin {
            name: None,
            secret: false,
            has_places: false,
        });
        for definition in VARIABLES {
            let names =
                || std::iter::once(definition.name).chain(definition.aliases.iter().copied());
            let set = names().find_map(|name| tree.variable(name));
            let id = match (set, definition.fallback) {
                (Some(id), _) => id,
                (None, Fallback::Text(text)) => {
                    tree.set(definition.name, &default_node(text), &default)
                }
                (None, Fallback::Required | Fallback::Nothing(_)) => continue,
            };
            for name in names() {
                tree.alias(name, id);
            }
        }
        tree
    }
}

fn definition(name: &str) -> Option<&'static Definition> {
    VARIABLES
        .iter()
        .copied()
        .find(|d| d.name == name || d.aliases.contains(&name))
}

/// A default of the table, as the template that the role would have.
fn default_node(text: &str) -> Node {
    if !text.contains('{') || text == "{}" {
        return Node::of_default(text);
    }
    let directory = |name: &str| format!("{{{{ {name}.rstrip('/') }}}}/");
    let template = text
        .replace("{name}", "{{ wsgi_project_name }}")
        .replace("{path}", &directory("wsgi_path"))
        .replace("{storage}", &directory("wsgi_storage_dir"))
        .replace("{venv}", &directory("wsgi_virtualenv"))
        .replace("{log}", &directory("wsgi_log_dir"));
    let mut node = Node::of_default(&template);
    if let Value::Scalar(scalar) = &mut node.value {
        scalar.unsafe_ = false;
    }
    node
}
