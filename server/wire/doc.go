// Package wire stands between MySQL's network protocol and the engine. Handler executes statements and sends their rows as they come, with limits of time (query.go, spool.go,
// timelimit.go, link.go); what is not a statement it leaves to the engine's own command handler. A panic in a command becomes an error to its sender, errors get
// MySQL's numbers (MapError), OK packets are readable by every client, prepared statements are prepared anew when a model they
// mention changed, a client that does not log in is dropped, sessions in clear text are refused when TLS is required, and a stopping server lets
// running statements finish (Drain).
package wire
