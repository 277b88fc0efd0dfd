package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/analyzer/analyzererrors"
	"github.com/dolthub/go-mysql-server/sql/planbuilder"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
	kinds "gopkg.in/src-d/go-errors.v1"
)

// mapping gives a kind of engine error MySQL's number and SQLSTATE.
type mapping struct {
	kind   *kinds.Kind
	number int
	state  string
}

// table is the error map: the kinds for which the engine has no number. The first match wins. (The engine's own numbers are MySQL's; states adds their SQLSTATE.)
var table = []mapping{
	{sql.ErrColumnNotFound, 1054, "42S22"},
	{sql.ErrTableColumnNotFound, 1054, "42S22"},
	{sql.ErrMisusedAlias, 1054, "42S22"},
	{sql.ErrAmbiguousColumnName, 1052, "23000"},
	{sql.ErrAmbiguousColumnOrAliasName, 1052, "23000"},

	{sql.ErrUnknownTable, 1051, "42S02"},
	{sql.ErrTableAlreadyExists, 1050, "42S01"},
	{sql.ErrExistingView, 1050, "42S01"},
	{sql.ErrViewDoesNotExist, 1051, "42S02"},
	{sql.ErrInvalidRefInView, 1356, "HY000"},
	{sql.ErrNoDatabaseSelected, 1046, "3D000"},
	{sql.ErrDuplicateAliasOrTable, 1066, "42000"},
	{sql.ErrColumnExists, 1060, "42S21"},
	{sql.ErrDuplicateColumn, 1060, "42S21"},
	{sql.ErrDuplicateKey, 1061, "42000"},

	{sql.ErrFunctionNotFound, 1305, "42000"},
	{sql.ErrTableFunctionNotFound, 1305, "42000"},
	{sql.ErrStoredProcedureDoesNotExist, 1305, "42000"},
	{sql.ErrStoredProcedureAlreadyExists, 1304, "42000"},
	{sql.ErrCallIncorrectParameterCount, 1318, "42000"},
	{sql.ErrInvalidArgumentNumber, 1582, "42000"},
	{sql.ErrTriggerDoesNotExist, 1360, "HY000"},
	{sql.ErrUnknownEvent, 1539, "HY000"},
	{sql.ErrEventDoesNotExist, 1539, "HY000"},
	{sql.ErrEventAlreadyExists, 1537, "HY000"},
	{sql.ErrSavepointDoesNotExist, 1305, "42000"},
	{sql.ErrUnknownPreparedStatement, 1243, "HY000"},

	{sql.ErrDatabaseAccessDeniedForUser, 1044, "42000"},
	{sql.ErrTableAccessDeniedForUser, 1142, "42000"},
	{sql.ErrPrivilegeCheckFailed, 1142, "42000"},
	{sql.ErrUserCreationFailure, 1396, "HY000"},
	{sql.ErrUserAlterFailure, 1396, "HY000"},
	{sql.ErrUserDeletionFailure, 1396, "HY000"},
	{sql.ErrRoleCreationFailure, 1396, "HY000"},
	{sql.ErrRoleDeletionFailure, 1396, "HY000"},
	{sql.ErrFileExists, 1086, "HY000"},
	{analyzererrors.ErrReadOnlyDatabase, 1290, "HY000"},

	{sql.ErrUnknownSystemVariable, 1193, "HY000"},
	{sql.ErrSystemVariableReadOnly, 1238, "HY000"},
	{sql.ErrSystemVariableSessionOnly, 1228, "HY000"},
	{sql.ErrSystemVariableGlobalOnly, 1229, "HY000"},
	{sql.ErrInvalidSystemVariableValue, 1231, "42000"},

	{sql.ErrColValCountMismatch, 1136, "21S01"},
	{sql.ErrInsertIntoMismatchValueCount, 1136, "21S01"},
	{sql.ErrInsertIntoNonNullableDefaultNullColumn, 1364, "HY000"},
	{sql.ErrCheckConstraintViolated, 3819, "HY000"},
	{types.ErrLengthBeyondLimit, 1406, "22001"},
	{sql.ErrColumnNumberDoesNotMatch, 1222, "21000"},
	{planbuilder.ErrUnionSchemasDifferentLength, 1222, "21000"},
	{analyzererrors.ErrValidationGroupBy, 1055, "42000"},

	{sql.ErrUnsupportedSyntax, 1235, "42000"},
	{sql.ErrUnsupportedFeature, 1235, "42000"},
}

// matched is told of each mapping that is used; the test sees by it that none is idle.
var matched = func(mapping) {}

// templates finds a mapping from the text of an error whose kind the engine has lost: its command handler turns every error that it has no number
// for into number 1105 and text. Each regular expression is the kind's own format string.
var templates = sync.OnceValue(func() []*regexp.Regexp {
	verb := regexp.MustCompile(`%[+#]?[vsqdT]`)
	out := make([]*regexp.Regexp, len(table))
	for i, m := range table {
		parts := verb.Split(m.kind.Message, -1)
		for j := range parts {
			parts[j] = regexp.QuoteMeta(parts[j])
		}
		out[i] = regexp.MustCompile(`(?s)^` + strings.Join(parts, `.*`) + `$`)
	}
	return out
})

// texts are the errors of the engine that are of no kind: known by the end of their text.
var texts = []struct {
	ends    string
	number  int
	state   string
	message string
}{
	{"local_infile needs to be set to 1 to use LOCAL", 3948, "42000", "Loading local data is disabled; this must be enabled on both the client and server sides (SET GLOBAL local_infile = 1)"},
	{"target commit not found", 1210, "HY000", "AS OF names a commit that is not kept in this database (any more)"},
}

