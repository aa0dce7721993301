# The worker, and with it every command: docker compose exec worker node bin/peak-braze.js status --config …
#
# bookworm-slim in both stages: Temporal's native core needs glibc (no Alpine), and the libraries it was installed
# with must be the ones it runs with.

FROM node:20-bookworm-slim AS build
WORKDIR /app
# Dependencies first, so that a change of our source does not install them again. Without scripts: our own `prepare`
# would build before the source is here, and no dependency needs one on this platform.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY emulators emulators
COPY demo demo
COPY bench bench
# Compiles to lib/ and bundles the workflows once, so that the worker starts without a bundler and without source.
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
# The native core reads the system's certificates for TLS to Temporal; the slim image has none.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/lib lib
COPY bin bin
# Owned by root, run by node: the program cannot change itself.
USER node
CMD ["node", "bin/peak-braze.js", "worker", "--config", "/app/config/peak-braze.yaml"]
