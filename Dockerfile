# One image for every part: a node by default, the balancer with another command (see docker-compose.yml).
FROM node:24-slim AS build
WORKDIR /pinwheel
COPY package.json package-lock.json ./
COPY packages/testing/package.json packages/testing/
COPY packages/page/package.json packages/page/
COPY packages/protocol/package.json packages/protocol/
COPY packages/cli/package.json packages/cli/
COPY packages/roster/package.json packages/roster/
COPY packages/raw-socket/package.json packages/raw-socket/
COPY packages/proxy/package.json packages/proxy/
COPY packages/nginx-conf/package.json packages/nginx-conf/
COPY packages/nginx-disk/package.json packages/nginx-disk/
COPY packages/admin/package.json packages/admin/
COPY packages/member/package.json packages/member/
COPY apps/demo/package.json apps/demo/
COPY apps/loadtest/package.json apps/loadtest/
COPY apps/status/package.json apps/status/
COPY apps/node/package.json apps/node/
COPY apps/balancer/package.json apps/balancer/
COPY apps/cluster/package.json apps/cluster/
COPY test/package.json test/
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json ./
COPY scripts scripts
COPY packages packages
COPY apps apps
COPY test test
RUN npm run build
# The image needs neither the compiler nor the tests.
RUN npm prune --omit=dev --no-audit --no-fund \
  && find packages apps \( -name '*.test.*' -o -name '*.tsbuildinfo' -o -name '*.map' \) -path '*/dist/*' -delete \
  && rm -rf packages/testing node_modules/@pinwheel/testing

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3100
WORKDIR /pinwheel
COPY --from=build /pinwheel/package.json ./
COPY --from=build /pinwheel/node_modules node_modules
COPY --from=build /pinwheel/packages packages
COPY --from=build /pinwheel/apps apps
USER node
EXPOSE 3100
# Exec form: SIGTERM reaches node itself, which drains and exits.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/node/dist/main.js"]
