// Package badinput gives the server what it should not be given, over the wire, and says exactly what comes back.
//
// Each file <theme>_test.go is a table: what is given in words, the statements before it, the statement, and the answer: number, SQLSTATE and full text of the
// error, or the result that was decided on. Every case has a database of its own and stands alone. A case fails when the answer differs by a character, when the
// statement hangs, when the server logs a panic, or when it does not answer another client afterwards.
package badinput
