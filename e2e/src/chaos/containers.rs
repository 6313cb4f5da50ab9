//! Containers that the driver starts, breaks and removes: by what Docker called them when it started
//! them, and no others.

use crate::docker;

/// A container of the driver's own on the host's network; dropped, it is removed with its data.
#[derive(Debug)]
pub struct Container(String);

impl Container {
    /// Starts a program of an image, with further options for `docker run`.
    pub async fn start(image: &str, options: &[&str], command: &[&str]) -> Self {
        let label =
            std::env::var("AIRLOCK_TEST_LABEL").unwrap_or_else(|_| "airlock.test".to_owned());
        let run = ["run", "--detach", "--network", "host", "--label", &label];
        Self(ask(&[&run, options, &[image], command].concat()).await.trim().to_owned())
    }

    /// Kills it (-9).
    pub async fn kill(&self) {
        // What has ended by itself cannot be killed, and need not be.
        let _ = docker(&["kill", "--signal", "KILL", &self.0]).await;
    }

    /// Starts it again, with the data that it had.
    pub async fn restart(&self) {
        ask(&["start", &self.0]).await;
    }

    /// Whether it has not ended.
    pub async fn runs(&self) -> bool {
        ask(&["inspect", "--format", "{{.State.Running}}", &self.0]).await.trim() == "true"
    }

    /// Stops all its processes where they are.
    pub async fn pause(&self) {
        ask(&["pause", &self.0]).await;
    }

    /// Lets them go on.
    pub async fn unpause(&self) {
        ask(&["unpause", &self.0]).await;
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let remove = ["rm", "--force", "--volumes", &self.0];
        let _ = std::process::Command::new("docker").args(remove).output();
    }
}

/// Asks the Docker client, which must succeed.
pub(super) async fn ask(arguments: &[&str]) -> String {
    let (success, printed) = docker(arguments).await;
    assert!(success, "docker {}: {printed}", arguments.join(" "));
    printed
}

/// A port on loopback that nothing listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
