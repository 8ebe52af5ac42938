// Stands in for @actions/http-client: @actions/core needs it for OIDC tokens only, which we never ask for, and it brings
// a whole HTTP stack that would be half of the time to start.
'use strict'

function refuse() {
  throw new Error('@actions/http-client is not part of this bundle: nothing here asks for an OIDC token.')
}

exports.HttpClient = refuse
exports.BearerCredentialHandler = refuse
