//go:build tools

// Package tools pins the programs of this image: `go build` takes exactly the
// versions and checksums of this module's go.mod and go.sum.
package tools

import (
	_ "github.com/Shopify/toxiproxy/v2/cmd/cli"
	_ "github.com/Shopify/toxiproxy/v2/cmd/server"
)
