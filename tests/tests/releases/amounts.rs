//! What is sent and what is kept.

use std::time::{Duration, Instant};

use wsgi_tests::{Suite, wait_until_within};

use crate::site::Site;

const FILES: usize = 4000;
const SIZE: usize = 50_000;

/// Nothing that gzip makes small.
struct Noise(u64);

impl Noise {
    fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            piece.copy_from_slice(&(mixed ^ (mixed >> 32)).to_le_bytes()[..piece.len()]);
        }
    }
}

/// How many bytes the host has received since it was up.
fn received(site: &Site) -> u64 {
    let text = site
        .machine()
        .text("/sys/class/net/eth0/statistics/rx_bytes");
    text.trim().parse().expect("a number")
}

/// How many megabytes lie where releases and virtualenvs are.
fn kept(site: &Site) -> u64 {
    let script = "du -smc /var/www/shop /var/lib/shop /var/lib/wsgi | tail -n 1 | cut -f 1";
    let text = site.machine().sh(script).text();
    text.trim().parse().expect("a number")
}

#[test]
fn of_a_large_project_only_what_has_changed_is_sent_and_the_disk_does_not_fill() {
    let site = Site::applied(Suite::Bookworm, "wsgi_keep_releases: 2\n");
    let mut noise = Noise(1);
    let mut bytes = vec![0; SIZE];
    for number in 0..FILES {
        noise.fill(&mut bytes);
        let (directory, file) = (number / 100, number % 100);
        site.put(&format!("assets/{directory}/{file}.bin"), &bytes);
    }
    // Somebody loses patience.
    let mut begun = site.begins("release 0");
    wait_until_within(Duration::from_secs(60), "half of it has arrived", || {
        kept(&site) > 100
    });
    begun.client.kill().expect("it is killed");
    begun.client.wait().expect("it ends");
    site.is_tidy();
    assert!(kept(&site) < 100);

    let before = received(&site);
    let start = Instant::now();
    site.deploys("release 0");
    let (first, took) = (received(&site) - before, start.elapsed());
    assert!(first > (FILES * SIZE) as u64, "{first}");
    let mut sent = Vec::new();
    let mut disk = Vec::new();
    for number in 1..=3 {
        noise.fill(&mut bytes);
        site.put("assets/7/7.bin", &bytes);
        let before = received(&site);
        let start = Instant::now();
        site.deploys(&format!("release {number}"));
        sent.push((received(&site) - before, start.elapsed()));
        disk.push(kept(&site));
    }
    #[expect(
        clippy::print_stderr,
        reason = "the figures are of interest by themselves"
    )]
    {
        eprintln!("first: {first} in {took:?}; then {sent:?}; MB kept: {disk:?}");
    }
    let at_most = 4 * SIZE as u64;
    assert!(sent.iter().all(|(bytes, _)| *bytes < at_most), "{sent:?}");
    // What runs, what was before it, and what that took the place of.
    assert!(disk[2] <= disk[1] + 5, "{disk:?}");
    assert!(disk[2] < 3 * 200, "{disk:?}");
}
