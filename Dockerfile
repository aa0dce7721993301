# The image of the worker. It also runs every command: docker compose exec worker node bin/peak-braze.js status --config …
#
# bookworm-slim in both stages: Temporal's native core needs glibc (no Alpine), and the libraries at run time must be
# the same as at installation.

FROM node:20-bookworm-slim AS build
WORKDIR /app
# Dependencies first, so that a change of the source does not install them again. Without scripts: our `prepare` script
# would build before the source is copied, and no dependency needs a script on this platform.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY emulators emulators
COPY demo demo
COPY bench bench
# Compiles to lib/ and bundles the workflows once, so that the worker starts without a bundler and without sources.
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
# The native core uses the system's certificates for TLS to Temporal; the slim image has none.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/lib lib
COPY bin bin
# Files are owned by root and the process runs as node, so the program cannot change its own files.
USER node
CMD ["node", "bin/peak-braze.js", "worker", "--config", "/app/config/peak-braze.yaml"]
