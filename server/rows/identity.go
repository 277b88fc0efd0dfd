package rows

import (
	"bytes"
	"errors"

	"github.com/dolthub/go-mysql-server/sql"
)

// identities gathers the identity of each row: its key, encoded by appendKey, and the hash of that.
type identities struct {
	keep   bool     // the keys are kept, to put the rows into their order; else the rows must come in it
	data   []byte   // with keep the keys of all rows, one after the other; else those of the last two
	ends   []int    // with keep: where each ends
	start  int      // where the key of the current row begins in data
	first  []byte   // key of the first row, without keep
	hashes []uint64 // of each row
	bytes  int64    // of all keys
	nulls  int64    // rows with a NULL in their key
	null   bool     // the current row has one
}

// errUnordered is returned when rows do not come in the order of their keys, or two share theirs.
var errUnordered = errors.New("the rows are not in the order of their keys")

// append adds a value to the key of the current row.
func (k *identities) append(ctx *sql.Context, v any, t sql.Type) (err error) {
	k.null = k.null || v == nil
	k.data, err = appendKey(ctx, k.data, v, t)
	return err
}

// end ends the current row.
func (k *identities) end() error {
	key := k.data[k.start:]
	k.bytes += int64(len(key))
	if k.null {
		k.nulls++
		k.null = false
	}
	k.hashes = append(k.hashes, hash64(key))
	if k.keep {
		k.ends = append(k.ends, len(k.data))
		k.start = len(k.data)
		return nil
	}
	if len(k.hashes) == 1 {
		k.first = bytes.Clone(key)
	} else if bytes.Compare(k.data[:k.start], key) >= 0 {
		return errUnordered
	}
	k.start = copy(k.data, key)
	k.data = k.data[:k.start]
	return nil
}

// integers adds rows whose key is one signed integer each, without keep. The key of the row before, which was added as the others are, is the integer last.
func (k *identities) integers(last int64, next []int64) error {
	key := k.data[:0]
	for _, v := range next {
		if v <= last {
			return errUnordered
		}
		last = v
		key = appendSigned(k.data[:0], v)
		k.hashes = append(k.hashes, hash64(key))
	}
	if len(next) > 0 {
		k.data, k.start = key, len(key)
		k.bytes += int64(len(next) * len(key))
	}
	return nil
}

// follow adds the rows of others, which come behind; their hashes stand behind these already.
func (k *identities) follow(o *identities) error {
	switch {
	case len(o.hashes) == 0:
		return nil
	case k.keep && len(k.hashes) == 0:
		k.data, k.ends, k.start = o.data, o.ends, o.start
	case k.keep:
		for _, e := range o.ends {
			k.ends = append(k.ends, len(k.data)+e)
		}
		k.data = append(k.data, o.data...)
		k.start = len(k.data)
	case len(k.hashes) == 0:
		k.data, k.start, k.first = o.data, o.start, o.first
	case bytes.Compare(k.data[:k.start], o.first) >= 0:
		return errUnordered
	default:
		k.data, k.start = o.data, o.start
	}
	k.hashes = k.hashes[:len(k.hashes)+len(o.hashes)]
	k.bytes += o.bytes
	k.nulls += o.nulls
	return nil
}

// key is the key of a row that was kept.
func (k *identities) key(row int32) []byte {
	start := 0
	if row > 0 {
		start = k.ends[row-1]
	}
	return k.data[start:k.ends[row]]
}

// ascending tells whether the rows are in the order of their keys, and no two share theirs.
func (k *identities) ascending() bool {
	if !k.keep {
		return true
	}
	for i := 1; i < len(k.ends); i++ {
		if bytes.Compare(k.key(int32(i-1)), k.key(int32(i))) >= 0 {
			return false
		}
	}
	return true
}
