# The image of the Wasabi S3 Operator; docs/image.md explains it. The bases stand here by tag. A release pins them:
# "npm run image -- pin" asks their registries and writes the digests here, "npm run image -- check --release" refuses a
# Dockerfile without.
ARG BUILD_IMAGE=docker.io/library/node:24-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# What is built is JavaScript, the same for every platform: it is built once, on the platform of the builder.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS deps
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# No package runs a script of its own while it is installed.
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM deps AS build
COPY LICENSE ./
COPY examples/quickstart.yaml examples/
COPY scripts/build.ts scripts/
COPY scripts/build scripts/build/
COPY src src/
RUN npm run build

FROM ${RUNTIME_IMAGE} AS runtime
ARG RUNTIME_IMAGE
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wasabi-s3-operator" \
      org.opencontainers.image.description="Manages Wasabi object storage as Kubernetes objects" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"
# Owned by root, and so out of reach of the process.
COPY --from=build /src/dist /app
WORKDIR /app
EXPOSE 8080
USER 65532:65532
# V8 allows itself a heap of 259 MB however small the container is; half of its memory leaves the rest to what is outside
# the heap. What is new may take a few MB before V8 tidies it up: left alone, that takes 80 MB after a burst for nothing.
ENTRYPOINT ["/nodejs/bin/node", "--max-old-space-size-percentage=50", "--max-semi-space-size=8", "/app/main.mjs"]
