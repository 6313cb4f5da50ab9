//! A Redis that speaks TLS only, with a certificate for which nobody vouches but whoever runs it.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use e2e::chaos::containers::{Container, free_port};
use e2e::{Options, System, eventually, given};

#[tokio::test(flavor = "multi_thread")]
async fn jobs_go_through_a_redis_that_speaks_tls_only() {
    let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let certificate = dir.path().join("certificate.pem");
    std::fs::write(&certificate, certified.cert.pem()).unwrap();
    std::fs::write(dir.path().join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
    // Redis has another user.
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();

    let port = free_port().to_string();
    let volume = format!("{}:/tls:ro", dir.path().display());
    let listen = ["redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port", &port];
    let with = ["--tls-cert-file", "/tls/certificate.pem", "--tls-key-file", "/tls/key.pem"];
    let clients = ["--tls-ca-cert-file", "/tls/certificate.pem", "--tls-auth-clients", "no"];
    let command = [&listen[..], &with, &clients].concat();
    let image = given("AIRLOCK_TEST_REDIS_IMAGE");
    let _redis = Container::start(&image, &["--volume", &volume], &command).await;
    eventually("Redis listens", Duration::from_secs(30), async || {
        tokio::net::TcpStream::connect(format!("127.0.0.1:{port}")).await.ok().map(drop)
    })
    .await;

    let url: &'static str = format!("rediss://127.0.0.1:{port}").leak();
    let vouches: &'static str = certificate.display().to_string().leak();
    let settings =
        vec![("AIRLOCK_REDIS_URL", url), ("SSL_CERT_FILE", vouches), ("AIRLOCK_LANGUAGES", "bash")];
    let system = System::start_with(1, Options { settings, ..Default::default() }).await;
    assert_eq!(system.client.run("bash", "echo safe", "").await["stdOutput"], "safe\n");
    system.stop().await;
}
