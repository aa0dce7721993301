//go:build tools

// Package tools pins the official Temporal CLI, whose dev server `peak-braze dev`, the demo and the tests
// start. The CLI is built from this module if no binary can be downloaded (see src/local/temporalBinary.ts).
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
