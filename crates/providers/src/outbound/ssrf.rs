//! Every known way to make a server call inside, tried on the guarded client. None may pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use url::Url;

use super::{AllowedAddresses, Destination, Outbound, OutboundError, Request};

/// `{port}` is where a listener inside waits for whoever gets through.
const TRICKS: &[&str] = &[
    // Plain, and plain with another scheme.
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "https://LOCALHOST:{port}/",
    "https://localhost.:{port}/",
    "http://localhost:{port}/",
    // The whole of 127/8 and the unspecified address, which Linux takes for this machine.
    "https://127.1.2.3:{port}/",
    "https://127.255.255.254:{port}/",
    "https://0.0.0.0:{port}/",
    "https://0:{port}/",
    "https://[::]:{port}/",
    // IPv4 in other bases and with parts left out.
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://017700000001:{port}/",
    "https://0x7f.0.0.1:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://127.1:{port}/",
    "https://127.0.1:{port}/",
    // IPv6, and IPv4 inside IPv6.
    "https://[::1]:{port}/",
    "https://[0:0:0:0:0:0:0:1]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[::127.0.0.1]:{port}/",
    "https://[64:ff9b::127.0.0.1]:{port}/",
    "https://[2002:7f00:1::]:{port}/",
    "https://[2001::1]:{port}/",
    "https://[fe80::1]:{port}/",
    "https://[fd00::1]:{port}/",
    "https://[ff02::1]:{port}/",
    // Other letters for the same digits and dots.
    "https://①②⑦.⓪.⓪.①:{port}/",
    "https://127。0。0。1:{port}/",
    "https://１２７.０.０.１:{port}/",
    "https://%6c%6f%63%61%6c%68%6f%73%74:{port}/",
    "https://127.0.0.%31:{port}/",
    "https://ｌｏｃａｌｈｏｓｔ:{port}/",
    // User names that look like hosts.
    "https://caldav.example.com@127.0.0.1:{port}/",
    "https://caldav.example.com:443@localhost:{port}/",
    "https://caldav.example.com%23@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@caldav.example.com/",
    "https://127.0.0.1:{port}\\@caldav.example.com/",
    // Networks behind the wall.
    "https://10.0.0.1:{port}/",
    "https://172.16.0.1:{port}/",
    "https://192.168.1.1:{port}/",
    "https://100.64.0.1:{port}/",
    "https://198.18.0.1:{port}/",
    // Where clouds keep their keys.
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/computeMetadata/v1/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/",
    "https://192.0.0.192/opc/v2/instance/",
    // Not the web at all.
    "file:///etc/passwd",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_x",
    "unix:///var/run/docker.sock",
];

/// Counts who comes through.
async fn listener() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, count)
}

#[tokio::test]
async fn no_trick_reaches_inside() {
    super::use_ring();
    let (address, count) = listener().await;
    let outbound = Outbound::new(AllowedAddresses::parse(&[]), Arc::new(|| 0.0)).unwrap();
    let mut tried = 0;
    for trick in TRICKS {
        let text = trick.replace("{port}", &address.port().to_string());
        // What is no URL cannot be called.
        let Ok(url) = Url::parse(&text) else { continue };
        tried += 1;
        // A name that this machine cannot look up leads nowhere.
        let is_name = matches!(url.host(), Some(url::Host::Domain(_)));
        let answer = outbound.send(&Destination::given("caldav"), Request::get(url)).await;
        assert!(
            matches!(answer, Err(OutboundError::AddressRefused | OutboundError::OriginRefused))
                || (is_name && matches!(answer, Err(OutboundError::Unreachable))),
            "{text}: {:?}",
            answer.map(|response| response.status)
        );
    }
    assert!(tried >= 40, "{tried} tricks were tried");
    assert_eq!(count.load(Ordering::SeqCst), 0, "nobody came through");
}
