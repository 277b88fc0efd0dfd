package metrics

import "strings"

// Kind is the kind of a statement, told from its first words: a few dozen names at most, whatever the text.
func Kind(query string) string {
	first, rest := word(query)
	kind, known := kinds[first]
	if !known {
		return other
	}
	if kind.model == "" {
		return kind.plain
	}
	second, rest := word(rest)
	switch {
	case first == "create" && second == "or": // ... REPLACE
		_, rest = word(rest)
		second, _ = word(rest)
	case first == "show" && second == "create":
		second, _ = word(rest)
	}
	if second == "model" || second == "models" {
		return kind.model
	}
	return kind.plain
}

// other is the kind of what has no other.
const other = "other"

// kinds are the kinds of statements by their first word: with MODEL after it, and without.
var kinds = map[string]struct{ plain, model string }{
	"select": {plain: "select"}, "with": {plain: "select"}, "table": {plain: "select"}, "values": {plain: "select"},
	"insert": {plain: "insert"}, "replace": {plain: "insert"}, "update": {plain: "update"}, "delete": {plain: "delete"}, "load": {plain: "load"},
	"create": {"ddl", "create_model"}, "alter": {"ddl", "alter_model"}, "drop": {"ddl", "drop_model"}, "truncate": {plain: "ddl"}, "rename": {plain: "ddl"},
	"show": {"show", "show_model"}, "describe": {"show", "describe_model"}, "desc": {"show", "describe_model"}, "explain": {"show", "show"},
	"set": {plain: "set"}, "call": {plain: "call"},
	"begin": {plain: "transaction"}, "start": {plain: "transaction"}, "commit": {plain: "transaction"}, "savepoint": {plain: "transaction"}, "release": {plain: "transaction"},
	"rollback": {"transaction", "rollback_model"}, "revert": {other, "rollback_model"},
	"train": {other, "train_model"}, "evaluate": {other, "evaluate_model"}, "deploy": {other, "deploy_model"}, "undeploy": {other, "undeploy_model"},
	"predict": {other, "predict_model"}, "verify": {other, "verify_model"},
}

// maxWord is longer than every word of kinds; maxSkip is how far into blanks and comments one is looked for.
const (
	maxWord = 12
	maxSkip = 1024
)

// word is the next word of a statement in lower case, and what follows it; "" when there is none.
func word(s string) (first, rest string) {
	s = skip(s)
	n := 0
	for n < len(s) && n < maxWord && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || s[n] == '_') {
		n++
	}
	return strings.ToLower(s[:n]), s[n:]
}

// skip passes over blanks, comments and opening parentheses.
func skip(s string) string {
	if len(s) > maxSkip {
		s = s[:maxSkip]
	}
	for s != "" {
		end := -1
		switch {
		case s[0] <= ' ' || s[0] == '(':
			s = s[1:]
			continue
		case strings.HasPrefix(s, "/*"):
			if end = strings.Index(s, "*/"); end >= 0 {
				end += 2
			}
		case s[0] == '#' || strings.HasPrefix(s, "--"):
			end = strings.IndexByte(s, '\n')
		default:
			return s
		}
		if end < 0 {
			return ""
		}
		s = s[end:]
	}
	return ""
}
