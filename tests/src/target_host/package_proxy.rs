use std::collections::BTreeSet;
use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::machine_error::MachineError;

/// For a mirror that does not answer. apt and pip try again by themselves.
const PATIENCE: Duration = Duration::from_secs(120);

/// No request line with its fields is longer.
const LONGEST_HEAD: usize = 64 * 1024;

/// The hosts' only way out: an HTTP proxy that reaches the package mirrors and nothing else, in the
/// way that this computer reaches them.
#[derive(Debug)]
pub(super) struct PackageProxy {
    address: SocketAddr,
    allowed: Arc<Mutex<BTreeSet<String>>>,
    ended: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl PackageProxy {
    pub(super) fn start(address: Ipv4Addr) -> Result<Self, MachineError> {
        let listen = || {
            let listener = TcpListener::bind((address, 0))?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = listen().map_err(|error: io::Error| MachineError::Setup {
            stderr: format!("no package proxy on {address}: {error}"),
        })?;
        let allowed = Arc::default();
        let ended = Arc::new(AtomicBool::new(false));
        let accepting = thread::spawn({
            let (allowed, ended) = (Arc::clone(&allowed), Arc::clone(&ended));
            move || {
                for client in listener.incoming().flatten() {
                    if ended.load(Ordering::SeqCst) {
                        break;
                    }
                    let allowed = Arc::clone(&allowed);
                    // A connection that breaks is the client's to notice.
                    thread::spawn(move || serve(client, &allowed));
                }
            }
        });
        Ok(Self {
            address,
            allowed,
            ended,
            accepting: Some(accepting),
        })
    }

    /// Its address, as apt and pip want it.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets all hosts reach these names, too.
    pub(super) fn allow(&self, names: impl IntoIterator<Item = String>) {
        let mut allowed = self.allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.extend(names);
    }
}

impl Drop for PackageProxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            let _ = accepting.join();
        }
    }
}

/// What a client asks for.
struct Request {
    /// The line and fields as they came, with the empty line.
    head: String,
    method: String,
    /// `host:port`, or a whole URL.
    target: String,
    /// What came behind the head already.
    rest: Vec<u8>,
}

impl Request {
    fn read(client: &mut TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            let mut more = [0; 4096];
            let count = client.read(&mut more)?;
            if count == 0 || bytes.len() > LONGEST_HEAD {
                return Err(io::ErrorKind::InvalidData.into());
            }
            bytes.extend_from_slice(&more[..count]);
        };
        let rest = bytes.split_off(end);
        let head = String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut words = head.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        Ok(Self {
            head,
            method,
            target,
            rest,
        })
    }

    fn is_tunnel(&self) -> bool {
        self.method == "CONNECT"
    }

    /// The name and port of the server, and the path there; nothing of the path for a tunnel.
    fn server(&self) -> Option<(&str, u16, &str)> {
        let (server, path) = if self.is_tunnel() {
            (self.target.as_str(), "")
        } else {
            let rest = self.target.strip_prefix("http://")?;
            rest.split_at(rest.find('/').unwrap_or(rest.len()))
        };
        match server.rsplit_once(':') {
            Some((name, port)) => Some((name, port.parse().ok()?, path)),
            None => Some((server, 80, path)),
        }
    }

    /// The head for the server itself. Each request has a connection of its own, so that nothing
    /// of the answer needs to be understood here.
    fn head_for_server(&self, path: &str) -> String {
        let path = if path.is_empty() { "/" } else { path };
        let mut head = format!("{} {path} HTTP/1.1\r\nConnection: close\r\n", self.method);
        for field in self.head.lines().skip(1).filter(|line| !line.is_empty()) {
            let name = field.split(':').next().unwrap_or_default();
            let ours = ["connection", "proxy-connection", "keep-alive"];
            if !ours.contains(&name.to_ascii_lowercase().as_str()) {
                head.push_str(field);
                head.push_str("\r\n");
            }
        }
        head.push_str("\r\n");
        head
    }
}

fn serve(mut client: TcpStream, allowed: &Mutex<BTreeSet<String>>) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let request = Request::read(&mut client)?;
    let known = |name: &str| {
        let allowed = allowed.lock().unwrap_or_else(PoisonError::into_inner);
        allowed.contains(name)
    };
    let Some((name, port, path)) = request.server().filter(|(name, _, _)| known(name)) else {
        return refuse(&mut client, "403 No package mirror");
    };
    let reached = match upstream(request.is_tunnel()) {
        // It understands what we do.
        Some(proxy) => connect(&proxy).map(|server| (server, Some(request.head.clone()))),
        None if request.is_tunnel() => connect((name, port)).map(|server| (server, None)),
        None => connect((name, port)).map(|server| (server, Some(request.head_for_server(path)))),
    };
    let (mut server, head) = match reached {
        Ok(reached) => reached,
        Err(error) => return refuse(&mut client, &format!("502 {error}")),
    };
    match head {
        Some(head) => server.write_all(head.as_bytes())?,
        None => client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?,
    }
    server.write_all(&request.rest)?;

    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let answer = thread::spawn(move || {
        let copied = io::copy(&mut from_server, &mut to_client);
        // Ends the other direction, too: the client may keep its end open for a long time.
        let _ = to_client.shutdown(Shutdown::Both);
        copied
    });
    let copied = io::copy(&mut client, &mut server);
    let _ = server.shutdown(Shutdown::Write);
    let _ = answer.join();
    copied.map(drop)
}

fn refuse(client: &mut TcpStream, status: &str) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.write_all(head.as_bytes())
}

fn connect(server: impl ToSocketAddrs) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(server) => {
                server.set_read_timeout(Some(PATIENCE))?;
                return Ok(server);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// `host:port` of the proxy that this computer itself goes through, when it does.
fn upstream(tunnel: bool) -> Option<String> {
    let names = if tunnel {
        ["https_proxy", "HTTPS_PROXY"]
    } else {
        ["http_proxy", "HTTP_PROXY"]
    };
    let url = names.iter().find_map(|name| env::var(name).ok())?;
    let server = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let server = server
        .split('/')
        .next()
        .filter(|server| !server.is_empty())?;
    let has_port = server.contains(':');
    Some(if has_port {
        server.to_owned()
    } else {
        format!("{server}:80")
    })
}
