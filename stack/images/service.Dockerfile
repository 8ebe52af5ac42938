# One service of the default stack: a bundle on a stock Node image. Nothing is downloaded here.
FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY *.js package.json /app/
RUN install --directory --owner=node /app/compiled
USER node
# By the same user and with the same options as below: what others compiled is not taken. Nothing else stays of that start.
ENV NODE_COMPILE_CACHE=/app/compiled
RUN LLORCH_API_TOKEN=none HIVE_DATA_DIR=/tmp/first-start node /app/first-start.js && find /tmp -mindepth 1 -user node -delete
# Node itself is the container's main process, so that a signal or a kill reaches the service and not a shell.
ENTRYPOINT ["node", "/app/index.js"]
