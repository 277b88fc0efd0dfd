// Package wire stands between MySQL's network protocol and the engine's own command handler. Handler wraps that one: a panic in a command becomes an error
// to its sender, errors get MySQL's numbers (MapError), OK packets are readable by every client, prepared statements are prepared anew when a model they
// mention changed, a client that does not log in is dropped, sessions in clear text are refused when TLS is required, and a stopping server lets
// running statements finish (Drain).
package wire
