# syntax=docker/dockerfile:1

# The same on every platform, so it is built once, on the one at hand.
FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web .
RUN npm ci --no-audit --no-fund && npm run build

FROM rust:1.95-bookworm AS builder
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=web /src/web/app/dist web/app/dist
# The target directory is a cache and no part of the layer, so the binary is copied out of it in the same step.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin heirloom \
    && cp target/release/heirloom /usr/local/bin/heirloom

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libpq5 \
    && rm -rf /var/lib/apt/lists/*
# A fixed id, so that Kubernetes' runAsNonRoot and file permissions can rely on it. No home directory: the image holds no
# Postgres, so nothing is ever written here.
RUN groupadd --system --gid 10001 heirloom \
    && useradd --system --uid 10001 --gid heirloom --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin heirloom
COPY --from=builder /usr/local/bin/heirloom /usr/local/bin/heirloom
USER 10001:10001
ENV HEIRLOOM_BIND=0.0.0.0:8080
EXPOSE 8080
# bash speaks TCP by itself, which spares the image an HTTP client. Another port or prefix needs another check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
ENTRYPOINT ["heirloom"]
CMD ["serve"]
