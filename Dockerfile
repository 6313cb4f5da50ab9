# The two service images. They end in the same stages whichever way the binaries come:
#   build     compiled here, from the rust image: `docker compose up --build` on any machine with a registry
#   prebuilt  compiled on the host by ./dev: faster, and possible where no registry answers
ARG BINARIES=build

FROM rust:1.95-trixie AS build
WORKDIR /src
# The image brings the pinned toolchain; clippy and rustfmt of rust-toolchain.toml are not needed here.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN rustup target add "$(uname -m)-unknown-linux-musl"
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    target="$(uname -m)-unknown-linux-musl" \
 && cargo build --locked --release -p submission-service -p execution-service \
 && cargo build --locked --profile runner -p runner --target "$target" \
 && install -D -t /out target/release/submission-service target/release/execution-service "target/$target/runner/runner"

FROM scratch AS prebuilt
COPY .airlock/dist/bin /out

FROM ${BINARIES} AS binaries

FROM debian:trixie-slim AS service
ENV AIRLOCK_LOG_FORMAT=json
# Numeric, so that an orchestrator can see that it is not root. The image holds no such account: it needs none.
USER 10000:10000
STOPSIGNAL SIGTERM

FROM service AS submission-service
COPY --from=binaries /out/submission-service /usr/local/bin/submission-service
EXPOSE 3005
ENTRYPOINT ["submission-service"]

FROM service AS execution-service
COPY images /usr/share/airlock/images
COPY --from=binaries /out/runner /usr/lib/airlock/runner
COPY --from=binaries /out/execution-service /usr/local/bin/execution-service
ENV AIRLOCK_RUNNER_PATH=/usr/lib/airlock/runner \
    AIRLOCK_LANGUAGES_DIR=/usr/share/airlock/images
EXPOSE 3006
ENTRYPOINT ["execution-service"]
