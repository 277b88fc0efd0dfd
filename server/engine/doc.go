// Package engine runs the embedded SQL engine: Dolt's versioned storage under go-mysql-server, started without Dolt's command line, safe by
// default, with seams where the rest of the server puts its parser, functions, analyzer rules and wire handler.
//
// Its types: Config (where and how), Seams (what is put in), Engine (what runs: Start, Stop, Session, Query, Write, Can, Pin).
//
// One Engine per process: the storage engine keeps its system variables, authorization and caches in process-wide variables. Start says so when a second
// one is tried. A stopped Engine may be followed by another.
//
// The data directory is private to one server:
//
//	DIR/lock            held while a server runs; names its process id
//	DIR/databases/NAME  one Dolt database each
//	DIR/server          accounts, settings, TLS key and certificate, copies of manifests
//	DIR/files           the only folder SQL may read and write, with the FILE privilege (@@secure_file_priv)
package engine
