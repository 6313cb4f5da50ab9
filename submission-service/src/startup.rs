//! Putting an API together, serving, and taking it apart again.

use anyhow::Context;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::server::serve;
use crate::settings::Settings;

/// Serves until the process is asked to stop, and brings to its end what is under way then.
pub fn run(settings: Settings) -> BoxFuture<'static, anyhow::Result<()>> {
    // Not compiled anew into the program that awaits it.
    Box::pin(work(settings))
}

async fn work(settings: Settings) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    shared::shutdown::on_signal(shutdown.clone())?;
    if settings.accounts.is_open_beyond_loopback(&settings.http) {
        tracing::warn!("EVERYBODY WHO REACHES THIS API MAY RUN PROGRAMS HERE: there are no keys");
    }
    let listen = settings.http.listen;
    let listener =
        TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let Some(app) = shutdown.run_until_cancelled(App::connect(settings, shutdown.clone())).await
    else {
        return Ok(());
    };
    let app = app?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let served = serve(listener, app.clone()).await;
    app.close().await;
    Ok(served?)
}
