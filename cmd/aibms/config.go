package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"
)

// configFile is a TOML file of settings: the flags of serve by their long names, with _ or - between the words.
type configFile map[string]any

// readConfig is the loader of --config.
func readConfig(r io.Reader) (kong.Resolver, error) {
	settings := map[string]any{}
	if _, err := toml.NewDecoder(r).Decode(&settings); err != nil {
		return nil, err
	}
	c := configFile{}
	for name, value := range settings {
		c[strings.ReplaceAll(name, "_", "-")] = value
	}
	return c, nil
}

// Validate implements kong.Resolver: a setting that does not exist is a mistake that must not pass in silence.
func (c configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, command := range app.Children {
		if command.Name != "serve" {
			continue
		}
		for _, flag := range command.Flags {
			known[flag.Name] = flag.Name != "config"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if !known[name] {
			maps.DeleteFunc(known, func(_ string, ok bool) bool { return !ok })
			return fmt.Errorf("unknown setting %q in the configuration file; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return nil
}

// Resolve implements kong.Resolver. What the environment says wins over the file, which is for serve alone.
func (c configFile) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if parent.Command == nil || parent.Command.Name != "serve" {
		return nil, nil
	}
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	return c[flag.Name], nil
}

var _ kong.Resolver = configFile(nil)
