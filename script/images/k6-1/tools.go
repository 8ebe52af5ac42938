//go:build tools

// Package tools pins the program of this image: `go build` takes exactly the
// version and checksums of this module's go.mod and go.sum.
package tools

import _ "go.k6.io/k6"
