package main

import (
	"io"
	"log/slog"
)

// logTo sends the server's log to w from a level on.
func logTo(w io.Writer, level, format string) {
	options := &slog.HandlerOptions{Level: map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warning": slog.LevelWarn, "error": slog.LevelError,
	}[level]}
	var h slog.Handler = slog.NewTextHandler(w, options)
	if format == "json" {
		h = slog.NewJSONHandler(w, options)
	}
	slog.SetDefault(slog.New(h))
}

// storageLevel is the level for the storage engine's own messages, which are of use only to those who look for a fault.
func storageLevel(level string) string {
	if level == "debug" {
		return "debug"
	}
	return "error"
}
