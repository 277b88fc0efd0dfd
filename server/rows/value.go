package rows

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/types"
	"github.com/shopspring/decimal"
)

// Number turns an SQL value into a float64: NULL is NaN, TRUE 1; an integer beyond 2^53 and a DECIMAL become the nearest float64; text is read as
// MySQL's implicit conversion would read a whole number literal, and is an error when it is none.
func Number(ctx *sql.Context, v any, t sql.Type) (float64, error) {
	switch x := v.(type) {
	case nil:
		return math.NaN(), nil
	case float64:
		return x, nil
	case float32:
		// the shortest decimal that is this float32: 0.1 stays 0.1, as the client sees it
		f, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
		return f, err
	case int64:
		return float64(x), nil
	case int32:
		return float64(x), nil
	case int16:
		return float64(x), nil
	case int8:
		return float64(x), nil
	case int:
		return float64(x), nil
	case uint64:
		return float64(x), nil
	case uint32:
		return float64(x), nil
	case uint16:
		return float64(x), nil
	case uint8:
		return float64(x), nil
	case uint:
		return float64(x), nil
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case decimal.Decimal:
		f, err := strconv.ParseFloat(x.String(), 64)
		return f, err
	case string:
		return parseNumber(x)
	case []byte:
		return parseNumber(string(x))
	case sql.AnyWrapper:
		inner, err := x.UnwrapAny(ctx)
		if err != nil {
			return 0, err
		}
		return Number(ctx, inner, t)
	case time.Time:
		return 0, fmt.Errorf("a date is not a number: use YEAR(), MONTH(), TO_DAYS() or UNIX_TIMESTAMP()")
	}
	return 0, fmt.Errorf("a value of type %s is not a number", t)
}

// numberOrTime is Number for values that may be instants, which it gives as seconds since 1970 (UTC): event times are ordered, not learned from.
func numberOrTime(ctx *sql.Context, v any, t sql.Type) (float64, error) {
	switch x := v.(type) {
	case time.Time:
		return float64(x.Unix()) + float64(x.Nanosecond())/1e9, nil
	case types.Timespan:
		return float64(x) / 1e6, nil
	}
	return Number(ctx, v, t)
}

func parseNumber(s string) (float64, error) {
	digits := strings.TrimSpace(s)
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || strings.ContainsAny(digits, "xXpP_") { // Go reads 0x1p-2, MySQL does not
		return 0, fmt.Errorf("%s is not a number", shown(s))
	}
	return f, nil
}

// shown is a text as it may stand in a message: in quotes, cut when it is long; bytes that are no text in hexadecimal.
func shown(s string) string {
	const most = 64
	if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) >= 0 {
		if len(s) > most/2 {
			return fmt.Sprintf("X'%X...'", s[:most/2])
		}
		return fmt.Sprintf("X'%X'", s)
	}
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "..."
	}
	return "'" + s + "'"
}

// Text turns an SQL value into the text that a client would see; null reports NULL.
func Text(ctx *sql.Context, v any, t sql.Type) (s string, null bool, err error) {
	switch x := v.(type) {
	case nil:
		return "", true, nil
	case string:
		if !types.IsEnum(t) && !types.IsSet(t) {
			return x, false, nil
		}
	case []byte:
		return string(x), false, nil
	case int64:
		return strconv.FormatInt(x, 10), false, nil
	case int32:
		return strconv.FormatInt(int64(x), 10), false, nil
	case int8:
		return strconv.FormatInt(int64(x), 10), false, nil
	case bool:
		if x {
			return "1", false, nil
		}
		return "0", false, nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), false, nil
	case sql.AnyWrapper:
		inner, err := x.UnwrapAny(ctx)
		if err != nil {
			return "", false, err
		}
		return Text(ctx, inner, t)
	}
	out, err := t.SQL(ctx, nil, v)
	if err != nil {
		return "", false, err
	}
	return out.ToString(), out.IsNull(), nil
}
