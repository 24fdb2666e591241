# Debian, because Temporal's native core needs glibc.
FROM node:22.23.2-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json .npmrc ./
COPY portal/package.json ./portal/
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM base
LABEL org.opencontainers.image.title="Herald" \
      org.opencontainers.image.description="Delivers a bank's events to its customers' webhooks, durably" \
      org.opencontainers.image.licenses="Apache-2.0"
# Nothing is kept: what Herald would write goes to /tmp, so the file system can be read-only.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 HERALD_DATA_DIR=/tmp/herald
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The image's user `node`, as a number so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "const { PORT, HERALD_OPS_PORT, HERALD_TLS_CERT } = process.env; require(HERALD_TLS_CERT ? 'https' : 'http').get({ host: '127.0.0.1', port: HERALD_OPS_PORT || PORT, path: '/healthz', rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/bin/herald.js"]
CMD ["api"]
