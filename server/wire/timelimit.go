package wire

import (
	"context"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/dolthub/vitess/go/mysql"
)

// errTimeOver ends a SELECT whose time is over.
var errTimeOver = errors.New("maximum statement execution time exceeded")

// The longest that a limit can be: what is longer is as good as none.
const maxLimit = 365 * 24 * time.Hour

// setting is an integer variable of a session.
func setting(ctx *sql.Context, s sql.Session, name string) int64 {
	v, err := s.GetSessionVariable(ctx, name)
	if err != nil {
		return 0
	}
	if n, ok := v.(int64); ok {
		return n
	}
	n, _, err := types.Int64.Convert(ctx, v)
	if err != nil {
		return 0
	}
	return n.(int64)
}

// span is a number of units as a limit; never more than maxLimit.
func span(n int64, unit time.Duration) time.Duration {
	if n > int64(maxLimit/unit) {
		return maxLimit
	}
	return time.Duration(n) * unit
}

// limitsOf are the limits that a session has set.
func limitsOf(ctx *sql.Context, s sql.Session) limits {
	seconds := func(name string) time.Duration { return span(max(1, setting(ctx, s, name)), time.Second) }
	return limits{idle: seconds("wait_timeout"), read: seconds("net_read_timeout"), write: seconds("net_write_timeout")}
}

// adopt gives a connection the limits of its session, which is new: @@wait_timeout of an interactive client begins as @@interactive_timeout.
func (h *Handler) adopt(c *mysql.Conn) error {
	k := h.conn(c)
	if k == nil || h.sessions == nil {
		return nil
	}
	ctx, err := h.sessions.NewContextWithQuery(context.Background(), c, "")
	if err != nil {
		return err
	}
	if k.door.interactive() {
		limit := min(setting(ctx, ctx.Session, "interactive_timeout"), int64(maxLimit/time.Second))
		if err := ctx.Session.SetSessionVariable(ctx, "wait_timeout", limit); err != nil {
			return err
		}
	}
	k.door.link.set(limitsOf(ctx, ctx.Session))
	return nil
}

// hint finds MAX_EXECUTION_TIME(n) in an optimizer hint.
var hint = regexp.MustCompile(`(?i)\bmax_execution_time\s*\(\s*(\d+)\s*\)`)

// executionLimit is how long a statement may take: 0 is as long as it likes. Only a SELECT has a limit: that of the hint behind its first word, or @@max_execution_time.
func executionLimit(ctx *sql.Context, statement string) time.Duration {
	word, rest := firstWord(statement)
	switch word {
	case "SELECT", "WITH", "TABLE", "VALUES":
	default:
		return 0
	}
	if rest = strings.TrimLeft(rest, " \t\r\n"); strings.HasPrefix(rest, "/*+") {
		text, _, _ := strings.Cut(rest, "*/")
		if m := hint.FindStringSubmatch(text); m != nil {
			n, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				n = math.MaxInt64
			}
			if n > 0 {
				return span(n, time.Millisecond)
			}
		}
	}
	return span(max(0, setting(ctx, ctx.Session, "max_execution_time")), time.Millisecond)
}

// firstWord is the first word of a statement, in capitals, behind comments and opening parentheses, and what follows it.
func firstWord(statement string) (word, rest string) {
	for {
		statement = strings.TrimLeft(statement, " \t\r\n(")
		switch {
		case strings.HasPrefix(statement, "/*") && !strings.HasPrefix(statement, "/*!"):
			_, statement, _ = strings.Cut(statement, "*/")
		case strings.HasPrefix(statement, "#"), strings.HasPrefix(statement, "--"):
			_, statement, _ = strings.Cut(statement, "\n")
		default:
			n := 0
			for n < len(statement) && (statement[n]|0x20 >= 'a' && statement[n]|0x20 <= 'z' || statement[n] == '_') {
				n++
			}
			return strings.ToUpper(statement[:n]), statement[n:]
		}
	}
}
