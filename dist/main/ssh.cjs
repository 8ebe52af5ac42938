// Stands in for ssh2 in the bundles: its native parts cannot be bundled, and without them it fails at start.
'use strict'

function Client() {
  throw new Error(
    'DOCKER_HOST=ssh://… is not supported here. Forward the socket instead: ' +
      '`ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST`, then DOCKER_HOST=unix:///tmp/docker.sock.',
  )
}

module.exports = { Client }
