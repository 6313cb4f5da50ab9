//! A TCP proxy on loopback that can do what a network does: be cut, be silent, be slow, and lead
//! somewhere else all of a sudden.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const CHUNK_BYTES: usize = 16 * 1024;

/// Forwards connections until it is cut. Dropping it ends it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: Arc<watch::Sender<Way>>,
}

/// How the way is now.
#[derive(Debug, Clone)]
struct Way {
    target: String,
    /// What is read waits for so long before it is passed on.
    latency: Duration,
    /// Connections stay, but nothing goes through them.
    silent: bool,
    /// A connection lives for as long as this is what it was when the connection was made.
    generation: u64,
    open: bool,
}

impl Proxy {
    /// Forwards to `target`.
    pub async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(watch::Sender::new(Way {
            target: target.to_owned(),
            latency: Duration::ZERO,
            silent: false,
            generation: 0,
            open: true,
        }));
        let present = way.subscribe();
        tokio::spawn(async move {
            let mut changes = present.clone();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        if let Ok((client, _)) = accepted {
                            tokio::spawn(forward(client, present.clone()));
                        }
                    }
                    // The proxy was dropped.
                    gone = changes.changed() => if gone.is_err() { return },
                }
            }
        });
        Self { address, way }
    }

    /// Where to connect instead of the target.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks every connection, and every new one at once.
    pub fn cut(&self) {
        self.way.send_modify(|way| {
            way.open = false;
            way.generation += 1;
        });
    }

    /// Lets everything through again, as fast as it comes.
    pub fn mend(&self) {
        self.way.send_modify(|way| {
            way.open = true;
            way.silent = false;
            way.latency = Duration::ZERO;
        });
    }

    /// Lets nothing through any more, without a word to either side. What is sent meanwhile comes
    /// through when it is mended, even from a sender that is gone by then; after a cut, it does not.
    pub fn silence(&self) {
        self.way.send_modify(|way| way.silent = true);
    }

    /// Delays all that goes through, in both directions.
    pub fn slow_down(&self, latency: Duration) {
        self.way.send_modify(|way| way.latency = latency);
    }

    /// Leads to another target from now on; what leads to the old one breaks.
    pub fn lead_to(&self, target: &str) {
        self.way.send_modify(|way| {
            target.clone_into(&mut way.target);
            way.generation += 1;
        });
    }
}

async fn forward(client: TcpStream, mut way: watch::Receiver<Way>) {
    let Way { target, generation, open, .. } = way.borrow_and_update().clone();
    if !open {
        return;
    }
    let Ok(server) = TcpStream::connect(&target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let both = async {
        tokio::join!(
            pass_on(from_client, to_server, way.clone()),
            pass_on(from_server, to_client, way.clone())
        )
    };
    let mut changes = way.clone();
    tokio::select! {
        _ = both => {}
        _ = changes.wait_for(|way| way.generation != generation) => {}
    }
}

async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk).await.unwrap_or(0);
        if way.wait_for(|way| !way.silent).await.is_err() {
            return;
        }
        let latency = way.borrow().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        if read == 0 || to.write_all(&chunk[..read]).await.is_err() {
            // Dropping this half tells its side that nothing more comes.
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends back what it gets.
    async fn echo() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn answer(stream: &mut TcpStream, word: &[u8; 4]) -> std::io::Result<[u8; 4]> {
        let mut heard = [0; 4];
        stream.write_all(word).await?;
        stream.read_exact(&mut heard).await?;
        Ok(heard)
    }

    #[tokio::test]
    async fn a_cut_breaks_what_there_is_and_silence_only_holds_it_up() {
        let proxy = Proxy::to(&echo().await).await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&answer(&mut stream, b"ping").await.unwrap(), b"ping");

        proxy.silence();
        {
            let held_up = answer(&mut stream, b"pong");
            tokio::pin!(held_up);
            let soon = tokio::time::timeout(Duration::from_millis(50), &mut held_up).await;
            assert!(soon.is_err());
            proxy.mend();
            assert_eq!(&held_up.await.unwrap(), b"pong");
        }

        proxy.lead_to(&echo().await);
        assert!(answer(&mut stream, b"gone").await.is_err());
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(&answer(&mut stream, b"here").await.unwrap(), b"here");

        proxy.cut();
        assert!(answer(&mut stream, b"gone").await.is_err());
    }
}
