//! Debian's nginx takes the rendered site and answers as promised.

use wsgi_tests::WebHost;

const SHOP: &str = "
wsgi_project_name: shop
wsgi_wsgi_path: shop.wsgi
wsgi_server_names: [shop.example.org]
wsgi_support_email: help@example.org
wsgi_storage_dir: /srv
wsgi_nginx_include_paths: [legacy.conf]
";

#[test]
fn explore() {
    let host = WebHost::with(&[SHOP]).up();
    println!("{}", host.machine.text("/etc/nginx/sites-available/shop"));
    println!(
        "{}",
        host.machine.get("http://shop.example.org/a?b=c").text()
    );
    println!(
        "{:?}",
        host.machine.get("http://shop.example.org/status/500")
    );
}
