package rows

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"time"

	"github.com/dolthub/go-mysql-server/sql"
)

// appendKey appends an encoding of a value whose byte order is the value's order within one column: NULL first, then numbers by size, times by
// instant, text by bytes. Different values never give equal encodings, and no encoding is the beginning of another.
func appendKey(ctx *sql.Context, b []byte, v any, t sql.Type) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(b, 0), nil
	case int64:
		return appendSigned(b, x), nil
	case int32:
		return appendSigned(b, int64(x)), nil
	case int16:
		return appendSigned(b, int64(x)), nil
	case int8:
		return appendSigned(b, int64(x)), nil
	case int:
		return appendSigned(b, int64(x)), nil
	case uint64:
		return appendUnsigned(b, x), nil
	case uint32:
		return appendUnsigned(b, uint64(x)), nil
	case uint16:
		return appendUnsigned(b, uint64(x)), nil
	case uint8:
		return appendUnsigned(b, uint64(x)), nil
	case float64:
		return appendFloat(b, x), nil
	case float32:
		return appendFloat(b, float64(x)), nil
	case time.Time:
		return binary.BigEndian.AppendUint32(appendSigned(b, x.Unix()), uint32(x.Nanosecond())), nil
	}
	s, null, err := Text(ctx, v, t)
	if err != nil {
		return nil, err
	}
	if null {
		return append(b, 0), nil
	}
	if f, err := Number(ctx, v, t); ClassOf(t).Numeric() && err == nil {
		b = appendFloat(b, f) // DECIMAL: by size first, its digits tell the rest apart
	}
	b = append(b, 3)
	for i := 0; i < len(s); i++ {
		if b = append(b, s[i]); s[i] == 0 {
			b = append(b, 0xff)
		}
	}
	return append(b, 0, 1), nil
}

func appendSigned(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 2), uint64(v)^1<<63)
}

func appendUnsigned(b []byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 2), v)
}

func appendFloat(b []byte, v float64) []byte {
	if v == 0 {
		v = 0 // -0 and 0 are one value
	}
	u := math.Float64bits(v)
	if u>>63 == 1 {
		u = ^u
	} else {
		u |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(append(b, 2), u)
}

// hash64 hashes an encoded key; FNV-1a, since it must stay the same for ever: splits depend on it.
func hash64(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

// appendHash128 appends the FNV-1a hash of an encoding: the order of rows that have no key.
func appendHash128(b, content []byte) []byte {
	h := fnv.New128a()
	h.Write(content)
	return h.Sum(b)
}
