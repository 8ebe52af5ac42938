// Stands in for gRPC and protobuf in the bundles: dockerode needs them only to build images by its own BuildKit session,
// and we build with the `docker` program.
'use strict'

module.exports = new Proxy(
  {},
  {
    get(_target, name) {
      throw new Error(
        `dockerode's BuildKit session is not part of this bundle (${String(name)}): build images with \`docker build\`.`,
      )
    },
  },
)
