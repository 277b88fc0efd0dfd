package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"aibms/server"
)

type versionCommand struct{}

// Run prints the versions.
func (versionCommand) Run(k *kong.Kong) error {
	fmt.Fprintf(k.Stdout, "aibms %s (%s, %s/%s)\n", server.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "github.com/dolthub/dolt/go", "github.com/dolthub/go-mysql-server", "github.com/dolthub/vitess":
			fmt.Fprintf(k.Stdout, "  %s %s\n", m.Path, m.Version)
		}
	}
	return nil
}