// carried is how the text of a *mysql.SQLError ends: so number and state survive where a library keeps nothing but the text.
var carried = regexp.MustCompile(`(?s)^(.*?)\s*\(errno (\d+)\) \(sqlstate ([0-9A-Za-z]{5})\)(.*)$`)

// Limits of what an error tells.
const (
	maxMessage   = 2048 // bytes of a message
	maxStatement = 256  // bytes of the statement in it
)

// MapError gives an error MySQL's number and SQLSTATE. An error that carries a *mysql.SQLError with a number of its own keeps it. nil and io.EOF, which the protocol
// library gives a meaning, pass through.
func MapError(err error) error { return mapError(err, "") }

// mapError is MapError; the text of the statement, where the message repeats it, is shortened.
func mapError(err error, query string) error {
	if err == nil || err == io.EOF {
		return err
	}
	e := number(err)
	e.Message = clean(e.Message, query)
	return e
}

func number(err error) *mysql.SQLError {
	var own *mysql.SQLError
	if errors.As(err, &own) && own.Num != mysql.ERUnknownError {
		return withState(&mysql.SQLError{Num: own.Num, State: own.State, Message: message(err, own)})
	}
	switch {
	case errors.Is(err, context.Canceled):
		return interrupted()
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut()
	}
	inner := sql.UnwrapError(err)
	for _, m := range table {
		if m.kind.Is(inner) {
			matched(m)
			return &mysql.SQLError{Num: m.number, State: m.state, Message: err.Error()}
		}
	}
	text := err.Error()
	if own == nil {
		// a kind that the engine itself has a number for
		if own = sql.CastSQLError(err); own.Num != mysql.ERUnknownError {
			return withState(own)
		}
	}
	text = message(err, own)
	if f := carried.FindStringSubmatch(text); f != nil {
		if n, aerr := strconv.Atoi(f[2]); aerr == nil && n != mysql.ERUnknownError {
			return withState(&mysql.SQLError{Num: n, State: f[3], Message: f[1] + f[4]})
		}
	}
	switch {
	case strings.HasSuffix(text, context.Canceled.Error()):
		return interrupted()
	case strings.HasSuffix(text, context.DeadlineExceeded.Error()):
		return timedOut()
	}
	for _, x := range texts {
		if strings.HasSuffix(text, x.ends) {
			return &mysql.SQLError{Num: x.number, State: x.state, Message: strings.TrimSuffix(text, x.ends) + x.message}
		}
	}
	for i, m := range table {
		if templates()[i].MatchString(text) {
			matched(m)
			return &mysql.SQLError{Num: m.number, State: m.state, Message: text}
		}
	}
	return &mysql.SQLError{Num: mysql.ERUnknownError, State: "HY000", Message: text}
}

// message is the text of err with the number and state, which own adds to its own, taken out.
func message(err error, own *mysql.SQLError) string {
	if err == error(own) {
		return own.Message
	}
	return strings.Replace(err.Error(), fmt.Sprintf(" (errno %d) (sqlstate %s)", own.Num, own.State), "", 1)
}

func interrupted() *mysql.SQLError {
	return mysql.NewSQLError(mysql.ERQueryInterrupted, mysql.SSQueryInterrupted, "query execution was interrupted")
}

func timedOut() *mysql.SQLError {
	return mysql.NewSQLError(mysql.ERQueryTimeout, "HY000", "Query execution was interrupted, maximum statement execution time exceeded")
}

// states are the SQLSTATEs of numbers that the engine gives without one.
var states = func() map[int]string {
	s := map[int]string{
		1045: "28000", // access denied
		1048: "23000", // column cannot be null
		1049: "42000", // unknown database
		1054: "42S22", // unknown column
		1062: "23000", // duplicate entry
		1064: "42000", // syntax
		1068: "42000", // multiple primary keys
		1072: "42000", // key column does not exist
		1075: "42000", // one auto column, and it must be a key
		1091: "42000", // cannot drop, does not exist
		1110: "42000", // column specified twice
		1140: "42000", // aggregate without GROUP BY
		1146: "42S02", // unknown table
		1213: "40001", // serialization failure
		1227: "42000", // a privilege is needed
		1241: "21000", // operand columns
		1242: "21000", // subquery returns more than one row
		1317: "70100", // interrupted
		1451: "23000", // foreign key, parent
		1452: "23000", // foreign key, child
		1792: "25006", // read only transaction
		3141: "22032", // invalid JSON text
	}
	for _, m := range table {
		s[m.number] = m.state
	}
	return s
}()

func withState(e *mysql.SQLError) *mysql.SQLError {
	if s, ok := states[e.Num]; ok && (e.State == "" || e.State == "HY000") {
		e.State = s
	}
	return e
}

// clean takes a stack and long statements out of a message.
func clean(text, query string) string {
	if rest, ok := strings.CutPrefix(text, "panic recovered: "); ok {
		text, _, _ = strings.Cut(rest, "\n")
		text = "internal error: " + text
	}
	if query = strings.TrimSpace(query); len(query) > maxStatement {
		text = strings.ReplaceAll(text, query, clip(query))
	}
	if len(text) > maxMessage {
		text = cut(text, maxMessage-3) + "..."
	}
	return text
}

// clip shortens a statement to what an error or a log line may show of it.
func clip(query string) string {
	if len(query) <= maxStatement {
		return query
	}
	return cut(query, maxStatement-3) + "..."
}

// cut returns the first n bytes of s, less those of a rune that would be cut in two.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
