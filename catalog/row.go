package catalog

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// row reads the values of one stored row, in order. Engines differ in which Go integer a column comes as; the first value that does not fit is kept
// as err, and all later ones read as zero.
type row struct {
	values []any
	at     int
	err    error
}

func newRow(values []any) *row { return &row{values: values} }

func (r *row) next() any {
	if r.err != nil {
		return nil
	}
	if r.at >= len(r.values) {
		r.err = fmt.Errorf("row has %d values, want more", len(r.values))
		return nil
	}
	v := r.values[r.at]
	r.at++
	return v
}

func (r *row) wrong(v any, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("value %d of a row is %T, want %s", r.at, v, want)
	}
}

// int reads a whole number; NULL is 0.
func (r *row) int() int64 {
	switch v := r.next().(type) {
	case nil:
		return 0
	case int64:
		return v
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	case int8:
		return int64(v)
	case int:
		return int64(v)
	case uint64:
		return int64(v)
	case uint32:
		return int64(v)
	case uint16:
		return int64(v)
	case uint8:
		return int64(v)
	case bool:
		if v {
			return 1
		}
		return 0
	default:
		r.wrong(v, "a whole number")
		return 0
	}
}

// uint reads a whole number of all 64 bits.
func (r *row) uint() uint64 {
	if r.err == nil && r.at < len(r.values) {
		if v, ok := r.values[r.at].(uint64); ok {
			r.at++
			return v
		}
	}
	return uint64(r.int())
}

func (r *row) bool() bool { return r.int() != 0 }

// float reads a number; NULL is NaN.
func (r *row) float() float64 {
	switch v := r.next().(type) {
	case nil:
		return math.NaN()
	case float64:
		return v
	case float32:
		return float64(v)
	default:
		r.wrong(v, "a float64")
		return 0
	}
}

// text reads a text; NULL is empty.
func (r *row) text() string {
	switch v := r.next().(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	default:
		r.wrong(v, "a text")
		return ""
	}
}

// time reads a time; NULL is the zero time.
func (r *row) time() time.Time {
	switch v := r.next().(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return v.UTC()
	default:
		r.wrong(v, "a time")
		return time.Time{}
	}
}

// texts reads a JSON array of texts; NULL is none.
func (r *row) texts() []string {
	s := r.text()
	if s == "" {
		return nil
	}
	var list []string
	if err := json.Unmarshal([]byte(s), &list); err != nil && r.err == nil {
		r.err = fmt.Errorf("value %d of a row: %w", r.at, err)
	}
	return list
}

// What follows makes values to be stored. Each is the inverse of its reader above.

// orNull stores an empty text as NULL.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// idOrNull stores 0, which is no id and no version number, as NULL.
func idOrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// floatOrNull stores NaN as NULL.
func floatOrNull(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func bit(b bool) any {
	if b {
		return int64(1)
	}
	return int64(0)
}

// jsonOrNull stores no texts as NULL.
func jsonOrNull(list []string) any {
	if len(list) == 0 {
		return nil
	}
	quoted := make([]string, len(list))
	for i, s := range list {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if e.Encode(s) != nil { // cannot be: a string always encodes
			b.WriteString(strconv.Quote(s))
		}
		quoted[i] = strings.TrimSuffix(b.String(), "\n")
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// clean makes a text that a text column holds: what is not UTF-8 becomes the replacement character.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// finite makes a number that a DOUBLE column holds: infinities become NaN, which stands for NULL, and -0 becomes 0.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v + 0
}
