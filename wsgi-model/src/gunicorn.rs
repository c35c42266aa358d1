//! The gunicorn master and its workers.

use crate::name::shown;
use crate::text::checked_text;
use crate::{
    Invalid, MaxRequests, PipVersion, RequestLineLimit, Seconds, UserName, WorkerTimeout, Workers,
};

checked_text! {
    /// What gunicorn imports: `package.module`, `package.module:callable` or
    /// `package.module:factory('argument')`.
    ///
    /// ```
    /// use wsgi_model::WsgiTarget;
    /// assert!(WsgiTarget::parse("shop.wsgi").is_ok());
    /// assert!(WsgiTarget::parse("shop.wsgi:application").is_ok());
    /// assert!(WsgiTarget::parse("shop/wsgi.py").is_err());
    /// ```
    WsgiTarget, |text| {
        let word = |w: &str| w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && w.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let (module, callable) = match text.split_once(':') {
            Some((module, callable)) => (module, Some(callable)),
            None => (text, None),
        };
        let callable_ok = callable.is_none_or(|c| match c.split_once('(') {
            None => word(c),
            Some((name, args)) => word(name) && args.ends_with(')') && !args.chars().any(char::is_control),
        });
        if module.split('.').all(word) && callable_ok {
            return Ok(());
        }
        let refusal = Invalid::new(format!("`{}` is not a Python path", shown(text)));
        Err(if module.contains('/') || module.strip_suffix(".py").is_some_and(|m| !m.is_empty()) {
            let dotted = module.trim_matches('/').trim_end_matches(".py").replace('/', ".");
            refusal.help(format!("write the module as Python imports it, such as `{}`", shown(&dotted)))
        } else {
            refusal.help("a module as Python imports it from the release's directory, and a callable in it: `shop.wsgi` or `shop.wsgi:application`")
        })
    }
}

/// How gunicorn runs the app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gunicorn {
    /// The Unix user that it runs as, which is the app's user.
    pub user: UserName,
    /// That user's primary group.
    pub group: UserName,
    /// How many workers.
    pub workers: Workers,
    /// After how many requests a worker is replaced.
    pub max_requests: MaxRequests,
    /// After how long a silent worker is killed.
    pub timeout: WorkerTimeout,
    /// The longest request line.
    pub request_line_limit: RequestLineLimit,
    /// The version to install; none takes what is there, or the newest.
    pub version: Option<PipVersion>,
}

impl Gunicorn {
    /// How long workers may finish their requests after a stop or reload: the worker timeout, at
    /// least 30 seconds (gunicorn's default) and at most 120.
    pub fn graceful_timeout(&self) -> Seconds {
        Seconds::clamped(self.timeout.get(), 30, 120)
    }

    /// How long all workers of a new gunicorn may take until they are ready.
    ///
    /// Gunicorn itself ends a worker that has not imported the app after the worker timeout, and
    /// starts another: so it is a little longer. Without a worker timeout it is five minutes.
    pub fn boot_timeout(&self) -> Seconds {
        match self.timeout.get() {
            0 => Seconds::clamped(300, 1, 3600),
            timeout => Seconds::clamped(timeout.saturating_add(15), 30, 3600),
        }
    }

    /// How long supervisor waits before it kills: ten seconds longer than
    /// [`graceful_timeout`](Self::graceful_timeout).
    ///
    /// Supervisor's own default of 10 seconds kills the master in the middle of a request and
    /// leaves its workers behind.
    pub fn stop_wait(&self) -> Seconds {
        Seconds::clamped(self.graceful_timeout().get() + 10, 1, 3600)
    }

    /// How long a start may take until a worker serves: half a minute longer than the worker
    /// timeout, at least one minute and at most five.
    ///
    /// A worker that takes longer than its timeout to load the app is killed while it does.
    pub fn start_wait(&self) -> Seconds {
        Seconds::clamped(self.timeout.get().saturating_add(30), 60, 300)
    }
}

#[cfg(test)]
mod tests {
    use crate::{AppName, AppParts, Invalid, WorkerTimeout, WsgiTarget};

    #[test]
    fn each_wait_outlasts_the_one_inside_it() -> Result<(), Invalid> {
        let mut parts = AppParts::new(AppName::parse("shop")?, WsgiTarget::parse("web:app")?);
        for (timeout, boot, graceful, stop) in [
            (1, 30, 30, 40),
            (30, 45, 30, 40),
            (90, 105, 90, 100),
            (3600, 3600, 120, 130),
            (0, 300, 30, 40),
        ] {
            parts.gunicorn.timeout = WorkerTimeout::new(timeout)?;
            let gunicorn = &parts.gunicorn;
            assert_eq!(gunicorn.boot_timeout().get(), boot, "{timeout}");
            assert_eq!(gunicorn.graceful_timeout().get(), graceful, "{timeout}");
            assert_eq!(gunicorn.stop_wait().get(), stop, "{timeout}");
        }
        Ok(())
    }
}
