//! Building an image through the engine's own API, which every engine has.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bollard::Docker;
use bollard::query_parameters::{BuildImageOptions, BuildImageOptionsBuilder};
use bytes::Bytes;
use futures_util::StreamExt;

use super::context::BuildContext;

/// A compiler is downloaded and unpacked within this time, or something is stuck.
const BUILD_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Of a failed build, the lines that are shown: the error comes last.
const SHOWN_LINES: usize = 20;

/// Whether the engine has an image.
pub(super) async fn exists(docker: &Docker, tag: &str) -> anyhow::Result<bool> {
    match docker.inspect_image(tag).await {
        Ok(_) => Ok(true),
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
            Ok(false)
        }
        Err(error) => Err(error).context("the Docker engine cannot tell whether an image exists"),
    }
}

/// Builds an image.
pub(super) async fn build(
    docker: &Docker,
    tag: &str,
    language: &str,
    context: BuildContext,
) -> anyhow::Result<()> {
    let labels = HashMap::from([("airlock.language".to_owned(), language.to_owned())]);
    let options = BuildImageOptionsBuilder::new()
        .dockerfile("Dockerfile")
        .t(tag)
        .labels(&labels)
        .rm(true)
        .forcerm(true)
        .build();
    let archive = Bytes::from(context.into_tar()?);
    tokio::time::timeout(BUILD_PATIENCE, follow(docker, tag, options, archive))
        .await
        .context("the build took too long")?
}

async fn follow(
    docker: &Docker,
    tag: &str,
    options: BuildImageOptions,
    archive: Bytes,
) -> anyhow::Result<()> {
    let mut progress = docker.build_image(options, None, Some(bollard::body_full(archive)));
    let mut last_lines: Vec<String> = Vec::new();
    while let Some(step) = progress.next().await {
        match step {
            Ok(info) => {
                let text = info.stream.unwrap_or_default();
                for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
                    tracing::debug!(line, "build");
                    if last_lines.len() == SHOWN_LINES {
                        last_lines.remove(0);
                    }
                    last_lines.push(line.to_owned());
                }
            }
            // The engine's word is final; anything else may be a trouble of the progress report
            // alone (bollard makes an error of a last line end that arrives after its line), and
            // then the image is there.
            Err(error @ bollard::errors::Error::DockerStreamError { .. }) => {
                bail!("{error}\n{}", last_lines.join("\n"))
            }
            Err(_) if exists(docker, tag).await? => break,
            Err(error) => bail!("{error}\n{}", last_lines.join("\n")),
        }
    }
    Ok(())
}
