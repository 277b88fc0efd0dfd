// Package mlsql turns the text of AIBMS statements (CREATE MODEL, TRAIN MODEL, DEPLOY MODEL ...) into an AST and prints it back.
//
// Owns says by a statement's first tokens whether it is one of ours; Parse turns its text into a Statement; a Statement's String is its
// canonical text. The law between them: Parse(s.String()) is s again, but for positions, and prints the same text.
//
// What a statement means is not known here: whether a learner, a column or a table exists is for the callers to say. SELECT text in
// parentheses and the expressions of TRANSFORM are MySQL's: they are kept as written, never looked into further than their quotes,
// comments and parentheses. Strings follow MySQL's default SQL mode: both quote styles make strings, and a backslash escapes.
//
// All functions are pure, and safe for concurrent use.
package mlsql
