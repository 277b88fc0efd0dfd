package engine

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"github.com/sirupsen/logrus"
)

// logThrough sends what the storage engine logs to the server's own log, from level on.
func logThrough(level logrus.Level) {
	logrus.SetOutput(io.Discard)
	logrus.SetLevel(level)
	logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{})
	logrus.AddHook(logHook{everything: level >= logrus.InfoLevel})
}

// logHook turns a logrus entry into one of slog.
type logHook struct{ everything bool }

// Levels implements logrus.Hook.
func (h logHook) Levels() []logrus.Level { return logrus.AllLevels }

// clientErrors begin messages, logged as errors of the server, about what a client did; the client has been told.
var clientErrors = []string{
	"Error reading packet from",
	"Error while parsing prepared statement",
	"unable to prepare query",
	"unable to process ComInitDB",
	"ComInitDB failed",
	"failed to set the database",
	"error running query",
	"Error in the middle of a stream",
	"Cannot read ", // a client's handshake
	"Cannot parse ",
	"Cannot send HandshakeV10 packet",
	"unable to release all locks on session close", // of a session that was never let in
	"unable to unlock tables on session close",
	"Conn ", // ... could not be written to
	"Error authenticating user",
	"failed to register the connection as authenticated",
	"unable to register new authenticated connection",
	"Error writing",
	"error splitting query",
	"Got unhandled packet",
}

// Fire implements logrus.Hook.
func (h logHook) Fire(entry *logrus.Entry) error {
	if !h.everything {
		for _, p := range clientErrors {
			if strings.HasPrefix(entry.Message, p) {
				return nil
			}
		}
	}
	level := slog.LevelDebug
	switch {
	case entry.Level <= logrus.ErrorLevel:
		level = slog.LevelError
	case entry.Level == logrus.WarnLevel:
		level = slog.LevelWarn
	case entry.Level == logrus.InfoLevel:
		level = slog.LevelInfo
	}
	attrs := make([]slog.Attr, 0, len(entry.Data))
	for k, v := range entry.Data {
		attrs = append(attrs, slog.Any(k, v))
	}
	slog.LogAttrs(context.Background(), level, "storage: "+entry.Message, attrs...)
	return nil
}
