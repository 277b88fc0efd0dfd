// Package sqltest runs the scripts *.test of this folder over the wire, each in a database of its own (test_ and the script's name).
//
// A script is a list of blocks: a command, a statement, a line of four dashes, and what the client sees. `go test ./tests/sql -rewrite` writes what the
// server answers now into the scripts; read the difference before you commit it.
//
//	exec                    run one or more statements; print ok, or the error
//	query                   run one statement; print its rows
//	let name=cell           run one statement and keep its first cell: $name stands for it in later blocks
//	load online_shoppers    make the table online_shoppers and fill it from tests/data
//
// Arguments:
//
//	user=app                as that account (default root), without a password
//	session=b               in another session of the account
//	args=(1,x,null)         as a prepared statement of the binary protocol, with these values
//	prepared                the same without values
//	columns=(a,b)           print these columns alone
//	vertical                print a column a line
//	once                    do not repeat the statement in other ways
//
// A statement of AIBMS that only reads is run again as text inside CALL ml_exec, prepared as CALL ml_exec(?), and by PREPARE and EXECUTE; a SELECT again as a
// prepared statement of the binary protocol: all must answer the same.
//
// Warnings follow the rows. What differs from run to run is replaced: times by <time>, durations by <ms>, commits and hashes by <commit 1>, <hash 1> ..., counted in the
// order in which the script meets them, so that equal ones look equal.
package sqltest
