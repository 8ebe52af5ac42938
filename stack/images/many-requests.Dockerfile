# A service that has a thousand requests under way. As service.Dockerfile, but for the room that V8 has for young objects: what
# a request leaves behind lives as long as the request, and with V8's own choice for so small a container it is copied again
# and again, a tenth of the CPU time. The service takes three times this (MB) at most.
FROM node:24-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY *.js package.json /app/
RUN install --directory --owner=node /app/compiled
USER node
# By the same user and with the same options as below: what others compiled is not taken. Nothing else stays of that start.
ENV NODE_COMPILE_CACHE=/app/compiled
RUN LLORCH_API_TOKEN=none HIVE_DATA_DIR=/tmp/first-start node --max-semi-space-size=32 /app/first-start.js && find /tmp -mindepth 1 -user node -delete
# Node itself is the container's main process, so that a signal or a kill reaches the service and not a shell.
ENTRYPOINT ["node", "--max-semi-space-size=32", "/app/index.js"]
